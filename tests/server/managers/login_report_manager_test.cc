#include "server/managers/login_report_manager.h"

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
using ::testing::Key;
using ::testing::SizeIs;

TEST(ReportLogin, ProvesASignInThroughTheProfile) {
  LoginReportTestWorld world;
  const absl::Time now = world.clock.Now();
  const storage::Revision revision = world.Succeed("eve@acme.test");
  EXPECT_EQ(revision, world.LatestRevision());
  const LoginActivity activity = world.ActivityOf(world.eve);
  EXPECT_EQ(activity.last_sign_in_time, now);
  EXPECT_EQ(activity.last_sso_sign_in_time, now);
  EXPECT_EQ(activity.last_sso_profile.value(), "idp");
  EXPECT_EQ(activity.proofs.at(SsoProfileId::FromTrusted("idp")), now);
}

TEST(ReportLogin, KeepsTheFirstProofThroughEachProfile) {
  LoginReportTestWorld world;
  world.PassTest("second");
  const absl::Time first = world.clock.Now();
  world.Succeed("eve@acme.test");
  world.clock.Advance(absl::Hours(5));
  world.Succeed("eve@acme.test");
  world.Report(world.Sso("eve@acme.test", LoginOutcome::kSucceeded, "second"));
  const LoginActivity activity = world.ActivityOf(world.eve);
  EXPECT_THAT(activity.proofs, ElementsAre(Key(SsoProfileId::FromTrusted("idp")),
                                           Key(SsoProfileId::FromTrusted("second"))));
  EXPECT_EQ(activity.proofs.at(SsoProfileId::FromTrusted("idp")), first);
  EXPECT_EQ(activity.last_sso_profile.value(), "second");
}

TEST(ReportLogin, KeepsTheNewestProofsOnly) {
  LoginReportTestWorld world;
  for (int i = 0; i < LoginActivity::kMaxProofs + 2; ++i) {
    const std::string id = absl::StrCat("profile-", i);
    world.PassTest(id);
    world.Report(world.Sso("eve@acme.test", LoginOutcome::kSucceeded, id));
    world.clock.Advance(absl::Seconds(1));
  }
  const LoginActivity activity = world.ActivityOf(world.eve);
  EXPECT_THAT(activity.proofs, SizeIs(LoginActivity::kMaxProofs));
  EXPECT_EQ(activity.proofs.count(SsoProfileId::FromTrusted("profile-1")), 0u);
  EXPECT_EQ(activity.proofs.count(SsoProfileId::FromTrusted("profile-2")), 1u);
}

TEST(ReportLogin, CommitsOnceForAThousandReportsInAnHour) {
  LoginReportTestWorld world;
  const storage::Revision committed = world.Succeed("eve@acme.test");
  for (int i = 1; i < 1000; ++i) {
    world.clock.Advance(absl::Seconds(3));
    EXPECT_EQ(world.Succeed("eve@acme.test"), committed);
  }
  EXPECT_EQ(world.LatestRevision(), committed);
  world.clock.Advance(absl::Hours(1) - absl::Seconds(999 * 3));
  EXPECT_EQ(world.Succeed("eve@acme.test"), committed + 1);
  EXPECT_EQ(world.ActivityOf(world.eve).last_sso_sign_in_time, world.clock.Now());
}

TEST(ReportLogin, ASuccessClearsTheFailureBeforeIt) {
  LoginReportTestWorld world;
  world.Succeed("eve@acme.test");
  world.clock.Advance(absl::Minutes(1));
  world.Fail("eve@acme.test");
  EXPECT_EQ(world.ActivityOf(world.eve).last_sso_failure_time, world.clock.Now());
  const storage::Revision failed = world.LatestRevision();
  world.Fail("eve@acme.test");
  EXPECT_EQ(world.LatestRevision(), failed) << "twice within the hour";
  world.Succeed("eve@acme.test");
  EXPECT_EQ(world.ActivityOf(world.eve).last_sso_failure_time, absl::InfinitePast());
}

