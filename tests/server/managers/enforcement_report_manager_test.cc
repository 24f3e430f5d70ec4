#include "server/managers/enforcement_report_manager.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/errors.h"
#include "tests/server/managers/login_report_test_world.h"

namespace gatehouse {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct ReportTestWorld : LoginReportTestWorld {
  DecisionCounters counters{context};
  EnforcementReportManager enforcement_reports{context, &counters};

  EnforcementReport Get(const PageRequest& page = {}) {
    auto report = enforcement_reports.Report(acme.id(), ParseDomain("acme.test"), page);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *std::move(report) : EnforcementReport();
  }
  std::vector<std::string> Refused(const PageRequest& page = {}) {
    std::vector<std::string> addresses;
    for (const UserView& view : Get(page).refused.items) {
      addresses.push_back(view.user->email.Canonical());
    }
    return addresses;
  }
};

TEST(EnforcementReport, ShowsWhoIsRefusedAPasswordByAddress) {
  ReportTestWorld world;
  world.acme.Exempt(world.boss, ExemptionKind::kTriggeringAdmin);
  world.acme.Add({.email = "ann@acme.test"});
  world.acme.Add({.email = "ind@acme.test", .claimed = false});
  world.acme.Add({.email = "sus@acme.test", .suspended = true});
  EXPECT_THAT(world.Refused(), ElementsAre("ann@acme.test", "eve@acme.test"));
}

TEST(EnforcementReport, ShowsWhomObserveWouldRefuseAndWhenTheyLastSignedIn) {
  ReportTestWorld world;
  world.EditEnforcement([](Enforcement& e) { e.mode = EnforcementMode::kObserve; });
  world.acme.Exempt(world.boss, ExemptionKind::kTriggeringAdmin);
  world.Report(world.Password("eve@acme.test"));
  const EnforcementReport report = world.Get();
  ASSERT_EQ(report.refused.items.size(), 1u);
  const UserView& eve = report.refused.items[0];
  EXPECT_EQ(eve.user->id, world.eve.id);
  EXPECT_EQ(eve.decision.reason, DecisionReason::kEnforced);
  ASSERT_TRUE(eve.activity.has_value());
  EXPECT_EQ(eve.activity->last_sign_in_time, world.clock.Now());
  EXPECT_EQ(eve.activity->last_sso_sign_in_time, absl::InfinitePast());
}

TEST(EnforcementReport, LeavesOutWhomTheRolloutDoesNotCoverYet) {
  ReportTestWorld world;
  world.EditEnforcement([](Enforcement& e) { e.rollout.require_proof = true; });
  EXPECT_THAT(world.Refused(), IsEmpty());
  world.Succeed("eve@acme.test");
  EXPECT_THAT(world.Refused(), ElementsAre("eve@acme.test"));
}

TEST(EnforcementReport, GoesOnWhereThePageBeforeEnded) {
  ReportTestWorld world;
  for (int i = 0; i < 5; ++i) world.acme.Add({.email = absl::StrCat("u", i, "@acme.test")});
  std::vector<std::string> all;
  PageRequest page{.size = 2};
  do {
    const EnforcementReport report = world.Get(page);
    EXPECT_LE(report.refused.items.size(), 2u);
    for (const UserView& view : report.refused.items) {
      all.push_back(view.user->email.Canonical());
    }
    page.after = report.refused.next;
  } while (!page.after.empty());
  EXPECT_THAT(all, ElementsAre("boss@acme.test", "eve@acme.test", "u0@acme.test", "u1@acme.test",
                               "u2@acme.test", "u3@acme.test", "u4@acme.test"));
}

TEST(EnforcementReport, CountsSignInsSinceTheLastChange) {
  ReportTestWorld world;
  world.Succeed("eve@acme.test");
  world.Fail("boss@acme.test");
  EXPECT_EQ(world.Get().sso.successes, 1);
  EXPECT_EQ(world.Get().sso.failures, 1);
  world.clock.Advance(absl::Seconds(1));
  world.EditEnforcement([](Enforcement&) {});
  EXPECT_EQ(world.Get().sso.successes, 0);
  EXPECT_EQ(world.Get().sso.failures, 0);
}

TEST(EnforcementReport, ShowsDecisionsThatAreNotYetInTheStore) {
  ReportTestWorld world;
  const Decision decision = world.Check("eve@acme.test");
  world.counters.Count(world.StoredEnforcement(), decision);
  ASSERT_EQ(world.Get().decisions.size(), 1u);
  EXPECT_EQ(world.Get().decisions[0].reason, DecisionReason::kEnforced);
  EXPECT_EQ(world.Get().decisions[0].count, 1);
}

TEST(EnforcementReport, OfADomainThatIsNotEnforcedIsNotFound) {
  ReportTestWorld world;
  world.acme.Hold("free.test");
  for (const char* domain : {"free.test", "unknown.test"}) {
    const auto report = world.enforcement_reports.Report(world.acme.id(), ParseDomain(domain), {});
    EXPECT_EQ(report.status().code(), absl::StatusCode::kNotFound) << report.status();
    EXPECT_EQ(ReasonOf(report.status()), reason::kResourceNotFound);
  }
}

}  // namespace
}  // namespace gatehouse
