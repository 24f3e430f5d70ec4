#include "server/managers/enforcement_manager.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/errors.h"
#include "tests/builders/test_caller.h"
#include "tests/server/managers/enforcement_test_world.h"

namespace gatehouse {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> BlockingReasonsOf(const absl::Status& status) {
  std::vector<std::string> reasons;
  if (const auto details = DetailsOf(status)) {
    for (const auto& violation : details->precondition_violations) {
      reasons.push_back(violation.reason);
    }
  }
  return reasons;
}

std::vector<std::string> WarningsOf(const EnforcementEffect& effect) {
  std::vector<std::string> reasons;
  for (const auto& warning : effect.warnings) reasons.push_back(warning.reason);
  return reasons;
}

void ExpectRefused(const absl::StatusOr<EnforcementResult>& result, absl::string_view reason) {
  EXPECT_EQ(result.status().code(), absl::StatusCode::kFailedPrecondition) << result.status();
  EXPECT_THAT(BlockingReasonsOf(result.status()), Contains(std::string(reason)));
}

TEST(EnforceDomains, EnforcesEveryManagedUserPresentAndFuture) {
  EnforcementTestWorld world;
  EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kAllowPassword);
  const auto result = world.enforcements.Enforce(TestCaller(), world.Command(), "");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->effect.covered, 1);
  EXPECT_EQ(result->effect.exempt, 1);
  EXPECT_EQ(result->effect.left_out, 0);
  EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kRequireSso);
  EXPECT_EQ(world.Check("con@elsewhere.test").verdict, Verdict::kAllowPassword);
  EXPECT_EQ(world.Check("nobody@acme.test").reason, DecisionReason::kUnmanagedAddress);

  world.acme.Add({.email = "late@acme.test"});
  EXPECT_EQ(world.Check("late@acme.test").verdict, Verdict::kRequireSso);
}

TEST(EnforceDomains, ExemptsTheAdminWhoTriggersIt) {
  EnforcementTestWorld world;
  const auto result = world.enforcements.Enforce(TestCaller(), world.Command(), "");
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_TRUE(result->effect.new_exemption.has_value());
  EXPECT_EQ(result->effect.new_exemption->user, world.boss.id);
  EXPECT_EQ(result->effect.new_exemption_email->Canonical(), "boss@acme.test");
  EXPECT_EQ(world.Check("boss@acme.test").reason, DecisionReason::kExemptTriggeringAdmin);
  const auto listed = world.exemptions.List(world.acme.id(), {});
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->items.size(), 1u);
  EXPECT_EQ(listed->items[0].email.Canonical(), "boss@acme.test");
  EXPECT_EQ(listed->items[0].exemption.approver,
            "organizations/acme/users/" + world.boss.id.value());
}

TEST(EnforceDomains, ExemptsNobodyWhoIsNotCovered) {
  EnforcementTestWorld world;
  const User outside =
      world.acme.Add({.email = "root@elsewhere.test", .role = Role::kOwner, .claimed = false});
  EnforceCommand command = world.Command();
  command.acting_admin = outside.id;
  const auto result = world.enforcements.Enforce(TestCaller(), command, "");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->effect.new_exemption.has_value());
  EXPECT_EQ(world.Check("boss@acme.test").verdict, Verdict::kRequireSso);
}

TEST(EnforceDomains, ObservingExemptsAndBlocksNobody) {
  EnforcementTestWorld world;
  EnforceCommand command = world.Command();
  command.mode = EnforcementMode::kObserve;
  const auto result = world.enforcements.Enforce(TestCaller(), command, "");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->effect.new_exemption.has_value());
  EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kAllowPassword);
  EXPECT_EQ(world.Check("eve@acme.test").observed_verdict, Verdict::kRequireSso);
}

