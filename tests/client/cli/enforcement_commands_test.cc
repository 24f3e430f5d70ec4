// enforcement and exemption.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "gatehouse/v1/enforcement_service.pb.h"
#include "policy/errors.h"
#include "tests/client/cli/cli_runner.h"

namespace gatehouse::cli {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class EnforcementTest : public testing::Test {
 protected:
  EnforcementTest() {
    v1::User& admin = cli.server.users.emplace_back();
    admin.set_name("organizations/acme/users/u1");
    admin.set_email("root@acme.example");
    admin.set_role(v1::User::ROLE_OWNER);
    admin.set_sso_status_reason(v1::DECISION_REASON_EXEMPT_TRIGGERING_ADMIN);

    v1::EnforcementPlan& plan = cli.server.plan;
    plan.set_ready(true);
    plan.set_covered_count(1204);
    v1::User& covered = *plan.add_covered_users();
    covered.set_email("alice@acme.example");
    covered.set_display_name("Alice");
    covered.set_role(v1::User::ROLE_MEMBER);
    covered.set_sso_status_reason(v1::DECISION_REASON_ENFORCED);
    plan.set_exempt_count(1);
    *plan.add_exempt_users() = admin;
    plan.set_plan_token("token-1");
    plan.set_revision(41);

    v1::EnforceDomainsResponse& enforced = cli.server.enforced;
    enforced.set_covered_count(1204);
    enforced.set_exempt_count(1);
    enforced.mutable_triggering_admin_exemption()->set_email("root@acme.example");
    enforced.set_revision(42);
  }

