// Enforcement step by step: schedules, waves, proofs, pauses and subdomains.
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/errors.h"
#include "server/managers/enforcement_manager.h"
#include "storage/stores/login_activity_store.h"
#include "storage/stores/sso_override_store.h"
#include "tests/builders/test_caller.h"
#include "tests/server/managers/enforcement_test_world.h"

namespace gatehouse {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr auto kAllow = Verdict::kAllowPassword;
constexpr auto kSso = Verdict::kRequireSso;

class RolloutTest : public testing::Test {
 protected:
  absl::Time Later(int hours) const { return world_.clock.Now() + absl::Hours(hours); }

  EnforcementResult Enforce(const EnforceCommand& command) {
    auto result = world_.enforcements.Enforce(TestCaller(), command, "");
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *std::move(result) : EnforcementResult();
  }

  // The reason for which the command is refused.
  std::string Refusal(const EnforceCommand& command) {
    const auto result = world_.enforcements.Enforce(TestCaller(), command, "");
    const auto details = DetailsOf(result.status());
    return details ? details->reason : "none";
  }

  template <typename Body>
  void Write(Body body) {
    const auto committed = world_.runner.Run(TestCaller(), world_.acme.id(), body);
    EXPECT_TRUE(committed.ok()) << committed.status();
  }

  void Prove(const User& user, const std::string& profile = "idp") {
    LoginActivity activity{.organization = world_.acme.id(), .user = user.id};
    activity.proofs[SsoProfileId::FromTrusted(profile)] = world_.clock.Now();
    Write([&](storage::Transaction& tx) {
      storage::LoginActivityStore::Put(tx, activity);
      return absl::OkStatus();
    });
  }

  Enforcement Stored(const std::string& domain = "acme.test") {
    const auto found = world_.enforcements.Get(world_.acme.id(), ParseDomain(domain));
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? **found : Enforcement();
  }