TEST(EnforceDomains, CostsTheSameForManyUsersAsForFew) {
  auto cost = [](int users) {
    EnforcementTestWorld world;
    for (int i = 0; i < users; ++i) world.acme.Add({.email = absl::StrCat("u", i, "@acme.test")});
    auto calls = [&] {
      using Method = storage::FailingEngine::Method;
      return world.engine.calls(Method::kSnapshotGet) + world.engine.calls(Method::kSnapshotScan);
    };
    const int before = calls();
    const auto result = world.enforcements.Enforce(TestCaller(), world.Command(), "");
    EXPECT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->effect.covered, users + 1);
    const auto changes = world.engine.ChangesSince(result->revision - 1, 1);
    EXPECT_TRUE(changes.ok());
    return std::pair(calls() - before, changes->front().keys.size());
  };
  EXPECT_EQ(cost(0), cost(500));
}

TEST(EnforceDomains, RefusesADomainThatIsNotVerified) {
  EnforcementTestWorld world;
  world.acme.Hold("atrisk.test", DomainState::kAtRisk);
  for (const char* domain : {"unclaimed.test", "atrisk.test"}) {
    ExpectRefused(world.enforcements.Enforce(TestCaller(), world.Command({domain}), ""),
                  reason::kDomainNotVerified);
  }
}

TEST(EnforceDomains, RefusesAllIfOneDomainIsRefused) {
  EnforcementTestWorld world;
  ExpectRefused(
      world.enforcements.Enforce(TestCaller(), world.Command({"acme.test", "unclaimed.test"}), ""),
      reason::kDomainNotVerified);
  EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kAllowPassword);
  EXPECT_EQ(world.Check("boss@acme.test").reason, DecisionReason::kDomainNotEnforced);
}

TEST(EnforceDomains, RefusesAProfileWithoutAPassedTest) {
  EnforcementTestWorld world;
  world.EditProfile("fresh", [](SsoProfile&) {});
  ExpectRefused(world.enforcements.Enforce(TestCaller(), world.Command({"acme.test"}, "fresh"), ""),
                reason::kConnectionTestRequired);
}

TEST(EnforceDomains, RefusesAProfileChangedAfterItsTest) {
  EnforcementTestWorld world;
  world.EditProfile("idp", [](SsoProfile& p) { p.saml.idp_sso_url = "https://new.test/sso"; });
  ExpectRefused(world.enforcements.Enforce(TestCaller(), world.Command(), ""),
                reason::kConnectionTestStale);
  world.PassTest("idp");
  EXPECT_TRUE(world.enforcements.Enforce(TestCaller(), world.Command(), "").ok());
}

TEST(EnforceDomains, KeepsWhatIsEnforcedWhenTheTestTurnsStale) {
  EnforcementTestWorld world;
  ASSERT_TRUE(world.enforcements.Enforce(TestCaller(), world.Command(), "").ok());
  world.EditProfile("idp", [](SsoProfile& p) { p.saml.idp_sso_url = "https://new.test/sso"; });
  EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kRequireSso);
}

TEST(EnforceDomains, IsForActiveAdminsOnly) {
  EnforcementTestWorld world;
  const User gone =
      world.acme.Add({.email = "gone@acme.test", .role = Role::kOwner, .suspended = true});
  for (const UserId& user : {world.eve.id, gone.id, UserId::FromTrusted("nobody")}) {
    EnforceCommand command = world.Command();
    command.acting_admin = user;
    ExpectRefused(world.enforcements.Enforce(TestCaller(), command, ""),
                  reason::kActingUserNotAdmin);
  }
}

TEST(EnforceDomains, NamesEveryReasonThatBlocks) {
  EnforcementTestWorld world;
  world.EditProfile("fresh", [](SsoProfile&) {});
  EnforceCommand command = world.Command({"unclaimed.test"}, "fresh");
  command.acting_admin = world.eve.id;
  const auto result = world.enforcements.Enforce(TestCaller(), command, "");
  EXPECT_THAT(BlockingReasonsOf(result.status()),
              ::testing::IsSupersetOf({std::string(reason::kDomainNotVerified),
                                       std::string(reason::kConnectionTestRequired),
                                       std::string(reason::kActingUserNotAdmin)}));
}

