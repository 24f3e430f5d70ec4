#include "client/cached_login_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "policy/email_address.h"
#include "policy/errors.h"
#include "tests/client/fake_calls.h"
#include "tests/client/fake_policy_server.h"
#include "tests/client/fake_timers.h"

namespace gatehouse::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Source = LoginDecision::Source;

constexpr LoginAction kEveryAction[] = {LoginAction::kSignIn, LoginAction::kPasswordReset,
                                        LoginAction::kEmailChange};

LoginDecision FromServer() {
  return {.verdict = Verdict::kRequireSso, .reason = DecisionReason::kEnforced, .revision = 100};
}

// A client of fakes, whose rules are at revision 10: acme.example is enforced,
// held.example is held, gone.example has expired.
class CachedLoginClientTest : public ::testing::Test {
 protected:
  explicit CachedLoginClientTest(CachedLoginClientOptions options = {}) {
    calls_.batch_answer = [](const BatchCheckLoginCall& call) {
      return BatchLoginDecisions(call.emails.size(), FromServer());
    };
    client_.emplace(calls_.Connect(), policy_.Connect(), timers_, options);
    timers_->Advance(absl::ZeroDuration());
  }

  void SendRules() {
    v1::DomainRule held = EnforcedRule("held.example");
    held.clear_enforcement();
    policy_.last().Send(
        PolicyMessage{.revision = 10,
                      .rules = {EnforcedRule("acme.example"), held, ExpiredRule("gone.example")},
                      .heartbeat_interval = absl::Hours(200)});
  }

  // The outcome of a check that needs the server, which answers `result`.
  absl::StatusOr<LoginDecision> CheckWith(absl::StatusOr<LoginDecision> result,
                                          const std::string& email,
                                          const CheckOptions& options = {}) {
    std::optional<absl::StatusOr<LoginDecision>> outcome;
    client_->AsyncCheckLogin(email, options,
                             [&outcome](auto answer) { outcome = std::move(answer); });
    if (outcome) {
      ADD_FAILURE() << "no call was made for " << email;
      return *outcome;
    }
    calls_.Answer(calls_.size() - 1, std::move(result));
    return *outcome;
  }

  std::shared_ptr<FakeTimers> timers_ = std::make_shared<FakeTimers>();
  FakePolicyServer policy_;
  FakeCalls calls_;
  std::optional<CachedLoginClient> client_;
};

TEST_F(CachedLoginClientTest, AnswersByItselfForDomainsWithoutARule) {
  SendRules();
  timers_->Advance(absl::Seconds(3));
  for (const LoginAction action : kEveryAction) {
    const absl::StatusOr<LoginDecision> decision =
        client_->CheckLogin("Bob@Mail.Example", {.action = action});
    ASSERT_TRUE(decision.ok());
    EXPECT_EQ(decision->verdict, Verdict::kAllowPassword);
    EXPECT_EQ(decision->reason, DecisionReason::kDomainNotEnforced);
    EXPECT_EQ(decision->source, Source::kLocal);
    EXPECT_EQ(decision->organization, "");
    EXPECT_EQ(decision->matched_domain, "");
    EXPECT_EQ(decision->revision, 10);
    EXPECT_EQ(decision->rules_age, absl::Seconds(3));
    EXPECT_EQ(decision->cache_ttl, absl::ZeroDuration());
  }
  EXPECT_EQ(calls_.size(), 0);
}

TEST_F(CachedLoginClientTest, AnswersByItselfForDomainsThatHaveExpired) {
  SendRules();
  const absl::StatusOr<LoginDecision> decision = client_->CheckLogin("bob@gone.example");
  ASSERT_TRUE(decision.ok());
  EXPECT_EQ(decision->verdict, Verdict::kAllowPassword);
  EXPECT_EQ(decision->reason, DecisionReason::kDomainExpired);
  EXPECT_EQ(decision->source, Source::kLocal);
  EXPECT_EQ(decision->organization, "organizations/acme");
  EXPECT_EQ(decision->matched_domain, "gone.example");
}

