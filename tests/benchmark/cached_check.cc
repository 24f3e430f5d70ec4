// What a check costs a gateway that answers it by itself: nanoseconds of
// CachedLoginClient::CheckLogin for addresses on domains without a rule, while
// 10,000 other domains have one. No server, no call. Prints
// {"ns_per_check": median of the rounds, "spread": [10th, 90th percentile]}. A round
// is short enough that most of them are interrupted by nobody.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cached_login_client.h"
#include "client/policy_connection.h"

namespace gatehouse::client {
namespace {

constexpr int kRules = 10'000;
constexpr int kAddresses = 4096;  // one round
constexpr int kRounds = 1000;

class NoServer final : public LoginConnection {
 public:
  absl::StatusOr<LoginDecision> CheckLogin(const CheckLoginCall&) override {
    return absl::InternalError("a check was not answered locally");
  }
  absl::StatusOr<BatchLoginDecisions> BatchCheckLogin(const BatchCheckLoginCall&) override {
    return absl::InternalError("a check was not answered locally");
  }
};

v1::WatchPolicyResponse AllRules() {
  v1::WatchPolicyResponse message;
  message.set_revision(1);
  message.mutable_heartbeat_interval()->set_seconds(3600);
  for (int i = 0; i < kRules; ++i) {
    v1::DomainRule& rule = *message.add_rules();
    rule.set_domain(absl::StrCat("enforced", i, ".example"));
    rule.set_organization(absl::StrCat("organizations/tenant-", i));
    rule.set_state(v1::Domain::STATE_VERIFIED);
    rule.mutable_enforcement()->set_mode(v1::Enforcement::MODE_ENFORCE);
    // Some cover subdomains, so parents are looked up.
    rule.mutable_enforcement()->set_match_subdomains(i % 10 == 0);
  }
  return message;
}

// One stream, which says everything at once.
class AllRulesAtOnce final : public PolicyConnection {
 public:
  ~AllRulesAtOnce() override {
    if (thread_.joinable()) thread_.join();
  }
  std::shared_ptr<PolicyStream> Watch(int64_t, std::unique_ptr<PolicyStreamHandler> h) override {
    handler_ = std::move(h);
    thread_ = std::thread([this] { handler_->OnMessage(AllRules()); });
    return std::make_shared<Stream>();
  }

 private:
  class Stream final : public PolicyStream {
    void Cancel() override {}
  };
  std::unique_ptr<PolicyStreamHandler> handler_;
  std::thread thread_;
};

int Main() {
  CachedLoginClient client(std::make_unique<NoServer>(), std::make_unique<AllRulesAtOnce>(),
                           /*timers=*/nullptr, {.max_staleness = absl::Hours(1)});
  if (!client.WaitForRules(absl::Seconds(5))) {
    std::cerr << "no rules\n";
    return 1;
  }
  std::vector<std::string> addresses;
  for (int i = 0; i < kAddresses; ++i) {
    addresses.push_back(absl::StrCat("some.person", i, "@mail-provider", i % 97, ".example"));
  }
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (const std::string& address : addresses) {
      const absl::StatusOr<LoginDecision> decision = client.CheckLogin(address);
      if (!decision.ok() || decision->source != LoginDecision::Source::kLocal) {
        std::cerr << "not answered locally: " << decision.status() << "\n";
        return 1;
      }
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    rounds.push_back(took.count() / kAddresses);
  }
  std::sort(rounds.begin(), rounds.end());
  std::cout << nlohmann::json{{"ns_per_check", rounds[rounds.size() / 2]},
                              {"spread",
                               {rounds[rounds.size() / 10], rounds[rounds.size() * 9 / 10]}}}
            << "\n";
  return 0;
}

}  // namespace
}  // namespace gatehouse::client

int main() { return gatehouse::client::Main(); }