TEST(ReportLogin, KeepsSignInsByOtherMeansApart) {
  LoginReportTestWorld world;
  world.Report(world.Password("eve@acme.test"));
  LoginReport passkey = world.Password("boss@acme.test");
  passkey.method = LoginMethod::kOther;
  world.Report(passkey);
  for (const User& user : {world.eve, world.boss}) {
    const LoginActivity activity = world.ActivityOf(user);
    EXPECT_EQ(activity.last_sign_in_time, world.clock.Now());
    EXPECT_EQ(activity.last_sso_sign_in_time, absl::InfinitePast());
    EXPECT_THAT(activity.proofs, IsEmpty());
  }
}

TEST(ReportLogin, SuspendedAndIndependentUsersProveAndCountNothing) {
  LoginReportTestWorld world;
  const User suspended = world.acme.Add({.email = "sus@acme.test", .suspended = true});
  const User independent = world.acme.Add({.email = "ind@acme.test", .claimed = false});
  for (const User& user : {suspended, independent}) {
    world.Succeed(user.email.Canonical());
    world.Fail(user.email.Canonical());
    const LoginActivity activity = world.ActivityOf(user);
    EXPECT_EQ(activity.last_sso_sign_in_time, world.clock.Now());
    EXPECT_THAT(activity.proofs, IsEmpty());
  }
  EXPECT_EQ(world.Counts().sso_successes, 0);
  EXPECT_EQ(world.Counts().sso_failures, 0);
}

TEST(ReportLogin, ForgetsWhatItCannotAttribute) {
  LoginReportTestWorld world;
  StoredOrganization other(&world.runner, "other");
  other.Hold("gone.test", DomainState::kExpired);
  other.Add({.email = "old@gone.test"});
  const storage::Revision before = world.LatestRevision();

  // Nobody holds the domain.
  EXPECT_EQ(world.Succeed("con@elsewhere.test"), 0u);
  EXPECT_EQ(world.Succeed("old@gone.test"), 0u);
  // Whether the address is known does not show.
  EXPECT_EQ(world.Succeed("nobody@acme.test"), before);
  // Profiles that do not exist, and another organization's of the same id.
  EXPECT_EQ(world.Report(world.Sso("eve@acme.test", LoginOutcome::kSucceeded, "unknown")), before);
  LoginReport foreign = world.Sso("eve@acme.test");
  foreign.profile->organization = other.id();
  EXPECT_EQ(world.Report(foreign), before);

  EXPECT_EQ(world.LatestRevision(), before);
  EXPECT_THAT(world.ActivityOf(world.eve).proofs, IsEmpty());
}

struct BadReport {
  const char* what;
  LoginMethod method;
  LoginOutcome outcome;
  bool has_profile;
  std::string failure_reason;
  const char* field;
};

TEST(ReportLogin, RefusesFieldsThatContradictEachOther) {
  LoginReportTestWorld world;
  const storage::Revision before = world.LatestRevision();
  const std::vector<BadReport> reports = {
      {"SSO without a profile", LoginMethod::kSso, LoginOutcome::kSucceeded, false, "",
       "sso_profile"},
      {"a password with a profile", LoginMethod::kPassword, LoginOutcome::kSucceeded, true, "",
       "sso_profile"},
      {"a wrong password", LoginMethod::kPassword, LoginOutcome::kFailed, false, "", "outcome"},
      {"a failed passkey", LoginMethod::kOther, LoginOutcome::kFailed, false, "", "outcome"},
      {"a success with a reason", LoginMethod::kSso, LoginOutcome::kSucceeded, true, "timeout",
       "failure_reason"},
      {"an address", LoginMethod::kSso, LoginOutcome::kFailed, true, "no eve@acme.test here",
       "failure_reason"},
      {"a long reason", LoginMethod::kSso, LoginOutcome::kFailed, true, std::string(201, 'x'),
       "failure_reason"},
      {"a line break", LoginMethod::kSso, LoginOutcome::kFailed, true, "one\ntwo",
       "failure_reason"},
      {"no UTF-8", LoginMethod::kSso, LoginOutcome::kFailed, true, "\xff", "failure_reason"},
  };
  for (const BadReport& bad : reports) {
    SCOPED_TRACE(bad.what);
    LoginReport report = world.Sso("eve@acme.test", bad.outcome);
    report.method = bad.method;
    if (!bad.has_profile) report.profile.reset();
    report.failure_reason = bad.failure_reason;
    const absl::Status status = world.reports.Report(TestCaller(), report).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    const auto details = DetailsOf(status);
    ASSERT_TRUE(details.has_value());
    ASSERT_THAT(details->field_violations, SizeIs(1));
    EXPECT_EQ(details->field_violations[0].first, bad.field);
  }
  EXPECT_EQ(world.LatestRevision(), before);
}