  EnforcementTestWorld world_;
};

TEST_F(RolloutTest, AScheduledEnforcementIsAnnouncedAndBeginsByItself) {
  EnforceCommand command = world_.Command();
  const absl::Time start = command.rollout.start_time = Later(24);
  EXPECT_EQ(Enforce(command).effect.covered, 1);
  const Decision before = world_.Check("eve@acme.test");
  EXPECT_EQ(before.verdict, kAllow);
  EXPECT_EQ(before.reason, DecisionReason::kEnforcementScheduled);
  EXPECT_EQ(before.enforcement_scheduled_at, start);
  EXPECT_EQ(world_.Check("new@acme.test", LoginAction::kEmailChange).verdict, kAllow);

  world_.clock.Advance(absl::Hours(24));
  const Decision after = world_.Check("eve@acme.test");
  EXPECT_EQ(after.verdict, kSso);
  EXPECT_EQ(after.enforced_since, start);
  EXPECT_EQ(world_.Check("new@acme.test", LoginAction::kEmailChange).verdict, Verdict::kDeny);
  EXPECT_EQ(world_.Check("boss@acme.test").reason, DecisionReason::kExemptTriggeringAdmin);
}

TEST_F(RolloutTest, AnAnswerIsNotCachedBeyondTheStart) {
  EnforceCommand command = world_.Command();
  command.rollout.start_time = world_.clock.Now() + absl::Seconds(10);
  Enforce(command);
  absl::Duration ttl;
  ASSERT_TRUE(
      world_.logins
          .Check(ParseEmail("eve@acme.test"), LoginAction::kSignIn, 0,
                 [&](const LoginAnswer& answer, storage::Revision) { ttl = answer.cache_ttl; })
          .ok());
  EXPECT_EQ(ttl, absl::Seconds(10));
}

TEST_F(RolloutTest, AScheduleLocksNobodyOutAtItsTime) {
  EnforceCommand command = world_.Command();
  command.rollout.start_time = Later(24);
  command.exemption_expire_time = Later(48);
  EXPECT_EQ(Refusal(command), "WOULD_LOCK_OUT");
  command.rollout = {.percent = 0, .users = {world_.eve.id}};
  EXPECT_EQ(Refusal(command), "WOULD_LOCK_OUT");
  command.rollout = {.require_proof = true};
  EXPECT_EQ(Refusal(command), "WOULD_LOCK_OUT");
}

TEST_F(RolloutTest, AWaveGrowsOverTheSameUsers) {
  std::vector<std::string> emails;
  for (int i = 0; i < 60; ++i) {
    emails.push_back(absl::StrCat("u", i, "@acme.test"));
    world_.acme.Add({.email = emails.back()});
  }
  std::vector<bool> covered(emails.size());
  for (const int percent : {10, 40, 70, 100}) {
    EnforceCommand command = world_.Command();
    command.rollout.percent = percent;
    Enforce(command);
    int count = 0;
    for (size_t i = 0; i < emails.size(); ++i) {
      const bool now = world_.Check(emails[i]).verdict == kSso;
      EXPECT_TRUE(now || !covered[i]) << emails[i] << " left at " << percent << " %";
      EXPECT_EQ(now, BucketOf(ParseEmail(emails[i])) < percent);
      covered[i] = now;
      count += now ? 1 : 0;
    }
    EXPECT_GT(count, 0);
  }
}

TEST_F(RolloutTest, NamedUsersGoFirst) {
  const User ann = world_.acme.Add({.email = "ann@acme.test"});
  EnforceCommand command = world_.Command();
  command.rollout = {.percent = 0, .users = {world_.eve.id}};
  EXPECT_EQ(Enforce(command).effect.covered, 2) << "when the rollout is complete";
  EXPECT_EQ(world_.Check("eve@acme.test").verdict, kSso);
  EXPECT_EQ(world_.Check("ann@acme.test").reason, DecisionReason::kNotInWave);
  EXPECT_FALSE(world_.Check("ann@acme.test").enforcement_scheduled_at.has_value());
}

TEST_F(RolloutTest, AUserIsEnforcedOnceProvenThroughThisProfile) {
  EnforceCommand command = world_.Command();
  command.rollout.require_proof = true;
  command.rollout.proof_deadline = Later(100);
  Enforce(command);
  EXPECT_EQ(world_.Check("eve@acme.test").reason, DecisionReason::kAwaitingSsoSignIn);
  EXPECT_EQ(world_.Check("eve@acme.test").enforcement_scheduled_at, Later(100));
  Prove(world_.eve, "another");
  EXPECT_EQ(world_.Check("eve@acme.test").verdict, kAllow);
  Prove(world_.eve);
  EXPECT_EQ(world_.Check("eve@acme.test").verdict, kSso);

  world_.acme.Add({.email = "ann@acme.test"});
  EXPECT_EQ(world_.Check("ann@acme.test").verdict, kAllow);
  world_.clock.Advance(absl::Hours(100));
  EXPECT_EQ(world_.Check("ann@acme.test").verdict, kSso);
}

TEST_F(RolloutTest, RefusesWhatContradictsItself) {
  struct Case {
    std::function<void(Rollout&)> edit;
    std::string field;
  };
  const absl::Time now = world_.clock.Now();
  const auto pause = [](AutomaticPause automatic) {
    return [=](Rollout& r) { r.automatic_pause = automatic; };
  };
  const Case cases[] = {
      {[](Rollout& r) { r.percent = -1; }, "rollout.percent"},
      {[](Rollout& r) { r.percent = 101; }, "rollout.percent"},
      {[=](Rollout& r) { r.proof_deadline = now; }, "rollout.proof_deadline"},
      {[=](Rollout& r) {
         r.require_proof = true;
         r.start_time = r.proof_deadline = now + absl::Hours(1);
       },
       "rollout.proof_deadline"},
      {[&](Rollout& r) {
         r.users = {world_.eve.id, world_.eve.id};
       },
       "rollout.users"},
      {[](Rollout& r) { r.users = {UserId::FromTrusted("nobody")}; }, "rollout.users"},
      {[&](Rollout& r) { r.users.assign(1001, world_.eve.id); }, "rollout.users"},
      {pause({.min_failures = 0}), "rollout.automatic_pause.min_failures"},
      {pause({.min_failures = 1'000'001}), "rollout.automatic_pause.min_failures"},
      {pause({.failure_percent = 0}), "rollout.automatic_pause.failure_percent"},
      {pause({.failure_percent = 101}), "rollout.automatic_pause.failure_percent"},
      {pause({.window = absl::Seconds(59)}), "rollout.automatic_pause.window"},
      {pause({.window = absl::Hours(24 * 30) + absl::Nanoseconds(1)}),
       "rollout.automatic_pause.window"},
  };
  for (const Case& c : cases) {
    EnforceCommand command = world_.Command();
    c.edit(command.rollout);
    const auto result = world_.enforcements.Enforce(TestCaller(), command, "");
    EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument) << c.field;
    const auto details = DetailsOf(result.status());
    ASSERT_TRUE(details.has_value());
    ASSERT_EQ(details->field_violations.size(), 1u) << result.status();
    EXPECT_EQ(details->field_violations[0].first, c.field);
  }
}