TEST_F(CachedLoginClientTest, AsksWhereAUserMayDecide) {
  SendRules();
  for (const char* email : {"bob@acme.example", "bob@ACME.example", "bob@held.example"}) {
    const absl::StatusOr<LoginDecision> decision =
        CheckWith(FromServer(), email, {.action = LoginAction::kEmailChange, .min_revision = 4});
    ASSERT_TRUE(decision.ok());
    EXPECT_EQ(decision->source, Source::kServer);
    EXPECT_EQ(decision->revision, 100);
    EXPECT_EQ(decision->rules_age, std::nullopt);
    const CheckLoginCall call = calls_.call(calls_.size() - 1);
    EXPECT_EQ(call.email, email);
    EXPECT_EQ(call.action, LoginAction::kEmailChange);
    EXPECT_EQ(call.min_revision, 4);
    EXPECT_EQ(call.timeout, absl::Milliseconds(250));
  }
}

TEST_F(CachedLoginClientTest, AsksUntilItKnowsTheRules) {
  EXPECT_TRUE(CheckWith(FromServer(), "bob@mail.example").ok());
  policy_.last().Send(PolicyMessage{.rules = {EnforcedRule("acme.example")}});
  EXPECT_TRUE(CheckWith(FromServer(), "bob@mail.example").ok());
  policy_.last().Send(PolicyMessage{.revision = 10});
  EXPECT_TRUE(client_->CheckLogin("bob@mail.example").ok());
  EXPECT_EQ(calls_.size(), 2);
}

TEST_F(CachedLoginClientTest, AsksWhenItsRulesAreOlderThanTheBound) {
  SendRules();
  timers_->Advance(absl::Seconds(30));
  EXPECT_TRUE(client_->CheckLogin("bob@mail.example").ok());
  EXPECT_EQ(calls_.size(), 0);
  timers_->Advance(absl::Nanoseconds(1));
  EXPECT_TRUE(CheckWith(FromServer(), "bob@mail.example").ok());
  // A heartbeat that has been on its way all the time changes nothing.
  policy_.last().Send(PolicyMessage{.revision = 10});
  EXPECT_TRUE(CheckWith(FromServer(), "bob@mail.example").ok());
  policy_.last().Send(PolicyMessage{.revision = 10, .stream_time = absl::Seconds(30)});
  EXPECT_TRUE(client_->CheckLogin("bob@mail.example").ok());
  EXPECT_EQ(calls_.size(), 2);
}

TEST_F(CachedLoginClientTest, NeverAnswersFromBeforeTheRevisionThatMustBeSeen) {
  SendRules();
  EXPECT_TRUE(client_->CheckLogin("bob@mail.example", {.min_revision = 10}).ok());
  EXPECT_EQ(calls_.size(), 0);
  EXPECT_TRUE(CheckWith(FromServer(), "bob@mail.example", {.min_revision = 11}).ok());
  EXPECT_EQ(calls_.call(0).min_revision, 11);
  policy_.last().Send(PolicyMessage{.revision = 11});
  EXPECT_TRUE(client_->CheckLogin("bob@mail.example", {.min_revision = 11}).ok());
  EXPECT_EQ(calls_.size(), 1);
}

TEST_F(CachedLoginClientTest, LeavesARevisionThatCannotBeToTheServer) {
  SendRules();
  const absl::Status refused = InvalidField("min_revision", "-1", "0 or a revision");
  EXPECT_EQ(CheckWith(refused, "bob@mail.example", {.min_revision = -1}).status(), refused);
}