TEST(EnforceDomains, RefusesToLeaveNoLastingWayIn) {
  EnforcementTestWorld world;
  EnforceCommand command = world.Command();
  command.exemption_expire_time = world.clock.Now() + absl::Hours(24);
  ExpectRefused(world.enforcements.Enforce(TestCaller(), command, ""), reason::kWouldLockOut);
  EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kAllowPassword);

  world.acme.Exempt(world.eve, ExemptionKind::kBreakGlass);
  const auto result = world.enforcements.Enforce(TestCaller(), command, "");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(world.Check("boss@acme.test").verdict, Verdict::kAllowPassword);
  EXPECT_EQ(world.Check("boss@acme.test").valid_until, command.exemption_expire_time);
  world.clock.Advance(absl::Hours(25));
  EXPECT_EQ(world.Check("boss@acme.test").verdict, Verdict::kRequireSso);
}

TEST(EnforceDomains, KeepsAnExemptionThatLastsAsLong) {
  EnforcementTestWorld world;
  world.acme.Exempt(world.boss, ExemptionKind::kBreakGlass);
  const auto result = world.enforcements.Enforce(TestCaller(), world.Command(), "");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->effect.new_exemption.has_value());
  EXPECT_EQ(world.Check("boss@acme.test").reason, DecisionReason::kExemptBreakGlass);
}

TEST(EnforceDomains, MovesADomainWithNoMomentWithoutARule) {
  EnforcementTestWorld world;
  const auto first = world.enforcements.Enforce(TestCaller(), world.Command(), "");
  ASSERT_TRUE(first.ok()) << first.status();
  world.PassTest("other");
  std::atomic<bool> done{false};
  std::thread reader([&] {
    while (!done) EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kRequireSso);
  });
  for (const char* profile : {"other", "idp", "other", "idp", "other"}) {
    world.clock.Advance(absl::Hours(1));
    const auto moved =
        world.enforcements.Enforce(TestCaller(), world.Command({"acme.test"}, profile), "");
    EXPECT_TRUE(moved.ok()) << moved.status();
    EXPECT_THAT(WarningsOf(moved->effect), Contains("DOMAIN_MOVES"));
    EXPECT_EQ(moved->enforcements[0]->profile.value(), profile);
    EXPECT_EQ(moved->enforcements[0]->enforce_time, first->enforcements[0]->enforce_time);
    EXPECT_EQ(moved->enforcements[0]->enforce_revision, first->revision);
  }
  done = true;
  reader.join();
}

TEST(EnforceDomains, BeginsAnewWhenObservingTurnsIntoBlocking) {
  EnforcementTestWorld world;
  EnforceCommand command = world.Command();
  command.mode = EnforcementMode::kObserve;
  ASSERT_TRUE(world.enforcements.Enforce(TestCaller(), command, "").ok());
  world.clock.Advance(absl::Hours(1));
  const auto result = world.enforcements.Enforce(TestCaller(), world.Command(), "");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->enforcements[0]->enforce_time, world.clock.Now());
  EXPECT_EQ(result->enforcements[0]->enforce_revision, result->revision);
  EXPECT_EQ(world.Check("eve@acme.test").enforced_since, world.clock.Now());
}