  const std::string options =
      " acme.example --org acme --profile okta --acting-admin root@acme.example";
  CliRunner cli;
};

TEST_F(EnforcementTest, PlanIsShownToPeople) {
  v1::EnforcementPlan::Issue& warning = *cli.server.plan.add_warnings();
  warning.set_reason("NO_BREAK_GLASS");
  warning.set_subject("organizations/acme");
  warning.set_description("Nobody keeps a way in.");
  const CliResult result = cli.Run("enforcement plan" + options);
  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.err;
  EXPECT_EQ(
      result.out,
      "Plan: Enforce SSO on acme.example through okta of acme\n"
      "\n"
      "  USERS     COUNT  WHAT HAPPENS\n"
      "  covered   1,204  must sign in through SSO\n"
      "  exempt        1  keep their password, by an exemption\n"
      "  left out      0  keep their password: independent users are never enforced\n"
      "\n"
      "Covered (the first 1 of 1,204)\n"
      "  EMAIL               DISPLAY NAME  ROLE    BECAUSE\n"
      "  alice@acme.example  Alice         member  enforced\n"
      "\n"
      "Exempt\n"
      "  EMAIL              DISPLAY NAME  ROLE   BECAUSE\n"
      "  root@acme.example  -             owner  exempt-triggering-admin\n"
      "\n"
      "Warnings\n"
      "  NO_BREAK_GLASS  organizations/acme\n"
      "      Nobody keeps a way in.\n"
      "      next: gatehouse exemption create ADMIN --org acme --kind break-glass --reason WHY\n"
      "\n"
      "Ready at revision 41.\n");
}

TEST_F(EnforcementTest, PlanSendsEveryOption) {
  EXPECT_EQ(cli.Run("enforcement plan bücher.example" + options +
                    " --mode observe --unmanaged-users require-sso --exemption-expires 30d "
                    "--page-size 7")
                .exit_code,
            ExitCode::kOk);
  const auto request = cli.server.Last<v1::PlanEnforcementRequest>();
  EXPECT_EQ(request.parent(), "organizations/acme");
  EXPECT_THAT(request.domains(), ElementsAre("xn--bcher-kva.example", "acme.example"));
  EXPECT_EQ(request.sso_profile(), "organizations/acme/ssoProfiles/okta");
  EXPECT_EQ(request.acting_admin(), "organizations/acme/users/u1");
  EXPECT_EQ(request.mode(), v1::Enforcement::MODE_OBSERVE);
  EXPECT_EQ(request.unmanaged_users(), v1::Enforcement::UNMANAGED_USERS_REQUIRE_SSO);
  EXPECT_EQ(request.exemption_expire_time().seconds(), 1'780'000'000 + 30 * 86400);
  EXPECT_EQ(request.page_size(), 7);
}

TEST_F(EnforcementTest, PlanSendsEveryOptionOfARollout) {
  const CliResult result =
      cli.Run("enforcement plan" + options +
              " --match-subdomains --start 7d --percent 10 --user root@acme.example --user u7 "
              "--require-proof --proof-deadline 30d --pause-after-failures 20 "
              "--pause-failure-percent 40 --pause-window 2h --on-unavailable deny");
  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, StartsWith("Plan: Enforce SSO on acme.example through okta of acme; "
                                     "subdomains, too\n"
                                     "      from 2026-06-04T20:26:40Z\n"
                                     "      for 10 % of addresses\n"
                                     "      and for 2 users by name\n"
                                     "      for who has signed in through SSO once, and for "
                                     "everybody from 2026-06-27T20:26:40Z\n"
                                     "      paused by itself after 20 failed sign-ins, if they are "
                                     "40 % of all\n"
                                     "\n"));
  EXPECT_THAT(result.out, HasSubstr("must sign in through SSO, when the rollout is complete\n"));
  const auto request = cli.server.Last<v1::PlanEnforcementRequest>();
  EXPECT_TRUE(request.match_subdomains());
  EXPECT_EQ(request.on_unavailable(), v1::Enforcement::UNAVAILABLE_POLICY_DENY);
  const v1::Rollout& rollout = request.rollout();
  EXPECT_EQ(rollout.start_time().seconds(), 1'780'000'000 + 7 * 86400);
  EXPECT_EQ(rollout.percent(), 10);
  EXPECT_THAT(rollout.users(),
              ElementsAre("organizations/acme/users/u1", "organizations/acme/users/u7"));
  EXPECT_TRUE(rollout.require_proof());
  EXPECT_EQ(rollout.proof_deadline().seconds(), 1'780'000'000 + 30 * 86400);
  EXPECT_EQ(rollout.automatic_pause().min_failures(), 20);
  EXPECT_EQ(rollout.automatic_pause().failure_percent(), 40);
  EXPECT_EQ(rollout.automatic_pause().window().seconds(), 7200);
}

TEST_F(EnforcementTest, PlanOfNoStepsSendsNoRollout) {
  EXPECT_EQ(cli.Run("enforcement plan" + options).exit_code, ExitCode::kOk);
  EXPECT_FALSE(cli.server.Last<v1::PlanEnforcementRequest>().has_rollout());
  EXPECT_EQ(cli.Run("enforcement plan" + options + " --pause-window 2h").exit_code,
            ExitCode::kUsage);
  EXPECT_EQ(cli.Run("enforcement plan" + options + " --percent 0").exit_code, ExitCode::kUsage);
}

TEST_F(EnforcementTest, TheActingAdminMayBeTheTokens) {
  EXPECT_EQ(cli.Run("enforcement plan acme.example --org acme --profile okta").exit_code,
            ExitCode::kOk);
  EXPECT_EQ(cli.server.Last<v1::PlanEnforcementRequest>().acting_admin(), "");
}

TEST_F(EnforcementTest, EnforceSendsTheRolloutThatWasPlanned) {
  EXPECT_EQ(cli.Run("enforcement enforce --yes --start 7d --user u7 --match-subdomains "
                    "--on-unavailable allow-password" +
                    options)
                .exit_code,
            ExitCode::kOk);
  const auto planned = cli.server.Last<v1::PlanEnforcementRequest>();
  const auto request = cli.server.Last<v1::EnforceDomainsRequest>();
  EXPECT_TRUE(request.has_rollout());
  EXPECT_EQ(request.rollout().SerializeAsString(), planned.rollout().SerializeAsString());
  EXPECT_TRUE(request.match_subdomains());
  EXPECT_EQ(request.on_unavailable(), v1::Enforcement::UNAVAILABLE_POLICY_ALLOW_PASSWORD);
}

TEST_F(EnforcementTest, IsPausedAndResumed) {
  v1::Enforcement& enforcement = cli.server.enforcements.emplace_back();
  enforcement.set_name("organizations/acme/enforcements/acme.example");
  enforcement.set_domain("acme.example");
  enforcement.mutable_rollout()->set_percent(10);
  enforcement.mutable_pause()->set_reason("the IdP is down");
  enforcement.mutable_pause()->set_actor("organizations/acme/users/u1");
  *enforcement.mutable_pause()->mutable_pause_time() = TimeAgo(absl::Hours(3));
  const CliResult result =
      cli.Run({"enforcement", "pause", "acme.example", "--org", "acme", "--reason", "IdP down"});
  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.err;
  EXPECT_EQ(cli.server.Last<v1::PauseEnforcementRequest>().name(), enforcement.name());
  EXPECT_EQ(cli.server.Last<v1::PauseEnforcementRequest>().reason(), "IdP down");
  EXPECT_THAT(result.out, HasSubstr("rollout         for 10 % of addresses\n"
                                    "paused          2026-05-28T17:26:40Z (3 hours ago)\n"
                                    "paused by       organizations/acme/users/u1\n"
                                    "paused because  the IdP is down\n"));
  EXPECT_THAT(cli.Run("enforcement list --org acme").out, HasSubstr("paused"));
  EXPECT_EQ(cli.Run("enforcement pause acme.example --org acme").exit_code, ExitCode::kUsage);

  EXPECT_EQ(cli.Run({"enforcement", "resume", enforcement.name()}).exit_code, ExitCode::kOk);
  EXPECT_EQ(cli.server.Last<v1::ResumeEnforcementRequest>().name(), enforcement.name());
}

TEST_F(EnforcementTest, PlanTakesFullNames) {
  EXPECT_EQ(
      cli.Run("enforcement plan organizations/acme/domains/acme.example --profile "
              "organizations/acme/ssoProfiles/okta --acting-admin organizations/acme/users/u1")
          .exit_code,
      ExitCode::kOk);
  EXPECT_THAT(cli.server.Last<v1::PlanEnforcementRequest>().domains(), ElementsAre("acme.example"));
  EXPECT_EQ(cli.Run("enforcement plan organizations/other/domains/b.example" + options).exit_code,
            ExitCode::kUsage);  // two organizations
}

class BlockedEnforcementTest : public EnforcementTest {
 protected:
  BlockedEnforcementTest() {
    cli.server.plan.set_ready(false);
    v1::EnforcementPlan::Issue& issue = *cli.server.plan.add_blocking();
    issue.set_reason("CONNECTION_TEST_REQUIRED");
    issue.set_subject("organizations/acme/ssoProfiles/okta");
    issue.set_description("The profile has not passed a connection test.");
  }
};

TEST_F(BlockedEnforcementTest, PlanSaysWhatToDo) {
  const CliResult result = cli.Run("enforcement plan" + options);
  EXPECT_EQ(result.exit_code, ExitCode::kRefused);
  EXPECT_THAT(result.out,
              HasSubstr("Blocking\n"
                        "  CONNECTION_TEST_REQUIRED  organizations/acme/ssoProfiles/okta\n"
                        "      The profile has not passed a connection test.\n"
                        "      next: gatehouse test start organizations/acme/ssoProfiles/okta\n"
                        "\n"
                        "Blocked for 1 reason, at revision 41.\n"));
}

TEST_F(BlockedEnforcementTest, EnforceStopsAtThePlan) {
  const CliResult result = cli.Run("enforcement enforce --yes" + options);
  EXPECT_EQ(result.exit_code, ExitCode::kRefused);
  EXPECT_THAT(result.err, HasSubstr("nothing was changed"));
  EXPECT_THAT(cli.server.Calls(), ElementsAre("LookupUserRequest", "PlanEnforcementRequest"));
}

TEST_F(EnforcementTest, EnforceIsBoundToThePlanThatWasShown) {
  const CliResult result =
      cli.Run("enforcement enforce --yes --mode observe --exemption-expires 1d" + options);
  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, StartsWith("Plan: Observe (decide and count, block nobody) acme.example "
                                     "through okta of acme\n"));
  EXPECT_THAT(result.out, EndsWith("\nDone at revision 42: 1,204 covered, 1 exempt, 0 left out.\n"
                                   "Exempt as the triggering admin: root@acme.example\n"));
  EXPECT_EQ(result.err, "next: see a decision: gatehouse check EMAIL --min-revision 42\n");
  const auto planned = cli.server.Last<v1::PlanEnforcementRequest>();
  const auto request = cli.server.Last<v1::EnforceDomainsRequest>();
  EXPECT_EQ(request.plan_token(), "token-1");
  EXPECT_EQ(request.parent(), planned.parent());
  EXPECT_THAT(request.domains(), ElementsAre("acme.example"));
  EXPECT_EQ(request.sso_profile(), planned.sso_profile());
  EXPECT_EQ(request.acting_admin(), planned.acting_admin());
  EXPECT_EQ(request.mode(), v1::Enforcement::MODE_OBSERVE);
  EXPECT_EQ(request.exemption_expire_time().seconds(), planned.exemption_expire_time().seconds());
}

TEST_F(EnforcementTest, EnforceAsksOnATerminal) {
  cli.terminal = true;
  for (const char* answer : {"n\n", "\n", "", "maybe\n"}) {
    cli.input = answer;
    const CliResult result = cli.Run("enforcement enforce" + options);
    EXPECT_EQ(result.exit_code, ExitCode::kFailed) << answer;
    EXPECT_THAT(result.err, HasSubstr("Enforce this? [y/N] ")) << answer;
    EXPECT_THAT(result.err, EndsWith("nothing was changed\n")) << answer;
    EXPECT_THAT(cli.server.Calls(), Not(testing::Contains("EnforceDomainsRequest"))) << answer;
  }
  cli.input = "Y\n";
  EXPECT_EQ(cli.Run("enforcement enforce" + options).exit_code, ExitCode::kOk);
  EXPECT_EQ(cli.server.Last<v1::EnforceDomainsRequest>().plan_token(), "token-1");
}

TEST_F(EnforcementTest, EnforceRefusesWhereNobodyCanBeAsked) {
  const CliResult result = cli.Run("enforcement enforce" + options);
  EXPECT_EQ(result.exit_code, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("--yes"));
  EXPECT_EQ(cli.server.CallCount(), 0u);
}

TEST_F(EnforcementTest, EnforceForProgramsPrintsOneDocument) {
  const CliResult result = cli.Run("enforcement enforce --yes -o json" + options);
  EXPECT_THAT(result.out, StartsWith("{\n"));
  EXPECT_THAT(result.out, HasSubstr("\"revision\": \"42\""));
  EXPECT_THAT(result.out, Not(HasSubstr("Plan:")));
  EXPECT_THAT(result.err, StartsWith("Plan: "));
}

TEST_F(EnforcementTest, AnOutdatedPlanIsRefusedWithAdvice) {
  cli.server.FailNext(absl::OkStatus());  // LookupUser
  cli.server.FailNext(absl::OkStatus());  // PlanEnforcement
  cli.server.FailNext(
      Error(absl::StatusCode::kAborted, reason::kPlanOutdated, "users have changed since"));
  const CliResult result = cli.Run("enforcement enforce --yes" + options);
  EXPECT_EQ(result.exit_code, ExitCode::kRefused);
  EXPECT_THAT(result.err, HasSubstr("reason: PLAN_OUTDATED (ABORTED)\n"
                                    "next: run the command again and look at the new plan\n"));
}

TEST_F(EnforcementTest, ReleaseTakesTheNameThatAnErrorShows) {
  for (const char* name : {"organizations/acme/enforcements/acme.example",
                           "organizations/acme/domains/acme.example"}) {
    EXPECT_EQ(cli.Run({"enforcement", "release", name}).exit_code, ExitCode::kOk) << name;
    EXPECT_EQ(cli.server.Last<v1::ReleaseDomainsRequest>().parent(), "organizations/acme");
    EXPECT_THAT(cli.server.Last<v1::ReleaseDomainsRequest>().domains(),
                ElementsAre("acme.example"));
  }
  EXPECT_EQ(cli.Run("enforcement release organizations/acme/users/acme.example").exit_code,
            ExitCode::kUsage);
}

TEST_F(EnforcementTest, ReleaseNamesTheRevision) {
  const CliResult result = cli.Run("enforcement release acme.example b.example --org acme");
  EXPECT_EQ(result.out, "Released acme.example, b.example at revision 77.\n");
  EXPECT_THAT(cli.server.Last<v1::ReleaseDomainsRequest>().domains(),
              ElementsAre("acme.example", "b.example"));
}

TEST_F(EnforcementTest, IsListedAndShown) {
  v1::Enforcement& enforcement = cli.server.enforcements.emplace_back();
  enforcement.set_name("organizations/acme/enforcements/acme.example");
  enforcement.set_domain("acme.example");
  enforcement.set_sso_profile("organizations/acme/ssoProfiles/okta");
  enforcement.set_mode(v1::Enforcement::MODE_ENFORCE);
  enforcement.set_unmanaged_users(v1::Enforcement::UNMANAGED_USERS_PASSWORD);
  enforcement.set_triggering_admin("organizations/acme/users/u1");
  *enforcement.mutable_enforce_time() = TimeAgo(absl::Hours(3));
  enforcement.set_enforce_revision(42);
  EXPECT_EQ(
      cli.Run("enforcement list --org acme").out,
      "DOMAIN        PROFILE  MODE     ROLLOUT    UNKNOWN ADDRESSES  SINCE        TRIGGERED BY\n"
      "acme.example  okta     enforce  everybody  password           3 hours ago  u1\n");
  EXPECT_THAT(cli.Run("enforcement get acme.example --org acme").out,
              HasSubstr("enforced since     2026-05-28T17:26:40Z (3 hours ago)\n"
                        "since revision     42\n"));
}

TEST_F(EnforcementTest, ExemptionIsCreatedForAnAddress) {
  const CliResult result =
      cli.Run({"exemption", "create", "root@acme.example", "--org", "acme", "--kind", "break-glass",
               "--reason", "safe", "--expires", "2026-12-31T18:00:00Z"});
  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("ends    2026-12-31T18:00:00Z (in 216 days)\n"));
  const auto request = cli.server.Last<v1::CreateExemptionRequest>();
  EXPECT_EQ(request.parent(), "organizations/acme");
  EXPECT_EQ(request.exemption().user(), "organizations/acme/users/u1");
  EXPECT_EQ(request.exemption().kind(), v1::Exemption::KIND_BREAK_GLASS);
  EXPECT_EQ(request.exemption().reason(), "safe");
  EXPECT_EQ(cli.Run("exemption create u1 --org acme --reason safe").exit_code,
            ExitCode::kUsage);  // no kind
  EXPECT_EQ(cli.Run("exemption create u1 --org acme --kind break-glass").exit_code,
            ExitCode::kUsage);  // no reason
}

TEST_F(EnforcementTest, ExemptionsAreListedAndEnded) {
  v1::Exemption& lasting = cli.server.exemptions.emplace_back();
  lasting.set_name("organizations/acme/exemptions/u1");
  lasting.set_email("root@acme.example");
  lasting.set_kind(v1::Exemption::KIND_TRIGGERING_ADMIN);
  lasting.set_use_count(12);
  *lasting.mutable_last_use_time() = TimeAgo(absl::Hours(48));
  v1::Exemption& ended = cli.server.exemptions.emplace_back();
  ended.set_name("organizations/acme/exemptions/u2");
  ended.set_email("ci@acme.example");
  ended.set_kind(v1::Exemption::KIND_SERVICE_ACCOUNT);
  ended.set_reason("nightly");
  *ended.mutable_expire_time() = TimeAgo(absl::Hours(24));
  EXPECT_EQ(cli.Run("exemption list --org acme").out,
            "EMAIL              KIND              ENDS       CREATED  USES  LAST USED   EXEMPTION  "
            "REASON\n"
            "root@acme.example  triggering-admin  never      -          12  2 days ago  u1         "
            "-\n"
            "ci@acme.example    service-account   1 day ago  -           0  -           u2         "
            "nightly\n");

  for (const char* which : {"root@acme.example", "u1", "organizations/acme/exemptions/u1"}) {
    const CliResult result = cli.Run({"exemption", "delete", which, "--org", "acme"});
    EXPECT_EQ(result.exit_code, ExitCode::kOk) << which;
    EXPECT_EQ(result.err, "ended organizations/acme/exemptions/u1\n");
    EXPECT_EQ(cli.server.Last<v1::DeleteExemptionRequest>().name(),
              "organizations/acme/exemptions/u1");
  }
}

v1::EnforcementReport::RefusedUser Refused(const std::string& email) {
  v1::EnforcementReport::RefusedUser refused;
  refused.mutable_user()->set_email(email);
  refused.set_reason(v1::DECISION_REASON_ENFORCED);
  return refused;
}

class ReportTest : public testing::Test {
 protected:
  ReportTest() {
    v1::EnforcementReport& report = cli.server.report;
    report.mutable_enforcement()->set_domain("acme.example");
    report.mutable_enforcement()->set_mode(v1::Enforcement::MODE_OBSERVE);
    auto* count = report.add_decision_counts();
    count->set_verdict(v1::VERDICT_ALLOW_PASSWORD);
    count->set_observed_verdict(v1::VERDICT_REQUIRE_SSO);
    count->set_reason(v1::DECISION_REASON_ENFORCED);
    count->set_count(1500);
    report.set_sso_success_count(7);
    v1::EnforcementReport::RefusedUser& ann = *report.add_refused_users();
    ann = Refused("ann@acme.example");
    *ann.mutable_user()->mutable_login_activity()->mutable_last_sign_in_time() =
        TimeAgo(absl::Hours(24));
    *report.add_refused_users() = Refused("bob@acme.example");
    *report.add_refused_users() = Refused("cid@acme.example");
  }
  CliRunner cli;
};

TEST_F(ReportTest, ShowsDecisionsByReasonAndWhoWouldBeRefused) {
  const CliResult result = cli.Run("enforcement report acme.example --org acme");
  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.err;
  EXPECT_EQ(result.out,
            "domain        acme.example\n"
            "mode          observe\n"
            "SSO sign-ins  7\n"
            "SSO failures  0\n"
            "\n"
            "Decisions\n"
            "BECAUSE   VERDICT         IF ENFORCED  COUNT\n"
            "enforced  allow-password  require-sso  1,500\n"
            "\n"
            "Users who would be refused a password\n"
            "EMAIL             BECAUSE   LAST SIGN-IN  LAST BY SSO  SSO FAILED\n"
            "ann@acme.example  enforced  1 day ago     -            -\n"
            "bob@acme.example  enforced  -             -            -\n"
            "cid@acme.example  enforced  -             -            -\n");
  EXPECT_EQ(cli.server.Last<v1::GetEnforcementReportRequest>().name(),
            "organizations/acme/enforcements/acme.example");
}

TEST_F(ReportTest, IsOneDocumentHoweverManyPagesItTakes) {
  cli.server.report_page_size = 1;
  const CliResult result = cli.Run("enforcement report acme.example --org acme -o json");
  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.err;
  for (const char* email : {"ann@acme.example", "bob@acme.example", "cid@acme.example"}) {
    EXPECT_THAT(result.out, HasSubstr(email));
  }
  EXPECT_EQ(cli.server.CallCount(), 3u);
}

TEST_F(ReportTest, StopsAtTheLimitAndSaysSo) {
  const CliResult result = cli.Run("enforcement report acme.example --org acme --limit 2");
  EXPECT_THAT(result.out, HasSubstr("bob@acme.example"));
  EXPECT_THAT(result.out, Not(HasSubstr("cid@acme.example")));
  EXPECT_EQ(result.err, "the first 2 users; there are more\n");
}

}  // namespace
}  // namespace gatehouse::cli