TEST_F(CachedLoginClientTest, RefusesWhatIsNoAddressAsTheServerDoesAndWithoutACall) {
  const std::string hostile[] = {"",
                                 "bob",
                                 "bob@",
                                 "@mail.example",
                                 "a@b@c.de",
                                 "bob@mail",
                                 "bob@127.0.0.1",
                                 "b b@mail.example",
                                 "bob@-.com",
                                 "bob@a_b.com",
                                 "bob@mail..com",
                                 "\xff@mail.example",
                                 "bob@[::1]",
                                 ".b@mail.com",
                                 "\"b\"@mail.com",
                                 "bob@xn--a.example",
                                 std::string(65, 'a') + "@mail.example",
                                 std::string(64, 'a') + "@" + std::string(250, 'b') + ".example"};
  for (const bool known : {false, true}) {
    if (known) SendRules();
    for (const std::string& email : hostile) {
      const absl::Status expected = EmailAddress::Parse("email", email).status();
      ASSERT_TRUE(absl::IsInvalidArgument(expected)) << email;
      EXPECT_EQ(client_->CheckLogin(email).status(), expected) << email;
      absl::Status outcome;
      client_->AsyncCheckLogin(email, {}, [&](auto answer) { outcome = answer.status(); });
      EXPECT_EQ(outcome, expected) << email;
    }
  }
  EXPECT_EQ(calls_.size(), 0);
}

TEST_F(CachedLoginClientTest, KnowsInternationalDomainsByTheirAsciiForm) {
  policy_.last().Send(
      PolicyMessage{.revision = 10, .rules = {EnforcedRule("xn--bcher-kva.example")}});
  for (const char* email :
       {"bob@bücher.example", "bob@BÜCHER.example", "ü@xn--bcher-kva.example"}) {
    EXPECT_TRUE(CheckWith(FromServer(), email).ok());
  }
  EXPECT_EQ(client_->CheckLogin("ü@straße.example")->source, Source::kLocal);
}

// What an enforcement wants in an outage, and what comes of it.
struct OutageCase {
  const char* name;
  std::function<void(v1::DomainRule&)> change;
  LoginAction action = LoginAction::kSignIn;
  std::optional<Verdict> verdict;  // nullopt: the call's error
};

std::function<void(v1::DomainRule&)> Wants(v1::Enforcement::UnavailablePolicy policy) {
  return [policy](auto& rule) { rule.mutable_enforcement()->set_on_unavailable(policy); };
}

const std::function<void(v1::DomainRule&)> kAllow =
    Wants(v1::Enforcement::UNAVAILABLE_POLICY_ALLOW_PASSWORD);
const std::function<void(v1::DomainRule&)> kDeny = Wants(v1::Enforcement::UNAVAILABLE_POLICY_DENY);
const std::function<void(v1::DomainRule&)> kUnset =
    Wants(v1::Enforcement::UNAVAILABLE_POLICY_UNSPECIFIED);
void AsItIs(v1::DomainRule&) {}
void Observes(v1::DomainRule& rule) {
  rule.mutable_enforcement()->set_mode(v1::Enforcement::MODE_OBSERVE);
}
void IsPaused(v1::DomainRule& rule) { rule.mutable_enforcement()->set_paused(true); }
void IsNotEnforced(v1::DomainRule& rule) { rule.clear_enforcement(); }
void StartsLater(v1::DomainRule& rule) {
  rule.mutable_enforcement()->mutable_start_time()->set_seconds(
      absl::ToUnixSeconds(absl::Now() + absl::Hours(1)));
}
void HasStarted(v1::DomainRule& rule) {
  rule.mutable_enforcement()->mutable_start_time()->set_seconds(
      absl::ToUnixSeconds(absl::Now() - absl::Hours(1)));
}