TEST(ReportLogin, AStoreThatFailsIsAnErrorAndKeepsNothing) {
  LoginReportTestWorld world;
  using Method = storage::FailingEngine::Method;
  for (const Method method : {Method::kNewSnapshot, Method::kSnapshotGet, Method::kCommit}) {
    world.engine.FailAt(method, 1, absl::UnavailableError("disk"));
    const auto revision = world.reports.Report(TestCaller(), world.Sso("eve@acme.test"));
    EXPECT_EQ(revision.status().code(), absl::StatusCode::kUnavailable) << revision.status();
    EXPECT_THAT(world.ActivityOf(world.eve).proofs, IsEmpty());
  }
}

TEST(ExemptionUse, IsCountedEachTimeWhileTheExemptionHolds) {
  LoginReportTestWorld world;
  world.acme.Exempt(world.eve, ExemptionKind::kServiceAccount, world.clock.Now() + absl::Hours(1));
  for (int i = 1; i <= 3; ++i) {
    world.clock.Advance(absl::Minutes(1));
    world.Report(world.Password("eve@acme.test"));
    const LoginActivity activity = world.ActivityOf(world.eve);
    EXPECT_EQ(activity.exemption_use_count, i);
    EXPECT_EQ(activity.last_exemption_use_time, world.clock.Now());
  }
  world.Succeed("eve@acme.test");  // no use of it
  world.clock.Advance(absl::Hours(1));
  world.Report(world.Password("eve@acme.test"));  // it has ended
  EXPECT_EQ(world.ActivityOf(world.eve).exemption_use_count, 3);
}

TEST(ExemptionUse, BeginsAnewWithAnotherExemption) {
  LoginReportTestWorld world;
  const ExemptionManager::CreateCommand create{.organization = world.acme.id(),
                                               .user = world.eve.id,
                                               .kind = ExemptionKind::kServiceAccount,
                                               .reason = "a build"};
  ASSERT_TRUE(world.exemptions.Create(TestCaller(), create).ok());
  world.Report(world.Password("eve@acme.test"));
  world.Report(world.Password("eve@acme.test"));
  auto list = world.exemptions.List(world.acme.id(), {});
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->items.at(0).use_count, 2);
  EXPECT_EQ(list->items.at(0).last_use_time, world.clock.Now());

  ASSERT_TRUE(world.exemptions.Delete(TestCaller(), world.acme.id(), world.eve.id).ok());
  world.clock.Advance(absl::Seconds(1));
  const auto again = world.exemptions.Create(TestCaller(), create);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->use_count, 0);
  EXPECT_EQ(again->last_use_time, absl::InfinitePast());
  world.Report(world.Password("eve@acme.test"));
  list = world.exemptions.List(world.acme.id(), {});
  EXPECT_EQ(list->items.at(0).use_count, 1);
}

TEST(ExemptionUse, OfASuspendedUserIsNone) {
  LoginReportTestWorld world;
  const User user = world.acme.Add({.email = "sus@acme.test", .suspended = true});
  world.acme.Exempt(user, ExemptionKind::kBreakGlass);
  world.Report(world.Password("sus@acme.test"));
  EXPECT_EQ(world.ActivityOf(user).exemption_use_count, 0);
}

}  // namespace
}  // namespace gatehouse
