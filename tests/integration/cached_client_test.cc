// The cached client with the real server: what it knows of a change and when, and
// what it answers once the server is gone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/cached_login_client.h"
#include "client/policy_connection.h"
#include "tests/integration/deployment_test_case.h"

namespace gatehouse {
namespace {

using client::CachedLoginClient;
using client::LoginDecision;
using Source = LoginDecision::Source;

// No test waits that long unless something is wrong.
constexpr absl::Duration kPatience = absl::Seconds(20);

// Whether messages of streams are let through.
class Gate {
 public:
  void Close() {
    const std::lock_guard lock(mutex_);
    open_ = false;
  }
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    for (auto& message : held_) message();
    held_.clear();
  }
  void Pass(std::function<void()> message) {
    const std::lock_guard lock(mutex_);
    if (open_) {
      message();
    } else {
      held_.push_back(std::move(message));
    }
  }

 private:
  std::mutex mutex_;
  bool open_ = true;
  std::vector<std::function<void()>> held_;
};

// A network that delays the messages of streams at a gate.
class GatedPolicyConnection final : public client::PolicyConnection {
 public:
  GatedPolicyConnection(std::unique_ptr<PolicyConnection> connection, std::shared_ptr<Gate> gate)
      : gate_(std::move(gate)), connection_(std::move(connection)) {}

  std::shared_ptr<client::PolicyStream> Watch(
      int64_t after_revision, std::unique_ptr<client::PolicyStreamHandler> handler) override {
    return connection_->Watch(after_revision, std::make_unique<Handler>(std::move(handler), gate_));
  }

 private:
  class Handler final : public client::PolicyStreamHandler {
   public:
    Handler(std::shared_ptr<client::PolicyStreamHandler> handler, std::shared_ptr<Gate> gate)
        : handler_(std::move(handler)), gate_(std::move(gate)) {}
    void OnMessage(v1::WatchPolicyResponse message) override {
      gate_->Pass([handler = handler_, message] { handler->OnMessage(message); });
    }
    void OnEnd(const absl::Status& status) override {
      gate_->Pass([handler = handler_, status] { handler->OnEnd(status); });
    }

   private:
    const std::shared_ptr<client::PolicyStreamHandler> handler_;
    const std::shared_ptr<Gate> gate_;
  };

  const std::shared_ptr<Gate> gate_;
  const std::unique_ptr<PolicyConnection> connection_;
};

class CachedClientTest : public DeploymentTestCase {
 protected:
  static std::string address() { return deployment().server().address(); }

  static CachedLoginClient Connect() {
    return *CachedLoginClient::Connect(
        {.login = {.target = address(), .timeout = kPatience}, .max_staleness = absl::Hours(1)});
  }