const OutageCase kOutageCases[] = {
    {"REQUIRE_SSO", AsItIs, LoginAction::kSignIn, Verdict::kRequireSso},
    {"REQUIRE_SSO, reset", AsItIs, LoginAction::kPasswordReset, Verdict::kRequireSso},
    {"REQUIRE_SSO, change", AsItIs, LoginAction::kEmailChange, Verdict::kDeny},
    {"unset", kUnset, LoginAction::kSignIn, Verdict::kRequireSso},
    {"ALLOW_PASSWORD", kAllow, LoginAction::kSignIn, Verdict::kAllowPassword},
    {"ALLOW_PASSWORD, reset", kAllow, LoginAction::kPasswordReset, std::nullopt},
    {"ALLOW_PASSWORD, change", kAllow, LoginAction::kEmailChange, std::nullopt},
    {"DENY", kDeny, LoginAction::kSignIn, Verdict::kDeny},
    {"DENY, reset", kDeny, LoginAction::kPasswordReset, Verdict::kDeny},
    {"DENY, change", kDeny, LoginAction::kEmailChange, Verdict::kDeny},
    {"OBSERVE", Observes, LoginAction::kSignIn, Verdict::kAllowPassword},
    {"OBSERVE, reset", Observes, LoginAction::kPasswordReset, std::nullopt},
    {"paused", IsPaused, LoginAction::kSignIn, Verdict::kAllowPassword},
    {"paused, change", IsPaused, LoginAction::kEmailChange, std::nullopt},
    {"not enforced", IsNotEnforced, LoginAction::kSignIn, Verdict::kAllowPassword},
    {"starts later", StartsLater, LoginAction::kSignIn, Verdict::kAllowPassword},
    {"has started", HasStarted, LoginAction::kSignIn, Verdict::kRequireSso},
};

TEST_F(CachedLoginClientTest, LetsTheEnforcementDecideInAnOutageAndSaysSo) {
  SendRules();
  int64_t revision = 10;
  for (const OutageCase& c : kOutageCases) {
    v1::DomainRule rule = EnforcedRule("acme.example");
    c.change(rule);
    policy_.last().Send(PolicyMessage{.revision = ++revision, .rules = {rule}});
    for (const absl::Status& error :
         {absl::UnavailableError("down"), absl::DeadlineExceededError("slow")}) {
      const absl::StatusOr<LoginDecision> decision =
          CheckWith(error, "Bob@acme.example", {.action = c.action});
      if (!c.verdict) {
        EXPECT_EQ(decision.status(), error) << c.name;
        continue;
      }
      ASSERT_TRUE(decision.ok()) << c.name;
      EXPECT_EQ(decision->verdict, *c.verdict) << c.name;
      EXPECT_EQ(decision->reason, DecisionReason::kServiceUnavailable) << c.name;
      EXPECT_EQ(decision->source, Source::kFallback) << c.name;
      EXPECT_EQ(decision->organization, "organizations/acme") << c.name;
      EXPECT_EQ(decision->matched_domain, "acme.example") << c.name;
      EXPECT_EQ(decision->revision, revision) << c.name;
      EXPECT_EQ(decision->cache_ttl, absl::ZeroDuration()) << c.name;
      EXPECT_EQ(decision->sso.has_value(), *c.verdict == Verdict::kRequireSso) << c.name;
      if (!decision->sso) continue;
      EXPECT_EQ(decision->sso->sso_profile, "organizations/acme/ssoProfiles/okta");
      EXPECT_EQ(decision->sso->protocol, SsoDestination::Protocol::kSaml);
      EXPECT_EQ(decision->sso->sign_in_url, "https://idp.example/sso");
      EXPECT_EQ(decision->sso->issuer, "https://idp.example");
      EXPECT_EQ(decision->sso->login_hint, "bob@acme.example");
    }
  }
}