TEST(EnforceDomains, RefusesBadInput) {
  EnforcementTestWorld world;
  const std::vector<EnforceCommand> bad = {
      world.Command({}), world.Command({"acme.test", "acme.test"}),
      [&] {
        EnforceCommand late = world.Command();
        late.exemption_expire_time = world.clock.Now();
        return late;
      }(),
      [&] {
        EnforceCommand many = world.Command();
        for (int i = 0; i < 100; ++i) {
          many.domains.push_back(ParseDomain(absl::StrCat("d", i, ".test")));
        }
        return many;
      }()};
  for (const EnforceCommand& command : bad) {
    EXPECT_EQ(world.enforcements.Enforce(TestCaller(), command, "").status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(world.enforcements.Enforce(TestCaller(), world.Command({"acme.test"}, "nope"), "")
                .status()
                .code(),
            absl::StatusCode::kNotFound);
}

TEST(EnforceDomains, ChangesNothingWhenTheStoreFails) {
  EnforcementTestWorld world;
  world.engine.FailAlways(storage::FailingEngine::Method::kCommit,
                          absl::UnavailableError("disk full"));
  EXPECT_EQ(world.enforcements.Enforce(TestCaller(), world.Command(), "").status().code(),
            absl::StatusCode::kUnavailable);
  world.engine.Heal();
  EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kAllowPassword);
  EXPECT_EQ(world.Check("boss@acme.test").reason, DecisionReason::kDomainNotEnforced);
}

TEST(PlanEnforcement, ShowsWhatEnforcingDoesAndChangesNothing) {
  EnforcementTestWorld world;
  world.acme.Add({.email = "left@acme.test", .claimed = false});
  const storage::Revision before = world.engine.revision();
  const auto plan = world.enforcements.Plan(world.Command(), 50);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(world.engine.revision(), before);
  EXPECT_THAT(plan->effect.blocking, IsEmpty());
  ASSERT_EQ(plan->covered_users.size(), 1u);
  EXPECT_EQ(plan->covered_users[0].user->email.Canonical(), "eve@acme.test");
  ASSERT_EQ(plan->exempt_users.size(), 1u);
  EXPECT_EQ(plan->exempt_users[0].user->email.Canonical(), "boss@acme.test");
  ASSERT_EQ(plan->left_out_users.size(), 1u);
  EXPECT_EQ(plan->left_out_users[0].user->email.Canonical(), "left@acme.test");
  EXPECT_THAT(WarningsOf(plan->effect), Contains("INDEPENDENT_USERS_LEFT_OUT"));
  EXPECT_THAT(WarningsOf(plan->effect), Contains("NO_BREAK_GLASS"));

  const auto result = world.enforcements.Enforce(TestCaller(), world.Command(), plan->token);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->effect.covered, plan->effect.covered);
  EXPECT_EQ(result->effect.exempt, plan->effect.exempt);
  EXPECT_EQ(result->effect.left_out, plan->effect.left_out);
}

TEST(PlanEnforcement, ReportsWhatBlocksInsteadOfFailing) {
  EnforcementTestWorld world;
  EnforceCommand command = world.Command({"unclaimed.test"});
  command.acting_admin = world.eve.id;
  const auto plan = world.enforcements.Plan(command, 50);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->effect.blocking.size(), 2u);
}

TEST(PlanEnforcement, ShowsNoMoreUsersThanAsked) {
  EnforcementTestWorld world;
  for (int i = 0; i < 20; ++i) world.acme.Add({.email = absl::StrCat("u", i, "@acme.test")});
  const auto plan = world.enforcements.Plan(world.Command(), 5);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->covered_users.size(), 5u);
  EXPECT_EQ(plan->effect.covered, 21);
}

// A change after the plan, and whether the plan still holds.
TEST(PlanEnforcement, BindsEnforcingToWhatWasSeen) {
  struct Case {
    const char* what;
    std::function<void(EnforcementTestWorld&)> change;
    bool outdated;
  };
  const Case kCases[] = {
      {"nothing", [](auto&) {}, false},
      {"a user on the domain", [](auto& w) { w.acme.Add({.email = "n@acme.test"}); }, true},
      {"an independent user on the domain",
       [](auto& w) { w.acme.Add({.email = "n@acme.test", .claimed = false}); }, true},
      {"a user elsewhere", [](auto& w) { w.acme.Add({.email = "n@b.test", .claimed = false}); },
       false},
      {"an admin elsewhere",
       [](auto& w) { w.acme.Add({.email = "n@b.test", .role = Role::kAdmin, .claimed = false}); },
       true},
      {"an exemption", [](auto& w) { w.acme.Exempt(w.eve, ExemptionKind::kBreakGlass); }, true},
      {"the profile's name",
       [](auto& w) { w.EditProfile("idp", [](auto& p) { p.display_name = "x"; }); }, true},
      {"another domain", [](auto& w) { w.acme.Hold("second.test"); }, true},
      {"another organization",
       [](auto& w) { StoredOrganization(&w.runner, "other").Hold("other.test"); }, false},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.what);
    EnforcementTestWorld world;
    const auto plan = world.enforcements.Plan(world.Command(), 50);
    ASSERT_TRUE(plan.ok()) << plan.status();
    c.change(world);
    const auto result = world.enforcements.Enforce(TestCaller(), world.Command(), plan->token);
    if (!c.outdated) {
      EXPECT_TRUE(result.ok()) << result.status();
      continue;
    }
    EXPECT_EQ(result.status().code(), absl::StatusCode::kAborted);
    EXPECT_EQ(ReasonOf(result.status()), reason::kPlanOutdated);
    EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kAllowPassword);
  }
}

