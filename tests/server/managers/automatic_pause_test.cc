// Sign-ins counted for an enforcement, and what pauses it by itself.
#include "policy/automatic_pause.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/stores/audit_trail.h"
#include "tests/server/managers/login_report_test_world.h"

namespace gatehouse {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// LoginReportTestWorld with twenty more users, u0@acme.test and so on.
struct PauseTestWorld : LoginReportTestWorld {
  PauseTestWorld() {
    for (int i = 0; i < 20; ++i) users.push_back(acme.Add({.email = Address(i)}));
  }
  static std::string Address(int i) { return absl::StrCat("u", i, "@acme.test"); }

  std::vector<storage::AuditEvent> EventsOf(AuditEventKind kind) const {
    std::vector<storage::AuditEvent> events;
    storage::SnapshotReader reader = Reader();
    const absl::Status scanned = storage::AuditTrail::Scan(
        reader, acme.id(), 1, [&](storage::AuditEvent event) -> absl::StatusOr<bool> {
          if (event.kind == kind) events.push_back(std::move(event));
          return true;
        });
    EXPECT_TRUE(scanned.ok()) << scanned;
    return events;
  }

  std::vector<User> users;
};

TEST(AutomaticPause, PausesAtTheThresholdAndSaysWhy) {
  PauseTestWorld world;
  world.PauseAfter(3, 50);
  world.Succeed(world.Address(0));
  world.Fail(world.Address(1));
  world.Fail(world.Address(2));
  EXPECT_FALSE(world.StoredEnforcement().pause.has_value());

  world.clock.Advance(absl::Minutes(5));
  LoginReport last = world.Sso(world.Address(3), LoginOutcome::kFailed);
  last.failure_reason = "the IdP answered 503";
  world.Report(last);
  const std::optional<Pause> pause = world.StoredEnforcement().pause;
  ASSERT_TRUE(pause.has_value());
  EXPECT_TRUE(pause->automatic);
  EXPECT_EQ(pause->time, world.clock.Now());
  EXPECT_EQ(pause->actor, "system/automatic-pause");
  EXPECT_THAT(pause->reason, HasSubstr("SSO failed in 3 of 4 sign-ins"));
  EXPECT_THAT(pause->reason, HasSubstr("the IdP answered 503"));
}

TEST(AutomaticPause, LetsOnlyUsersWithoutAProofBackIn) {
  PauseTestWorld world;
  world.PauseAfter(2, 50);
  world.Succeed("eve@acme.test");
  world.Fail(world.Address(1));
  world.Fail(world.Address(2));
  EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kRequireSso);
  const Decision unproven = world.Check(world.Address(5));
  EXPECT_EQ(unproven.verdict, Verdict::kAllowPassword);
  EXPECT_EQ(unproven.reason, DecisionReason::kEnforcementPaused);
}

TEST(AutomaticPause, IsAuditedAsAKindOfItsOwnByTheSameCommit) {
  PauseTestWorld world;
  world.PauseAfter(1, 100);
  const storage::Revision revision = world.Fail(world.Address(1));
  const auto events = world.EventsOf(AuditEventKind::kAutomaticPause);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].revision, revision);
  EXPECT_EQ(events[0].resource, "organizations/acme/enforcements/acme.test");
  EXPECT_EQ(events[0].principal, TestCaller().principal.name) << "whose report it was";
  EXPECT_THAT(events[0].description, HasSubstr("1 of 1"));
}

TEST(AutomaticPause, IsOffUnlessAskedFor) {
  PauseTestWorld world;
  for (int i = 0; i < 20; ++i) world.Fail(world.Address(i));
  EXPECT_FALSE(world.StoredEnforcement().pause.has_value());
  EXPECT_EQ(world.Counts().sso_failures, 20) << "counted for the report all the same";
}

TEST(AutomaticPause, NeedsBothTheNumberAndTheShare) {
  PauseTestWorld world;
  world.PauseAfter(3, 40);
  for (int i = 0; i < 6; ++i) world.Succeed(world.Address(i));
  for (int i = 6; i < 9; ++i) world.Fail(world.Address(i));
  EXPECT_FALSE(world.StoredEnforcement().pause.has_value()) << "3 of 9 is a third";
  world.Fail(world.Address(9));
  EXPECT_TRUE(world.StoredEnforcement().pause.has_value()) << "4 of 10";
}

TEST(AutomaticPause, EndsWithItsWindow) {
  PauseTestWorld world;
  world.PauseAfter(2, 1, absl::Hours(2));
  world.Fail(world.Address(0));
  world.clock.Advance(absl::Hours(2));
  for (int i = 1; i < 9; ++i) world.Fail(world.Address(i));
  EXPECT_FALSE(world.StoredEnforcement().pause.has_value());

  world.PauseAfter(2, 1, absl::Hours(2));
  world.clock.Advance(absl::Hours(2) - absl::Microseconds(1));
  world.Fail(world.Address(10));
  world.Fail(world.Address(11));
  EXPECT_TRUE(world.StoredEnforcement().pause.has_value());
}

TEST(AutomaticPause, CountsAnewAfterEachChange) {
  PauseTestWorld world;
  world.PauseAfter(3, 100);
  world.Fail(world.Address(0));
  world.Fail(world.Address(1));
  world.clock.Advance(absl::Minutes(1));
  world.EditProfile("idp", [&](SsoProfile& profile) { profile.update_time = world.clock.Now(); });
  world.Fail(world.Address(2));
  EXPECT_EQ(world.Counts().sso_failures, 1);
  world.clock.Advance(absl::Minutes(1));
  world.EditEnforcement([](Enforcement&) {});
  // A failure from before the change does not silence one within the same hour.
  world.Fail(world.Address(2));
  EXPECT_EQ(world.Counts().sso_failures, 1);
  EXPECT_FALSE(world.StoredEnforcement().pause.has_value());
}