TEST_F(CachedLoginClientTest, AnswersByOldRulesInAnOutageUpToTheSecondBound) {
  SendRules();
  policy_.last().End(absl::UnavailableError("down"));
  timers_->Advance(absl::Hours(24));
  const absl::Status down = absl::UnavailableError("down");
  const absl::StatusOr<LoginDecision> decision = CheckWith(down, "bob@mail.example");
  ASSERT_TRUE(decision.ok());
  EXPECT_EQ(decision->verdict, Verdict::kAllowPassword);
  EXPECT_EQ(decision->reason, DecisionReason::kDomainNotEnforced);
  EXPECT_EQ(decision->source, Source::kFallback);
  EXPECT_EQ(decision->rules_age, absl::Hours(24));
  EXPECT_EQ(decision->revision, 10);
  EXPECT_EQ(CheckWith(down, "bob@gone.example")->reason, DecisionReason::kDomainExpired);
  EXPECT_EQ(CheckWith(down, "bob@acme.example")->rules_age, absl::Hours(24));

  timers_->Advance(absl::Nanoseconds(1));
  for (const char* email : {"bob@mail.example", "bob@gone.example", "bob@acme.example"}) {
    EXPECT_EQ(CheckWith(down, email).status(), down) << email;
  }
}

TEST_F(CachedLoginClientTest, HasNoAnswerInAnOutageFromBeforeTheRevisionThatMustBeSeen) {
  SendRules();
  const absl::Status down = absl::UnavailableError("down");
  EXPECT_EQ(CheckWith(down, "bob@mail.example", {.min_revision = 11}).status(), down);
  EXPECT_EQ(CheckWith(down, "bob@acme.example", {.min_revision = 11}).status(), down);
  EXPECT_EQ(CheckWith(down, "bob@acme.example", {.min_revision = 10})->verdict,
            Verdict::kRequireSso);
}

TEST_F(CachedLoginClientTest, HasNoAnswerInAnOutageThatItHasNeverHeardRulesFor) {
  const absl::Status down = absl::UnavailableError("down");
  EXPECT_EQ(CheckWith(down, "bob@mail.example").status(), down);
}

class WithAChoice : public CachedLoginClientTest {
 protected:
  WithAChoice()
      : CachedLoginClientTest(
            {.login = {.on_unavailable = OnUnavailable::kDeny}, .max_outage = absl::Hours(1)}) {}
};

TEST_F(WithAChoice, DecidesByItWhereNoRulesDo) {
  const absl::Status down = absl::UnavailableError("down");
  const auto expect_choice = [&](const CheckOptions& options) {
    const absl::StatusOr<LoginDecision> decision = CheckWith(down, "bob@mail.example", options);
    ASSERT_TRUE(decision.ok());
    EXPECT_EQ(decision->verdict, Verdict::kDeny);
    EXPECT_EQ(decision->source, Source::kFallback);
    EXPECT_EQ(decision->rules_age, std::nullopt);
    EXPECT_EQ(decision->revision, 0);
  };
  expect_choice({});
  SendRules();
  expect_choice({.min_revision = 11});
  EXPECT_EQ(client_->CheckLogin("bob@mail.example")->verdict, Verdict::kAllowPassword);
  timers_->Advance(absl::Hours(1) + absl::Nanoseconds(1));
  expect_choice({});
}

TEST_F(WithAChoice, MakesNoDecisionOfAnyOtherError) {
  SendRules();
  for (const absl::Status& error :
       {absl::DataLossError("damaged"), absl::ResourceExhaustedError("overloaded"),
        absl::UnauthenticatedError("who?"), absl::PermissionDeniedError("no"),
        absl::InternalError("?"), absl::CancelledError("cancelled")}) {
    EXPECT_EQ(CheckWith(error, "bob@acme.example").status(), error);
  }
}

TEST_F(CachedLoginClientTest, KeepsTheErrorOfADestinationThatMakesNoSense) {
  v1::DomainRule rule = EnforcedRule("acme.example");
  rule.mutable_enforcement()->mutable_sso()->clear_protocol();
  policy_.last().Send(PolicyMessage{.revision = 10, .rules = {rule}});
  EXPECT_FALSE(CheckWith(absl::UnavailableError("down"), "bob@acme.example").ok());
}