TEST_F(RolloutTest, AcceptsTheBoundsAndTimesThatHavePassed) {
  EnforceCommand command = world_.Command();
  command.rollout = {
      .start_time = Later(-2),
      .percent = 1,
      .users = {world_.boss.id, world_.eve.id},
      .require_proof = true,
      .proof_deadline = Later(-1),
      .automatic_pause = AutomaticPause{
          .min_failures = 1'000'000, .failure_percent = 1, .window = absl::Minutes(1)}};
  command.match_subdomains = true;
  command.on_unavailable = UnavailablePolicy::kDeny;
  Enforce(command);
  EXPECT_EQ(Stored().rollout, command.rollout);
  EXPECT_TRUE(Stored().match_subdomains);
  EXPECT_EQ(Stored().on_unavailable, UnavailablePolicy::kDeny);
  EXPECT_EQ(Stored().change_time, world_.clock.Now());
  EXPECT_EQ(world_.Check("eve@acme.test").enforced_since, world_.clock.Now());
}

TEST_F(RolloutTest, ANarrowerRolloutKeepsItsBeginningAndAWiderOneBeginsAnew) {
  EnforceCommand command = world_.Command();
  command.rollout.percent = 50;
  const EnforcementResult first = Enforce(command);
  world_.clock.Advance(absl::Hours(1));
  command.rollout.percent = 40;
  const EnforcementResult narrower = Enforce(command);
  EXPECT_EQ(narrower.enforcements[0]->enforce_time, first.enforcements[0]->enforce_time);
  EXPECT_EQ(narrower.enforcements[0]->enforce_revision, first.revision);
  EXPECT_EQ(narrower.enforcements[0]->change_time, world_.clock.Now());
  command.rollout.percent = 60;
  const EnforcementResult wider = Enforce(command);
  EXPECT_EQ(wider.enforcements[0]->enforce_time, world_.clock.Now());
  EXPECT_EQ(wider.enforcements[0]->enforce_revision, wider.revision);
}

TEST_F(RolloutTest, ADomainAtRiskMayBeNarrowedAndNotWidened) {
  EnforceCommand command = world_.Command();
  command.rollout.percent = 50;
  Enforce(command);
  world_.acme.Hold("acme.test", DomainState::kAtRisk);
  command.rollout.percent = 51;
  EXPECT_EQ(Refusal(command), "DOMAIN_NOT_VERIFIED");
  command.rollout.percent = 49;
  EXPECT_EQ(Refusal(command), "none");
}