TEST(PlanEnforcement, BindsEnforcingToTheSameRequest) {
  EnforcementTestWorld world;
  const auto plan = world.enforcements.Plan(world.Command(), 50);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EnforceCommand other = world.Command();
  other.unmanaged_users = UnmanagedUsers::kRequireSso;
  EXPECT_EQ(ReasonOf(world.enforcements.Enforce(TestCaller(), other, plan->token).status()),
            reason::kPlanOutdated);
}

TEST(ReleaseDomains, EndsEnforcementForAllOrNone) {
  EnforcementTestWorld world;
  ASSERT_TRUE(world.enforcements.Enforce(TestCaller(), world.Command(), "").ok());
  const auto refused = world.enforcements.Release(
      TestCaller(), world.acme.id(), {ParseDomain("acme.test"), ParseDomain("free.test")});
  EXPECT_EQ(ReasonOf(refused.status()), reason::kDomainNotEnforced);
  EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kRequireSso);
  ASSERT_TRUE(
      world.enforcements.Release(TestCaller(), world.acme.id(), {ParseDomain("acme.test")}).ok());
  EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kAllowPassword);
}

// Edits the list of a profile's enforced domains, as UpdateSsoProfile does.
absl::Status Set(EnforcementTestWorld& world, std::vector<std::string> names) {
  std::vector<DomainName> domains;
  for (const std::string& name : names) domains.push_back(ParseDomain(name));
  return world.runner
      .Run(TestCaller(), world.acme.id(),
           [&](storage::Transaction& tx) {
             return SetEnforcedDomains(tx, world.acme.id(), SsoProfileId::FromTrusted("idp"),
                                       domains, world.boss.id, world.clock.Now());
           })
      .status();
}

TEST(SetEnforcedDomains, EnforcesTheAddedAndReleasesTheRemoved) {
  EnforcementTestWorld world;
  world.acme.Hold("second.test");
  world.acme.Add({.email = "a@second.test"});
  ASSERT_TRUE(Set(world, {"acme.test"}).ok());
  EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kRequireSso);
  ASSERT_TRUE(Set(world, {"second.test"}).ok());
  EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kAllowPassword);
  EXPECT_EQ(world.Check("a@second.test").verdict, Verdict::kRequireSso);
  ASSERT_TRUE(Set(world, {}).ok());
  EXPECT_EQ(world.Check("a@second.test").verdict, Verdict::kAllowPassword);
}

TEST(SetEnforcedDomains, DoesAllOrNothing) {
  EnforcementTestWorld world;
  ASSERT_TRUE(Set(world, {"acme.test"}).ok());
  EXPECT_EQ(ReasonOf(Set(world, {"unclaimed.test"})), reason::kDomainNotVerified);
  EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kRequireSso);
}

TEST(CheckLogin, NeverAllowsAPasswordBecauseTheStoreFails) {
  using Method = storage::FailingEngine::Method;
  EnforcementTestWorld world;
  ASSERT_TRUE(world.enforcements.Enforce(TestCaller(), world.Command(), "").ok());
  for (const absl::Status& error :
       {absl::UnavailableError("disk"), absl::DataLossError("checksum")}) {
    for (int nth = 1; nth <= 6; ++nth) {
      world.engine.FailAt(Method::kSnapshotGet, nth, error);
      bool answered = false;
      Decision decision;
      const absl::Status status =
          world.logins.Check(ParseEmail("eve@acme.test"), LoginAction::kSignIn, 0,
                             [&](const LoginAnswer& answer, storage::Revision) {
                               answered = true;
                               decision = answer.decision;
                             });
      EXPECT_EQ(answered, status.ok());
      if (answered) {
        EXPECT_EQ(decision.verdict, Verdict::kRequireSso);
      } else {
        EXPECT_EQ(status.code(), error.code());
      }
      world.engine.Heal();
    }
  }
}

