// WatchPolicy streams whose messages a test writes.
#ifndef GATEHOUSE_TESTS_CLIENT_FAKE_POLICY_SERVER_H_
#define GATEHOUSE_TESTS_CLIENT_FAKE_POLICY_SERVER_H_

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/policy_connection.h"

namespace gatehouse::client {

class FakePolicyStream final : public PolicyStream {
 public:
  FakePolicyStream(int64_t after, std::unique_ptr<PolicyStreamHandler> h)
      : after_revision(after), handler(std::move(h)) {}

  void Cancel() override { cancelled = true; }

  void Send(const v1::WatchPolicyResponse& message) { handler->OnMessage(message); }
  void End(const absl::Status& status) { handler->OnEnd(status); }

  const int64_t after_revision;
  const std::unique_ptr<PolicyStreamHandler> handler;
  bool cancelled = false;
};

// Outlives the connections to it. For one thread.
class FakePolicyServer {
 public:
  std::unique_ptr<PolicyConnection> Connect() { return std::make_unique<Connection>(this); }

  // Opened so far, in order.
  std::vector<std::shared_ptr<FakePolicyStream>> streams;
  FakePolicyStream& last() { return *streams.back(); }

 private:
  class Connection final : public PolicyConnection {
   public:
    explicit Connection(FakePolicyServer* server) : server_(server) {}
    std::shared_ptr<PolicyStream> Watch(int64_t after_revision,
                                        std::unique_ptr<PolicyStreamHandler> handler) override {
      server_->streams.push_back(
          std::make_shared<FakePolicyStream>(after_revision, std::move(handler)));
      return server_->streams.back();
    }

   private:
    FakePolicyServer* const server_;
  };
};

// A verified domain of organizations/acme, enforced to its profile "okta".
inline v1::DomainRule EnforcedRule(const std::string& domain) {
  v1::DomainRule rule;
  rule.set_domain(domain);
  rule.set_organization("organizations/acme");
  rule.set_state(v1::Domain::STATE_VERIFIED);
  v1::EnforcementRule& enforcement = *rule.mutable_enforcement();
  enforcement.set_mode(v1::Enforcement::MODE_ENFORCE);
  enforcement.set_on_unavailable(v1::Enforcement::UNAVAILABLE_POLICY_REQUIRE_SSO);
  enforcement.mutable_sso()->set_sso_profile("organizations/acme/ssoProfiles/okta");
  enforcement.mutable_sso()->set_protocol(v1::SsoDestination::PROTOCOL_SAML);
  enforcement.mutable_sso()->set_sign_in_url("https://idp.example/sso");
  enforcement.mutable_sso()->set_issuer("https://idp.example");
  return rule;
}

inline v1::DomainRule ExpiredRule(const std::string& domain) {
  v1::DomainRule rule;
  rule.set_domain(domain);
  rule.set_organization("organizations/acme");
  rule.set_state(v1::Domain::STATE_EXPIRED);
  return rule;
}

// What a message says.
struct PolicyMessage {
  int64_t revision = 0;
  absl::Duration stream_time;
  std::vector<v1::DomainRule> rules;
  std::vector<std::string> removed;
  bool reset = false;
  absl::Duration heartbeat_interval;  // zero: unset

  operator v1::WatchPolicyResponse() const {  // NOLINT(google-explicit-constructor)
    v1::WatchPolicyResponse message;
    message.set_revision(revision);
    const int64_t ns = absl::ToInt64Nanoseconds(stream_time);
    message.mutable_stream_time()->set_seconds(ns / 1'000'000'000);
    message.mutable_stream_time()->set_nanos(static_cast<int32_t>(ns % 1'000'000'000));
    for (const v1::DomainRule& rule : rules) *message.add_rules() = rule;
    for (const std::string& domain : removed) message.add_removed_domains(domain);
    message.set_reset(reset);
    if (heartbeat_interval > absl::ZeroDuration()) {
      message.mutable_heartbeat_interval()->set_seconds(absl::ToInt64Seconds(heartbeat_interval));
    }
    return message;
  }
};

}  // namespace gatehouse::client

#endif  // GATEHOUSE_TESTS_CLIENT_FAKE_POLICY_SERVER_H_
