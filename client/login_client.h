// The client for login gateways: must this address sign in through SSO, and
// where?
//
//   absl::StatusOr<LoginClient> client = LoginClient::Connect({.target = "localhost:8443"});
//   …
//   absl::StatusOr<LoginDecision> decision = client->CheckLogin("alice@acme.example");
//   if (!decision.ok()) return ShowTryAgainLater();  // never a password
//   switch (decision->verdict) {
//     case Verdict::kAllowPassword: return AskForPassword();
//     case Verdict::kRequireSso:    return RedirectTo(*decision->sso);
//     case Verdict::kDeny:          return Refuse();
//   }
//
// A whole gateway in miniature is client/examples/gateway.cc; what to ask when,
// and how to cache, is docs/gateway-integration.md.
#ifndef GATEHOUSE_CLIENT_LOGIN_CLIENT_H_
#define GATEHOUSE_CLIENT_LOGIN_CLIENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/login_connection.h"
#include "client/login_decision.h"
#include "client/login_options.h"

namespace gatehouse::client {

// Thread-safe; one for the whole process is enough. Destroying it waits for the
// callbacks of pending asynchronous checks, and must not happen inside one.
class LoginClient {
 public:
  // Does not wait for the server: the first check connects. INVALID_ARGUMENT
  // names the option that is out of its bounds.
  static absl::StatusOr<LoginClient> Connect(const LoginClientOptions& options);

  // On a connection of one's own, a test's say. `timeout` as in the options.
  LoginClient(std::unique_ptr<LoginConnection> connection, OnUnavailable on_unavailable,
              absl::Duration timeout = absl::Milliseconds(250));

  LoginClient(LoginClient&&) = default;
  LoginClient& operator=(LoginClient&&) = default;

  // The decision for one address, as typed. Errors:
  //   INVALID_ARGUMENT: `email` is not an address.
  //   UNAVAILABLE, DEADLINE_EXCEEDED: the server was not reached, cannot read its
  //       store, or has not reached min_revision. Only with kReturnError.
  //   DATA_LOSS: a record that decides is damaged.
  //   INTERNAL: the server's answer makes no sense to this version of the
  //       library.
  // None of these means that a password is allowed.
  absl::StatusOr<LoginDecision> CheckLogin(absl::string_view email,
                                           const CheckOptions& options = {});

  // The decisions for 1 to 1,000 addresses, in their order and all at one
  // revision. A bad address fails alone; else as CheckLogin.
  absl::StatusOr<BatchLoginDecisions> BatchCheckLogin(const std::vector<std::string>& emails,
                                                      const CheckOptions& options = {});

  // The same without waiting. `done` is called exactly once, on a thread of
  // gRPC: it must not block, nor destroy this client.
  void AsyncCheckLogin(absl::string_view email, const CheckOptions& options,
                       std::function<void(absl::StatusOr<LoginDecision>)> done);
  void AsyncBatchCheckLogin(const std::vector<std::string>& emails, const CheckOptions& options,
                            std::function<void(absl::StatusOr<BatchLoginDecisions>)> done);

 private:
  CheckLoginCall Call(absl::string_view email, const CheckOptions& options) const;
  BatchCheckLoginCall BatchCall(const std::vector<std::string>& emails,
                                const CheckOptions& options) const;

  std::unique_ptr<LoginConnection> connection_;
  OnUnavailable on_unavailable_;
  absl::Duration timeout_;
};

// Why a check failed, as a name of gatehouse.v1.ErrorReason ("INVALID_FIELD",
// "REVISION_NOT_REACHED"). Empty if the server did not say, as when it was not
// reached.
std::string LoginErrorReason(const absl::Status& status);

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_LOGIN_CLIENT_H_