TEST_F(CachedLoginClientTest, AsksAboutTheRestOfABatchInOneCall) {
  SendRules();
  const std::vector<std::string> emails = {"a@mail.example", "b@acme.example", "no address",
                                           "c@gone.example", "d@held.example"};
  const auto decisions = client_->BatchCheckLogin(
      emails, {.action = LoginAction::kPasswordReset, .timeout = absl::Seconds(9)});
  ASSERT_TRUE(decisions.ok());
  ASSERT_THAT(*decisions, SizeIs(5));
  EXPECT_EQ((*decisions)[0]->source, Source::kLocal);
  EXPECT_EQ((*decisions)[1]->source, Source::kServer);
  EXPECT_EQ((*decisions)[2].status(), EmailAddress::Parse("emails[2]", "no address").status());
  EXPECT_EQ((*decisions)[3]->reason, DecisionReason::kDomainExpired);
  EXPECT_EQ((*decisions)[4]->source, Source::kServer);
  ASSERT_THAT(calls_.batches(), SizeIs(1));
  EXPECT_THAT(calls_.batches()[0].emails, ElementsAre("b@acme.example", "d@held.example"));
  EXPECT_EQ(calls_.batches()[0].action, LoginAction::kPasswordReset);
  EXPECT_EQ(calls_.batches()[0].timeout, absl::Seconds(9));
}

TEST_F(CachedLoginClientTest, MakesNoCallForABatchThatItCanAnswer) {
  SendRules();
  EXPECT_TRUE(client_->BatchCheckLogin({"a@mail.example", "no address"}).ok());
  bool called = false;
  client_->AsyncBatchCheckLogin({"a@mail.example"}, {}, [&](auto answers) {
    called = true;
    EXPECT_EQ((*answers)[0]->source, Source::kLocal);
  });
  EXPECT_TRUE(called);
  EXPECT_THAT(calls_.batches(), IsEmpty());
  // Its rules may be too old for the whole of it.
  EXPECT_TRUE(client_->BatchCheckLogin({"a@mail.example"}, {.min_revision = 11}).ok());
  EXPECT_THAT(calls_.batches(), SizeIs(1));
}

TEST_F(CachedLoginClientTest, DecidesForEachAddressOfABatchInAnOutage) {
  SendRules();
  const absl::Status down = absl::UnavailableError("down");
  for (const bool whole : {true, false}) {
    calls_.batch_answer =
        [&](const BatchCheckLoginCall& call) -> absl::StatusOr<BatchLoginDecisions> {
      if (whole) return down;
      return BatchLoginDecisions(call.emails.size(), down);
    };
    const auto decisions = client_->BatchCheckLogin({"a@mail.example", "b@acme.example"});
    ASSERT_TRUE(decisions.ok());
    EXPECT_EQ((*decisions)[0]->source, Source::kLocal);
    EXPECT_EQ((*decisions)[1]->source, Source::kFallback);
    EXPECT_EQ((*decisions)[1]->sso->login_hint, "b@acme.example");
  }
}