TEST_F(RolloutTest, APlanTokenStandsForEveryField) {
  world_.acme.Add({.email = "eu@eu.acme.test"});
  EnforceCommand planned = world_.Command();
  planned.match_subdomains = true;
  const auto plan = world_.enforcements.Plan(planned, 10);
  ASSERT_TRUE(plan.ok()) << plan.status();
  const std::vector<std::function<void(EnforceCommand&)>> edits = {
      [](auto& c) { c.match_subdomains = false; },
      [](auto& c) { c.on_unavailable = UnavailablePolicy::kDeny; },
      [&](auto& c) { c.rollout.start_time = Later(1); },
      [](auto& c) { c.rollout.percent = 99; },
      [&](auto& c) { c.rollout.users = {world_.eve.id}; },
      [](auto& c) { c.rollout.require_proof = true; },
      [&](auto& c) { c.rollout.proof_deadline = Later(1); },
      [](auto& c) { c.rollout.automatic_pause = AutomaticPause(); },
  };
  for (size_t i = 0; i < edits.size(); ++i) {
    EnforceCommand other = planned;
    edits[i](other);
    const auto result = world_.enforcements.Enforce(TestCaller(), other, plan->token);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kAborted) << i;
  }
  // Nor may anybody come to a subdomain in between.
  world_.acme.Add({.email = "us@us.acme.test"});
  EXPECT_EQ(world_.enforcements.Enforce(TestCaller(), planned, plan->token).status().code(),
            absl::StatusCode::kAborted);
  const auto again = world_.enforcements.Plan(planned, 10);
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(world_.enforcements.Enforce(TestCaller(), planned, again->token).ok());
}

std::vector<std::string> EmailsOf(const std::vector<UserView>& users) {
  std::vector<std::string> emails;
  for (const UserView& view : users) emails.push_back(view.user->email.Canonical());
  return emails;
}

TEST_F(RolloutTest, SubdomainsFollowTheirParentUnlessTheyAreSomebodysOwn) {
  StoredOrganization other(&world_.runner, "other");
  other.Hold("other.acme.test");
  other.Add({.email = "bob@other.acme.test"});
  const User eu = world_.acme.Add({.email = "ann@eu.acme.test"});
  world_.acme.Add({.email = "free@eu.acme.test", .claimed = false});
  world_.acme.Add({.email = "lost@other.acme.test"});
  world_.acme.Add({.email = "own@own.acme.test"});
  world_.acme.Hold("own.acme.test").Enforce("own.acme.test", EnforcementMode::kObserve);

  EnforceCommand command = world_.Command();
  EXPECT_EQ(Enforce(command).effect.covered, 1);
  EXPECT_EQ(world_.Check("ann@eu.acme.test").reason, DecisionReason::kDomainNotEnforced);

  command.match_subdomains = true;
  const auto plan = world_.enforcements.Plan(command, 10);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->effect.covered, 2);
  EXPECT_EQ(plan->effect.exempt, 1);
  EXPECT_EQ(plan->effect.left_out, 1);
  EXPECT_THAT(EmailsOf(plan->covered_users), ElementsAre("eve@acme.test", "ann@eu.acme.test"));
  EXPECT_THAT(EmailsOf(plan->exempt_users), ElementsAre("boss@acme.test"));
  EXPECT_THAT(EmailsOf(plan->left_out_users), ElementsAre("free@eu.acme.test"));
  Enforce(command);
  EXPECT_EQ(world_.Check("ann@eu.acme.test").verdict, kSso);
  EXPECT_EQ(world_.Check("free@eu.acme.test").reason, DecisionReason::kIndependentUser);
  EXPECT_EQ(world_.Check("bob@other.acme.test").verdict, kAllow);
  EXPECT_EQ(world_.Check("lost@other.acme.test").verdict, kAllow);
  EXPECT_EQ(world_.Check("own@own.acme.test").observed_verdict, kSso);

  // A claim that another organization proves wins at once.
  other.Hold("eu.acme.test");
  EXPECT_EQ(world_.Check("ann@eu.acme.test").verdict, kAllow);
}