TEST(AutomaticPause, OneUserCannotBringItAboutAlone) {
  PauseTestWorld world;
  world.PauseAfter(2, 1);
  for (int i = 0; i < 50; ++i) {
    world.Fail("eve@acme.test");
    world.clock.Advance(absl::Minutes(1));
  }
  EXPECT_FALSE(world.StoredEnforcement().pause.has_value());
  EXPECT_EQ(world.Counts().sso_failures, 1);
}

TEST(AutomaticPause, StrangersCannotBringItAbout) {
  PauseTestWorld world;
  world.PauseAfter(1, 1);
  world.acme.Add({.email = "sus@acme.test", .suspended = true});
  world.acme.Add({.email = "ind@acme.test", .claimed = false});
  world.PassTest("second");
  world.Fail("nobody@acme.test");
  world.Fail("sus@acme.test");
  world.Fail("ind@acme.test");
  world.Report(world.Sso("eve@acme.test", LoginOutcome::kFailed, "second"));
  EXPECT_FALSE(world.StoredEnforcement().pause.has_value());
}

TEST(AutomaticPause, DoesNotPauseWhatOnlyObserves) {
  PauseTestWorld world;
  world.PauseAfter(1, 1);
  world.EditEnforcement([](Enforcement& e) { e.mode = EnforcementMode::kObserve; });
  world.Fail(world.Address(1));
  EXPECT_FALSE(world.StoredEnforcement().pause.has_value());
  EXPECT_EQ(world.Counts().sso_failures, 1);
}

TEST(AutomaticPause, KeepsThePauseThatSomebodyMade) {
  PauseTestWorld world;
  world.PauseAfter(1, 1);
  const Pause manual{.time = world.clock.Now(), .reason = "IdP moves", .actor = "somebody"};
  world.EditEnforcement([&](Enforcement& e) { e.pause = manual; });
  world.Fail(world.Address(1));
  EXPECT_EQ(world.StoredEnforcement().pause, manual);
}

TEST(AutomaticPause, CountsConcurrentReportsExactly) {
  PauseTestWorld world;
  world.PauseAfter(20, 100);
  std::vector<std::thread> gateways;
  for (int gateway = 0; gateway < 4; ++gateway) {
    gateways.emplace_back([&world] {
      for (int i = 0; i < 20; ++i) world.Fail(world.Address(i));
    });
  }
  for (std::thread& gateway : gateways) gateway.join();
  EXPECT_EQ(world.Counts().sso_failures, 20) << "each user once, whoever reported it";
  EXPECT_TRUE(world.StoredEnforcement().pause.has_value());
  EXPECT_EQ(world.EventsOf(AuditEventKind::kAutomaticPause).size(), 1u);
}

TEST(BreakGlassUse, IsAnEventOfItsOwnEachTime) {
  PauseTestWorld world;
  world.acme.Exempt(world.eve, ExemptionKind::kBreakGlass);
  const size_t changes = world.EventsOf(AuditEventKind::kChange).size();
  const storage::Revision first = world.Report(world.Password("eve@acme.test"));
  const storage::Revision second = world.Report(world.Password("eve@acme.test"));
  const auto events = world.EventsOf(AuditEventKind::kBreakGlassUse);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].revision, first);
  EXPECT_EQ(events[1].revision, second);
  EXPECT_EQ(events[1].resource,
            absl::StrCat("organizations/acme/exemptions/", world.eve.id.value()));
  EXPECT_THAT(events[1].description, HasSubstr("use 2"));
  EXPECT_EQ(world.EventsOf(AuditEventKind::kChange).size(), changes) << "bookkeeping is no change";
}

TEST(BreakGlassUse, OfAServiceAccountIsNone) {
  PauseTestWorld world;
  world.acme.Exempt(world.eve, ExemptionKind::kServiceAccount);
  world.Report(world.Password("eve@acme.test"));
  EXPECT_THAT(world.EventsOf(AuditEventKind::kBreakGlassUse), IsEmpty());
}

TEST(CountedSince, IsTheLastMomentThatSomethingChangedForUsers) {
  const absl::Time day = absl::FromUnixSeconds(1'700'000'000);
  Enforcement enforcement{.change_time = day};
  SsoProfile profile;
  profile.update_time = day - absl::Hours(1);
  const absl::Time now = day + absl::Hours(10);
  EXPECT_EQ(CountedSince(enforcement, profile, now), day);
  profile.update_time = day + absl::Hours(1);
  EXPECT_EQ(CountedSince(enforcement, profile, now), profile.update_time);
  enforcement.rollout.start_time = day + absl::Hours(2);
  EXPECT_EQ(CountedSince(enforcement, profile, now), enforcement.rollout.start_time);
  enforcement.rollout.proof_deadline = day + absl::Hours(3);
  EXPECT_EQ(CountedSince(enforcement, profile, now), enforcement.rollout.proof_deadline);
  enforcement.rollout.start_time = enforcement.rollout.proof_deadline = now + absl::Seconds(1);
  EXPECT_EQ(CountedSince(enforcement, profile, now), profile.update_time) << "neither has come";
}

}  // namespace
}  // namespace gatehouse
