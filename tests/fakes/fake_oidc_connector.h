// An OpenID provider that answers what a test says:
//
//   FakeOidcConnector oidc;
//   oidc.Answer({.email = "alice@acme.example"});
#ifndef GATEHOUSE_TESTS_FAKES_FAKE_OIDC_CONNECTOR_H_
#define GATEHOUSE_TESTS_FAKES_FAKE_OIDC_CONNECTOR_H_

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "server/connectors/oidc_connector.h"

namespace gatehouse {

// Thread-safe. A code (the whole query) is good for one exchange, as at a real
// IdP.
class FakeOidcConnector final : public OidcConnector {
 public:
  // What each verification finds from now on.
  void Answer(OidcOutcome outcome) {
    std::lock_guard<std::mutex> lock(mutex_);
    outcome_ = std::move(outcome);
  }
  // Each call from now on fails so; OK: they work again.
  void Fail(absl::Status error) {
    std::lock_guard<std::mutex> lock(mutex_);
    error_ = std::move(error);
  }
  // Called once, after the next verification and before its outcome is returned.
  void AfterNextVerification(std::function<void()> act) {
    std::lock_guard<std::mutex> lock(mutex_);
    act_ = std::move(act);
  }
  // What it was asked so far.
  std::vector<OidcSession> sessions() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return sessions_;
  }
  std::vector<OidcExpectations> verifications() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return verifications_;
  }

  absl::StatusOr<std::string> SignInUrl(const OidcSettings& settings,
                                        const OidcSession& session) override {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!error_.ok()) return error_;
    sessions_.push_back(session);
    return absl::StrCat(settings.issuer, "/authorize?state=", session.state);
  }
  absl::StatusOr<OidcOutcome> VerifyResponse(absl::string_view query,
                                             const OidcExpectations& expectations) override {
    std::function<void()> act;
    OidcOutcome outcome;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (!error_.ok()) return error_;
      verifications_.push_back(expectations);
      outcome = outcome_;
      for (const std::string& used : used_) {
        if (used != query) continue;
        outcome = {.failure = ConnectionTestFailure::kCodeRefused,
                   .detail = "the code was used before",
                   .email = ""};
      }
      used_.emplace_back(query);
      act = std::exchange(act_, nullptr);
    }
    if (act) act();
    return outcome;
  }

 private:
  mutable std::mutex mutex_;
  OidcOutcome outcome_;
  absl::Status error_;
  std::function<void()> act_;
  std::vector<OidcSession> sessions_;
  std::vector<OidcExpectations> verifications_;
  std::vector<std::string> used_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_FAKES_FAKE_OIDC_CONNECTOR_H_