  // Waits until the client knows the rules as they are now.
  static void WaitForNewestRules(const CachedLoginClient& client) {
    const absl::Time end = absl::Now() + kPatience;
    const int64_t newest =
        api().Call(&Logins::CheckLogin, R"(email: "a@b.example")").value().revision();
    while (client.Rules().revision < newest && absl::Now() < end) {
      absl::SleepFor(absl::Milliseconds(5));
    }
    ASSERT_GE(client.Rules().revision, newest);
  }
};

TEST_F(CachedClientTest, SeesAChangeByItsRevisionWhereTheRulesAtHandAreOlder) {
  Tenant other = NewTenant("other");  // else there is no revision yet
  ASSERT_OK(other.Create());
  const auto gate = std::make_shared<Gate>();
  const auto channel = *client::MakeChannel({.target = address()});
  CachedLoginClient client(
      client::MakeLoginConnection(channel, /*wait_for_ready=*/false),
      std::make_unique<GatedPolicyConnection>(client::MakePolicyConnection(channel), gate),
      /*timers=*/nullptr, {.login = {.timeout = kPatience}, .max_staleness = absl::Hours(1)});
  ASSERT_TRUE(client.WaitForRules(kPatience));
  gate->Close();

  Tenant acme = NewTenant("held-back");
  ASSERT_OK(MakeReady(acme));
  ASSERT_OK(acme.AddUser(acme.Email("bob")));
  ASSERT_OK_AND_ASSIGN(const v1::EnforceDomainsResponse enforced, acme.Enforce());

  // Without the token, the answer is of the rules at hand: the old one. So a client
  // that ignored it would fail what follows.
  ASSERT_OK_AND_ASSIGN(const LoginDecision old, client.CheckLogin(acme.Email("bob")));
  EXPECT_EQ(old.verdict, client::Verdict::kAllowPassword);
  EXPECT_EQ(old.source, Source::kLocal);
  EXPECT_LT(old.revision, enforced.revision());

  ASSERT_OK_AND_ASSIGN(const LoginDecision seen,
                       client.CheckLogin(acme.Email("bob"), {.min_revision = enforced.revision()}));
  EXPECT_EQ(seen.verdict, client::Verdict::kRequireSso);
  EXPECT_EQ(seen.source, Source::kServer);
  EXPECT_GE(seen.revision, enforced.revision());
  ASSERT_OK_AND_ASSIGN(
      const client::BatchLoginDecisions batch,
      client.BatchCheckLogin({acme.Email("bob")}, {.min_revision = enforced.revision()}));
  EXPECT_EQ(batch[0]->verdict, client::Verdict::kRequireSso);

  // Once the rules have come, no token is needed.
  gate->Open();
  WaitForNewestRules(client);
  ASSERT_OK_AND_ASSIGN(const LoginDecision newest, client.CheckLogin(acme.Email("bob")));
  EXPECT_EQ(newest.verdict, client::Verdict::kRequireSso);
}

TEST_F(CachedClientTest, NeverGivesTheOldAnswerToWhoeverShowsTheRevision) {
  Tenant acme = NewTenant("to-and-fro");
  ASSERT_OK(MakeReady(acme));
  CachedLoginClient client = Connect();
  ASSERT_TRUE(client.WaitForRules(kPatience));
  // On a subdomain: while the enforcement is released, the answer needs no call.
  const std::string email = absl::StrCat("anybody@eu.", acme.domain());
  int local = 0;
  for (int i = 0; i < 20; ++i) {
    v1::EnforceDomainsRequest request = acme.EnforceRequest();
    request.set_match_subdomains(true);
    request.set_unmanaged_users(v1::Enforcement::UNMANAGED_USERS_REQUIRE_SSO);
    ASSERT_OK_AND_ASSIGN(const auto enforced, api().Call(&Enforcements::EnforceDomains, request));
    ASSERT_OK_AND_ASSIGN(LoginDecision decision,
                         client.CheckLogin(email, {.min_revision = enforced.revision()}));
    EXPECT_EQ(decision.verdict, client::Verdict::kRequireSso);
    EXPECT_EQ(decision.matched_domain, acme.domain());

    ASSERT_OK_AND_ASSIGN(
        const auto released,
        api().Call(&Enforcements::ReleaseDomains,
                   absl::StrCat("parent: '", acme.name(), "' domains: '", acme.domain(), "'")));
    ASSERT_OK_AND_ASSIGN(decision, client.CheckLogin(email, {.min_revision = released.revision()}));
    EXPECT_EQ(decision.verdict, client::Verdict::kAllowPassword);
    EXPECT_EQ(decision.reason, client::DecisionReason::kDomainNotEnforced);
    EXPECT_GE(decision.revision, released.revision());
    if (i % 2 == 0) WaitForNewestRules(client);
    ASSERT_OK_AND_ASSIGN(decision, client.CheckLogin(email));
    if (decision.source == Source::kLocal) ++local;
  }
  EXPECT_GE(local, 10);
}

TEST_F(CachedClientTest, DecidesAsEachEnforcementWantsOnceTheServerIsGone) {
  struct Case {
    std::string id;
    v1::Enforcement::UnavailablePolicy policy;
    v1::Enforcement::Mode mode;
    client::Verdict verdict;
  };
  const Case cases[] = {
      {"sends-to-sso", v1::Enforcement::UNAVAILABLE_POLICY_REQUIRE_SSO,
       v1::Enforcement::MODE_ENFORCE, client::Verdict::kRequireSso},
      {"lets-in", v1::Enforcement::UNAVAILABLE_POLICY_ALLOW_PASSWORD, v1::Enforcement::MODE_ENFORCE,
       client::Verdict::kAllowPassword},
      {"refuses", v1::Enforcement::UNAVAILABLE_POLICY_DENY, v1::Enforcement::MODE_ENFORCE,
       client::Verdict::kDeny},
      {"observes", v1::Enforcement::UNAVAILABLE_POLICY_DENY, v1::Enforcement::MODE_OBSERVE,
       client::Verdict::kAllowPassword},
  };
  for (const Case& c : cases) {
    Tenant tenant = NewTenant(c.id);
    ASSERT_OK(MakeReady(tenant));
    v1::EnforceDomainsRequest request = tenant.EnforceRequest();
    request.set_on_unavailable(c.policy);
    request.set_mode(c.mode);
    ASSERT_OK(api().Call(&Enforcements::EnforceDomains, request));
  }
  Tenant paused = NewTenant("paused");
  ASSERT_OK(MakeReady(paused));
  ASSERT_OK(paused.Enforce());
  ASSERT_OK(api().Call(&Enforcements::PauseEnforcement,
                       absl::StrCat("name: '", paused.enforcement_name(), "' reason: 'IdP down'")));
  CachedLoginClient client = Connect();
  ASSERT_TRUE(client.WaitForRules(kPatience));
  WaitForNewestRules(client);

  deployment().server().Kill();

  const auto expect = [&](const std::string& email, client::Verdict verdict) {
    ASSERT_OK_AND_ASSIGN(const LoginDecision decision, client.CheckLogin(email));
    EXPECT_EQ(decision.verdict, verdict) << email;
    EXPECT_EQ(decision.source, Source::kFallback) << email;
    EXPECT_TRUE(decision.rules_age.has_value()) << email;
    EXPECT_EQ(decision.sso.has_value(), verdict == client::Verdict::kRequireSso) << email;
    if (!decision.sso) return;
    EXPECT_FALSE(decision.sso->sign_in_url.empty());
    EXPECT_FALSE(decision.sso->issuer.empty());
    EXPECT_EQ(decision.sso->login_hint, email);
  };
  for (const Case& c : cases) expect(NewTenant(c.id).Email("bob"), c.verdict);
  expect(paused.Email("bob"), client::Verdict::kAllowPassword);
  // Nobody's business but this client's.
  EXPECT_EQ(client.CheckLogin("bob@mail.example")->source, Source::kLocal);
  // What has no answer is none.
  EXPECT_TRUE(absl::IsUnavailable(
      client.CheckLogin("bob@mail.example", {.min_revision = 1'000'000}).status()));

  // For whichever test is next.
  ASSERT_OK(deployment().StartServer());
}

}  // namespace
}  // namespace gatehouse