TEST(CheckLogin, RefusesToAnswerFromBeforeTheRevisionAskedFor) {
  EnforcementTestWorld world;
  const storage::Revision now = world.engine.revision();
  auto check = [&](storage::Revision min_revision) {
    return world.logins.Check(ParseEmail("eve@acme.test"), LoginAction::kSignIn, min_revision,
                              [](const LoginAnswer&, storage::Revision) {});
  };
  EXPECT_TRUE(check(now).ok());
  EXPECT_EQ(ReasonOf(check(now + 1)), reason::kRevisionNotReached);
}

TEST(CheckLogin, LetsNoAnswerOutliveAnExemption) {
  EnforcementTestWorld world;
  world.acme.Enforce("acme.test")
      .Exempt(world.eve, ExemptionKind::kBreakGlass, world.clock.Now() + absl::Seconds(10));
  absl::Duration ttl;
  ASSERT_TRUE(
      world.logins
          .Check(ParseEmail("eve@acme.test"), LoginAction::kSignIn, 0,
                 [&](const LoginAnswer& answer, storage::Revision) { ttl = answer.cache_ttl; })
          .ok());
  EXPECT_EQ(ttl, absl::Seconds(10));
}

TEST(PlanEnforcement, WarnsOfSettingsThatWaitForAConnectionTest) {
  EnforcementTestWorld world;
  auto plan = world.enforcements.Plan(world.Command(), 0);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(WarningsOf(plan->effect), Not(Contains("SETTINGS_STAGED")));
  world.EditProfile("idp", [](SsoProfile& profile) {
    profile.staged = StagedSettings{.saml = profile.saml, .stage_time = profile.create_time};
  });
  plan = world.enforcements.Plan(world.Command(), 0);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_THAT(WarningsOf(plan->effect), Contains("SETTINGS_STAGED"));
}

TEST(DeleteExemption, KeepsTheLastWayIn) {
  EnforcementTestWorld world;
  ASSERT_TRUE(world.enforcements.Enforce(TestCaller(), world.Command(), "").ok());
  EXPECT_EQ(ReasonOf(world.exemptions.Delete(TestCaller(), world.acme.id(), world.boss.id)),
            reason::kWouldLockOut);
  EXPECT_EQ(world.Check("boss@acme.test").verdict, Verdict::kAllowPassword);
  ASSERT_TRUE(world.exemptions
                  .Create(TestCaller(), {.organization = world.acme.id(),
                                         .user = world.eve.id,
                                         .kind = ExemptionKind::kBreakGlass,
                                         .reason = "the safe"})
                  .ok());
  EXPECT_TRUE(world.exemptions.Delete(TestCaller(), world.acme.id(), world.boss.id).ok());
  EXPECT_EQ(world.Check("boss@acme.test").verdict, Verdict::kRequireSso);
}

TEST(CreateExemption, RefusesBadInput) {
  EnforcementTestWorld world;
  ExemptionManager::CreateCommand good{
      .organization = world.acme.id(), .user = world.eve.id, .reason = "the safe"};
  auto with = [&](auto edit) {
    ExemptionManager::CreateCommand command = good;
    edit(command);
    return world.exemptions.Create(TestCaller(), command).status().code();
  };
  using absl::StatusCode;
  EXPECT_EQ(with([](auto& c) { c.kind = ExemptionKind::kTriggeringAdmin; }),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(with([](auto& c) { c.reason = ""; }), StatusCode::kInvalidArgument);
  EXPECT_EQ(with([](auto& c) { c.reason = std::string(1001, 'n'); }), StatusCode::kInvalidArgument);
  EXPECT_EQ(with([](auto& c) { c.reason = "two\nlines"; }), StatusCode::kInvalidArgument);
  EXPECT_EQ(with([&](auto& c) { c.expire_time = world.clock.Now(); }),
            StatusCode::kInvalidArgument);
  EXPECT_EQ(with([](auto& c) { c.user = UserId::FromTrusted("nobody"); }), StatusCode::kNotFound);
  EXPECT_EQ(with([](auto&) {}), StatusCode::kOk);
  EXPECT_EQ(with([](auto&) {}), StatusCode::kAlreadyExists);
}

}  // namespace
}  // namespace gatehouse