TEST_F(RolloutTest, AnAdminOnASubdomainIsExemptedToo) {
  const User deputy = world_.acme.Add({.email = "deputy@eu.acme.test", .role = Role::kAdmin});
  EnforceCommand command = world_.Command();
  command.match_subdomains = true;
  command.acting_admin = deputy.id;
  EXPECT_TRUE(Enforce(command).effect.new_exemption.has_value());
  EXPECT_EQ(world_.Check("deputy@eu.acme.test").reason, DecisionReason::kExemptTriggeringAdmin);
}

TEST_F(RolloutTest, ReleasingASubdomainToItsParentsRuleKeepsAWayIn) {
  world_.acme.Hold("eu.acme.test").Enforce("eu.acme.test", EnforcementMode::kObserve);
  EnforceCommand command = world_.Command();
  command.match_subdomains = true;
  command.acting_admin = world_.acme.Add({.email = "a@eu.acme.test", .role = Role::kAdmin}).id;
  Enforce(command);
  const auto refused =
      world_.enforcements.Release(TestCaller(), world_.acme.id(), {ParseDomain("eu.acme.test")});
  EXPECT_EQ(DetailsOf(refused.status())->reason, "WOULD_LOCK_OUT");
  world_.acme.Exempt(world_.boss, ExemptionKind::kBreakGlass);
  EXPECT_TRUE(
      world_.enforcements.Release(TestCaller(), world_.acme.id(), {ParseDomain("eu.acme.test")})
          .ok());
  EXPECT_EQ(world_.Check("a@eu.acme.test").verdict, kSso);
}

TEST_F(RolloutTest, APauseLetsTheUnprovenInUntilItIsResumed) {
  Enforce(world_.Command());
  const User ann = world_.acme.Add({.email = "ann@acme.test"});
  Prove(ann);
  const DomainName domain = ParseDomain("acme.test");
  const auto paused =
      world_.enforcements.Pause(TestCaller(), world_.acme.id(), domain, "the IdP is down");
  ASSERT_TRUE(paused.ok()) << paused.status();
  EXPECT_EQ((*paused)->pause->reason, "the IdP is down");
  EXPECT_FALSE((*paused)->pause->automatic);
  EXPECT_EQ((*paused)->pause->actor, TestCaller().principal.name);
  EXPECT_EQ(world_.Check("eve@acme.test").reason, DecisionReason::kEnforcementPaused);
  EXPECT_EQ(world_.Check("ann@acme.test").verdict, kSso);
  EXPECT_EQ(world_.Check("x@acme.test", LoginAction::kEmailChange).verdict, Verdict::kDeny);

  // A second pause goes on from the first.
  const absl::Time since = (*paused)->pause->time;
  world_.clock.Advance(absl::Hours(1));
  const auto again = world_.enforcements.Pause(TestCaller(), world_.acme.id(), domain, "still");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ((*again)->pause->time, since);
  EXPECT_EQ((*again)->pause->reason, "still");

  const auto resumed = world_.enforcements.Resume(TestCaller(), world_.acme.id(), domain);
  ASSERT_TRUE(resumed.ok()) << resumed.status();
  EXPECT_FALSE((*resumed)->pause.has_value());
  EXPECT_EQ((*resumed)->enforce_revision, resumed->mod_revision);
  EXPECT_EQ(world_.Check("eve@acme.test").verdict, kSso);
  EXPECT_EQ(world_.Check("eve@acme.test").enforced_since, world_.clock.Now());
}