TEST_F(CachedLoginClientTest, RefusesABatchOfNoneOrTooMany) {
  EXPECT_TRUE(absl::IsInvalidArgument(client_->BatchCheckLogin({}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      client_->BatchCheckLogin(std::vector<std::string>(1001, "a@mail.example")).status()));
  EXPECT_TRUE(client_->BatchCheckLogin(std::vector<std::string>(1000, "a@mail.example")).ok());
}

TEST_F(CachedLoginClientTest, SharesTheCallsOfTheSameCheck) {
  SendRules();
  int done = 0;
  for (int i = 0; i < 3; ++i) {
    client_->AsyncCheckLogin("b@acme.example", {}, [&](auto answer) {
      EXPECT_TRUE(answer.ok());
      ++done;
    });
  }
  EXPECT_EQ(calls_.size(), 1);
  calls_.Answer(0, FromServer());
  EXPECT_EQ(done, 3);
}

TEST_F(CachedLoginClientTest, TellsWhatIsKnownOfTheRules) {
  RulesState state = client_->Rules();
  EXPECT_EQ(state.revision, 0);
  EXPECT_EQ(state.age, absl::InfiniteDuration());
  EXPECT_FALSE(client_->WaitForRules(absl::ZeroDuration()));
  SendRules();
  EXPECT_TRUE(client_->WaitForRules(absl::ZeroDuration()));
  timers_->Advance(absl::Seconds(31));
  policy_.last().End(absl::PermissionDeniedError("no"));
  state = client_->Rules();
  EXPECT_EQ(state.revision, 10);
  EXPECT_EQ(state.rules, 3);
  EXPECT_EQ(state.age, absl::Seconds(31));
  EXPECT_EQ(state.last_error, absl::PermissionDeniedError("no"));
  EXPECT_FALSE(client_->WaitForRules(absl::ZeroDuration()));
}

TEST_F(CachedLoginClientTest, CanBeMovedWhileInUse) {
  SendRules();
  CachedLoginClient moved = *std::move(client_);
  policy_.last().Send(PolicyMessage{.revision = 11, .rules = {EnforcedRule("b.example")}});
  EXPECT_EQ(moved.Rules().revision, 11);
  client_.reset();
  EXPECT_EQ(moved.CheckLogin("bob@mail.example")->revision, 11);
}

class WithHedging : public CachedLoginClientTest {
 protected:
  WithHedging() : CachedLoginClientTest({.hedging_delay = absl::Milliseconds(20)}) {}
};

TEST_F(WithHedging, AsksASecondTime) {
  SendRules();
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(CheckWith(FromServer(), "bob@acme.example").ok());
  bool answered = false;
  client_->AsyncCheckLogin("bob@acme.example", {}, [&](auto) { answered = true; });
  timers_->Advance(absl::Milliseconds(20));
  ASSERT_EQ(calls_.size(), 22);
  calls_.Answer(21, FromServer());
  EXPECT_TRUE(answered);
  EXPECT_TRUE(calls_.cancelled(20));
  calls_.Answer(20, absl::CancelledError("cancelled"));
}

TEST(CachedLoginClient, NamesTheOptionThatIsOutOfItsBounds) {
  const CachedLoginClientOptions good = {.login = {.target = "localhost:1"}};
  struct Case {
    const char* field;
    CachedLoginClientOptions options = {.login = {.target = "localhost:1"}};
  };
  std::vector<Case> cases = {{"target"},        {"timeout"},    {"max_staleness"},
                             {"max_staleness"}, {"max_outage"}, {"hedging_delay"},
                             {"hedging_delay"}};
  cases[0].options.login.target = "";
  cases[1].options.login.timeout = absl::ZeroDuration();
  cases[2].options.max_staleness = absl::Milliseconds(9);
  cases[3].options.max_staleness = absl::Hours(2);
  cases[4].options.max_outage = absl::Seconds(29);
  cases[5].options.hedging_delay = absl::Microseconds(1);
  cases[6].options.hedging_delay = absl::Milliseconds(251);
  for (const Case& c : cases) {
    const absl::Status status = CachedLoginClient::Connect(c.options).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << c.field;
    EXPECT_THAT(status.message(), HasSubstr(c.field));
  }
  EXPECT_TRUE(CachedLoginClient::Connect(good).ok());
  CachedLoginClientOptions forever = good;
  forever.max_outage = absl::InfiniteDuration();
  EXPECT_TRUE(CachedLoginClient::Connect(forever).ok());
}

TEST(CachedLoginClient, CanGoWhileItConnects) {
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(CachedLoginClient::Connect({.login = {.target = "127.0.0.1:1"}}).ok());
  }
}

}  // namespace
}  // namespace gatehouse::client