TEST_F(RolloutTest, OnlyWhatIsPausedIsResumedAndANewEnforcementEndsAPause) {
  const DomainName domain = ParseDomain("acme.test");
  const auto& id = world_.acme.id();
  EXPECT_EQ(world_.enforcements.Pause(TestCaller(), id, domain, "x").status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(world_.enforcements.Resume(TestCaller(), id, domain).status().code(),
            absl::StatusCode::kNotFound);
  Enforce(world_.Command());
  EXPECT_EQ(DetailsOf(world_.enforcements.Resume(TestCaller(), id, domain).status())->reason,
            "NOT_PAUSED");
  for (const std::string& reason : {std::string(), std::string(1001, 'x'), std::string("a\nb")}) {
    EXPECT_EQ(world_.enforcements.Pause(TestCaller(), id, domain, reason).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  ASSERT_TRUE(world_.enforcements.Pause(TestCaller(), id, domain, "x").ok());
  Enforce(world_.Command());
  EXPECT_FALSE(Stored().pause.has_value());
}

TEST_F(RolloutTest, ResumingMayNotLockAnybodyOut) {
  Enforce(world_.Command());
  const DomainName domain = ParseDomain("acme.test");
  ASSERT_TRUE(world_.enforcements.Pause(TestCaller(), world_.acme.id(), domain, "x").ok());
  // Past every rule: the way in goes while the enforcement stands still.
  Write([&](storage::Transaction& tx) {
    return storage::ExemptionStore::Delete(tx, world_.acme.id(), world_.boss.id);
  });
  const auto refused = world_.enforcements.Resume(TestCaller(), world_.acme.id(), domain);
  EXPECT_EQ(DetailsOf(refused.status())->reason, "WOULD_LOCK_OUT");
  EXPECT_TRUE(Stored().pause.has_value());
}

TEST_F(RolloutTest, AUsersOwnRuleCountsInAPlanAndInADecision) {
  const User ann = world_.acme.Add({.email = "ann@acme.test"});
  Write([&](storage::Transaction& tx) {
    return storage::SsoOverrideStore::Put(tx, {.organization = world_.acme.id(),
                                               .user = ann.id,
                                               .mode = SsoOverrideMode::kExempt,
                                               .reason = "on leave",
                                               .create_time = world_.clock.Now()});
  });
  const auto plan = world_.enforcements.Plan(world_.Command(), 10);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->effect.covered, 1);
  EXPECT_EQ(plan->effect.exempt, 2);
  EXPECT_THAT(EmailsOf(plan->exempt_users),
              UnorderedElementsAre("ann@acme.test", "boss@acme.test"));
  Enforce(world_.Command());
  EXPECT_EQ(world_.Check("ann@acme.test").reason, DecisionReason::kOverrideExempt);
}

TEST_F(RolloutTest, AnOverrideSendsItsUserToItsOwnProfile) {
  world_.PassTest("partner");
  Enforce(world_.Command());
  storage::Revision made = 0;
  const auto committed =
      world_.runner.Run(TestCaller(), world_.acme.id(), [&](storage::Transaction& tx) {
        return storage::SsoOverrideStore::Put(tx, {.organization = world_.acme.id(),
                                                   .user = world_.eve.id,
                                                   .mode = SsoOverrideMode::kRequireSso,
                                                   .profile = SsoProfileId::FromTrusted("partner"),
                                                   .create_time = world_.clock.Now()});
      });
  ASSERT_TRUE(committed.ok());
  made = *committed;
  ASSERT_TRUE(
      world_.enforcements.Release(TestCaller(), world_.acme.id(), {ParseDomain("acme.test")}).ok());
  ASSERT_TRUE(world_.logins
                  .Check(ParseEmail("eve@acme.test"), LoginAction::kSignIn, 0,
                         [&](const LoginAnswer& answer, storage::Revision) {
                           EXPECT_EQ(answer.decision.verdict, kSso);
                           ASSERT_NE(answer.destination, nullptr);
                           EXPECT_EQ(answer.destination->profile.value(), "partner");
                           EXPECT_EQ(answer.destination->sign_in_url, "https://partner.test/sso");
                           EXPECT_EQ(answer.enforced_since_revision, made);
                         })
                  .ok());
}

}  // namespace
}  // namespace gatehouse
