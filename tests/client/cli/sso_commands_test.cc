// profile, test, enforcement and exemption.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "gatehouse/v1/enforcement_service.pb.h"
#include "gatehouse/v1/sso_profile_service.pb.h"
#include "policy/errors.h"
#include "tests/client/cli/cli_runner.h"

namespace gatehouse::cli {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr char kCertificate[] = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
constexpr char kOtherCertificate[] =
    "-----BEGIN CERTIFICATE-----\nBBBB\n-----END CERTIFICATE-----\n";

TEST(Profile, IsCreatedFromMetadata) {
  CliRunner cli;
  const TempFile metadata("<EntityDescriptor/>");
  const CliResult result =
      cli.Run({"profile", "create", "okta", "--org", "acme", "--idp-metadata", metadata.path(),
               "--acs-url", "https://login.acme.example/acs", "--email-attribute", "mail"});
  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("connection test  untested\n"));
  EXPECT_EQ(result.err,
            "next: prove the connection: gatehouse test start organizations/acme/ssoProfiles/okta"
            "\n");
  const auto request = cli.server.Last<v1::CreateSsoProfileRequest>();
  EXPECT_EQ(request.parent(), "organizations/acme");
  EXPECT_EQ(request.sso_profile_id(), "okta");
  EXPECT_EQ(request.sso_profile().display_name(), "okta");
  EXPECT_EQ(request.sso_profile().saml().idp_metadata_xml(), "<EntityDescriptor/>");
  EXPECT_EQ(request.sso_profile().saml().acs_url(), "https://login.acme.example/acs");
  EXPECT_EQ(request.sso_profile().saml().email_attribute(), "mail");
}

TEST(Profile, IsCreatedFromMetadataOnTheStandardInput) {
  CliRunner cli;
  cli.input = "<EntityDescriptor/>";
  EXPECT_EQ(cli.Run("profile create okta --org acme --idp-metadata - --acs-url https://a.example")
                .exit_code,
            ExitCode::kOk);
  EXPECT_EQ(cli.server.Last<v1::CreateSsoProfileRequest>().sso_profile().saml().idp_metadata_xml(),
            "<EntityDescriptor/>");
}

TEST(Profile, TakesEveryCertificateOfEveryFile) {
  CliRunner cli;
  const TempFile both(std::string("a comment\n") + kCertificate + "\n" + kOtherCertificate);
  const TempFile bare("QUFBQQ==\n");
  EXPECT_EQ(cli.Run({"profile", "create", "okta", "--org", "acme", "--idp-entity-id", "urn:idp",
                     "--idp-sso-url", "https://idp.example/sso", "--certificate", both.path(),
                     "--certificate", bare.path(), "--acs-url", "https://a.example"})
                .exit_code,
            ExitCode::kOk);
  EXPECT_THAT(
      cli.server.Last<v1::CreateSsoProfileRequest>().sso_profile().saml().idp_certificates(),
      ElementsAre(kCertificate, kOtherCertificate, "QUFBQQ==\n"));
}

TEST(Profile, NeverSendsAPrivateKey) {
  CliRunner cli;
  const TempFile key(std::string(kCertificate) + "-----BEGIN PRIVATE KEY-----\nx\n");
  const CliResult result =
      cli.Run({"profile", "update", "okta", "--org", "acme", "--certificate", key.path()});
  EXPECT_EQ(result.exit_code, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("private key"));
  EXPECT_EQ(cli.server.CallCount(), 0u);
}

TEST(Profile, RefusesFilesThatCannotBeSent) {
  CliRunner cli;
  const TempFile empty("");
  const TempFile latin1("caf\xe9");
  const TempFile huge(std::string((1 << 20) + 1, 'x'));
  const struct {
    std::string path;
    const char* message;
  } cases[] = {
      {"/nonexistent", "cannot read \"/nonexistent\""},
      {empty.path(), "is empty"},
      {latin1.path(), "is not UTF-8"},
      {huge.path(), "is longer than 1048576 bytes"},
  };
  for (const auto& c : cases) {
    const CliResult result =
        cli.Run({"profile", "create", "okta", "--org", "acme", "--idp-metadata", c.path});
    EXPECT_EQ(result.exit_code, ExitCode::kUsage) << c.message;
    EXPECT_THAT(result.err, HasSubstr(c.message));
  }
  EXPECT_EQ(cli.server.CallCount(), 0u);
}

TEST(Profile, UpdateMasksWhatWasGiven) {
  CliRunner cli;
  const TempFile certificate(kCertificate);
  EXPECT_EQ(cli.Run({"profile", "update", "okta", "--org", "acme", "--display-name", "Okta",
                     "--acs-url", "https://a.example", "--certificate", certificate.path(),
                     "--email-attribute", "", "--etag", "e"})
                .exit_code,
            ExitCode::kOk);
  const auto request = cli.server.Last<v1::UpdateSsoProfileRequest>();
  EXPECT_EQ(request.sso_profile().name(), "organizations/acme/ssoProfiles/okta");
  EXPECT_EQ(request.sso_profile().etag(), "e");
  EXPECT_THAT(request.update_mask().paths(),
              testing::UnorderedElementsAre("display_name", "saml.acs_url", "saml.email_attribute",
                                            "saml.idp_certificates"));
  EXPECT_EQ(cli.Run("profile update okta --org acme").exit_code, ExitCode::kUsage);
}

TEST(Profile, EnforcedDomainsChangeOnlyWithConsent) {
  CliRunner cli;
  const std::string line =
      "profile update okta --org acme --enforced-domain a.example --acting-admin u1";
  CliResult result = cli.Run(line);
  EXPECT_EQ(result.exit_code, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("--yes"));
  EXPECT_EQ(cli.server.CallCount(), 0u);

  cli.terminal = true;
  cli.input = "n\n";
  result = cli.Run(line);
  EXPECT_EQ(result.exit_code, ExitCode::kFailed);
  EXPECT_THAT(result.err, EndsWith("nothing was changed\n"));
  EXPECT_EQ(cli.server.CallCount(), 0u);

  cli.input = "yes\n";
  EXPECT_EQ(cli.Run(line).exit_code, ExitCode::kOk);
  const auto request = cli.server.Last<v1::UpdateSsoProfileRequest>();
  EXPECT_THAT(request.sso_profile().enforced_domains(), ElementsAre("a.example"));
  EXPECT_THAT(request.update_mask().paths(), ElementsAre("enforced_domains"));
  EXPECT_EQ(request.acting_admin(), "organizations/acme/users/u1");
}

TEST(Profile, AllDomainsAreReleasedOnlyWhenSaidSo) {
  CliRunner cli;
  EXPECT_EQ(cli.Run("profile update okta --org acme --no-enforced-domains --yes").exit_code,
            ExitCode::kUsage);  // no acting admin
  EXPECT_EQ(cli.Run("profile update okta --org acme --no-enforced-domains --yes --acting-admin u1")
                .exit_code,
            ExitCode::kOk);
  const auto request = cli.server.Last<v1::UpdateSsoProfileRequest>();
  EXPECT_EQ(request.sso_profile().enforced_domains_size(), 0);
  EXPECT_THAT(request.update_mask().paths(), ElementsAre("enforced_domains"));
}

TEST(Profile, IsShownWithCertificatesAndWarnings) {
  CliRunner cli;
  v1::SsoProfile& okta = cli.server.profiles.emplace_back();
  okta.set_name("organizations/acme/ssoProfiles/okta");
  okta.set_display_name("Okta");
  okta.set_test_state(v1::SsoProfile::TEST_STATE_PASSED);
  okta.add_enforced_domains("a.example");
  okta.add_enforced_domains("b.example");
  okta.add_warnings("certificate CN=idp ends in 3 days");
  v1::Certificate& certificate = *okta.mutable_saml()->add_idp_certificate_details();
  certificate.set_subject("CN=idp");
  certificate.set_sha256_fingerprint("ab12");
  *certificate.mutable_not_after_time() = TimeAgo(-absl::Hours(80));
  const CliResult result = cli.Run("profile get okta --org acme");
  EXPECT_EQ(result.out,
            "name              organizations/acme/ssoProfiles/okta\n"
            "display name      Okta\n"
            "connection test   passed\n"
            "enforced domains  a.example\n"
            "                  b.example\n"
            "IdP certificates  CN=idp, ends 2026-06-01T04:26:40Z (in 3 days), SHA-256 ab12\n"
            "address from      NameID\n"
            "warnings          certificate CN=idp ends in 3 days\n");
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(cli.Run("profile list --org acme").out,
            "PROFILE  DISPLAY NAME  TEST    ENFORCED DOMAINS      IDENTITY PROVIDER  WARNINGS\n"
            "okta     Okta          passed  a.example, b.example  -                         1\n");
}

TEST(Profile, MetadataIsBareXml) {
  CliRunner cli;
  EXPECT_EQ(cli.Run("profile metadata okta --org acme").out, "<md:EntityDescriptor/>\n");
  EXPECT_THAT(cli.Run("profile metadata okta --org acme -o json").out,
              HasSubstr("\"xml\": \"\\u003cmd:EntityDescriptor/\\u003e\""));
}

constexpr char kTestName[] = "organizations/acme/ssoProfiles/okta/connectionTests/t1";

v1::ConnectionTest MakeTest(v1::ConnectionTest::State state) {
  v1::ConnectionTest test;
  test.set_name(kTestName);
  test.set_state(state);
  return test;
}

TEST(ConnectionTest, StartShowsTheUrlAndTheNextCommand) {
  CliRunner cli;
  const CliResult result = cli.Run("test start okta --org acme");
  EXPECT_EQ(result.exit_code, ExitCode::kOk);
  EXPECT_THAT(result.out, HasSubstr("sign-in URL  https://idp.example/sso?SAMLRequest=abc\n"));
  EXPECT_THAT(result.err, HasSubstr(std::string("gatehouse test complete ") + kTestName));
}

TEST(ConnectionTest, CompleteTakesTheFormThatTheBrowserPosts) {
  CliRunner cli;
  cli.server.tests.push_back(MakeTest(v1::ConnectionTest::STATE_PASSED));
  cli.server.tests[0].set_email("alice@acme.example");
  cli.input = "SAMLResponse=PHN%2Bbg%3D%3D&RelayState=t1\n";
  const CliResult result = cli.Run("test complete t1 --profile okta --org acme --response -");
  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("signed in as  alice@acme.example\n"));
  EXPECT_THAT(result.err, HasSubstr("gatehouse enforcement plan DOMAIN --profile "
                                    "organizations/acme/ssoProfiles/okta"));
  const auto request = cli.server.Last<v1::CompleteConnectionTestRequest>();
  EXPECT_EQ(request.name(), kTestName);
  EXPECT_EQ(request.saml_response(), "PHN+bg==");
}

TEST(ConnectionTest, CompleteTakesTheBareResponse) {
  CliRunner cli;
  cli.server.tests.push_back(MakeTest(v1::ConnectionTest::STATE_PASSED));
  const TempFile file("PHN+bg==\n");
  EXPECT_EQ(cli.Run({"test", "complete", kTestName, "--response", file.path()}).exit_code,
            ExitCode::kOk);
  EXPECT_EQ(cli.server.Last<v1::CompleteConnectionTestRequest>().saml_response(), "PHN+bg==");
}

TEST(ConnectionTest, IsNotSpentOnTheResponseToAnother) {
  CliRunner cli;
  cli.input = "SAMLResponse=PHN%2Bbg%3D%3D&RelayState=t2";
  const CliResult result = cli.Run({"test", "complete", kTestName, "--response", "-"});
  EXPECT_EQ(result.exit_code, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("belongs to the test \"t2\", not to \"t1\""));
  EXPECT_EQ(cli.server.CallCount(), 0u);
}

TEST(ConnectionTest, ThatFailedIsAFailure) {
  CliRunner cli;
  cli.server.tests.push_back(MakeTest(v1::ConnectionTest::STATE_FAILED));
  cli.server.tests[0].set_failure_reason(v1::ConnectionTest::FAILURE_REASON_WRONG_AUDIENCE);
  cli.server.tests[0].set_failure_detail("expected urn:a, found urn:b");
  const CliResult result = cli.Run({"test", "get", kTestName});
  EXPECT_EQ(result.exit_code, ExitCode::kFailed);
  EXPECT_THAT(result.out, HasSubstr("state    failed\n"
                                    "failure  wrong-audience\n"
                                    "detail   expected urn:a, found urn:b\n"));
  EXPECT_THAT(result.err, HasSubstr("docs/connection-test-failures.md"));
}

TEST(ConnectionTest, IsNamedWithItsProfile) {
  CliRunner cli;
  for (const char* line : {"test get t1 --org acme", "test get organizations/acme/ssoProfiles/okta",
                           "test get a/b --profile okta --org acme",
                           "test get organizations/acme/ssoProfiles/okta/connectionTests/"}) {
    EXPECT_EQ(cli.Run(line).exit_code, ExitCode::kUsage) << line;
  }
  EXPECT_EQ(cli.server.CallCount(), 0u);
}

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
  EXPECT_EQ(result.out,
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
            "      next: gatehouse exemption create ADMIN --org acme --kind break-glass\n"
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
  EXPECT_EQ(cli.Run("enforcement list --org acme").out,
            "DOMAIN        PROFILE  MODE     UNKNOWN ADDRESSES  SINCE        TRIGGERED BY\n"
            "acme.example  okta     enforce  password           3 hours ago  u1\n");
  EXPECT_THAT(cli.Run("enforcement get acme.example --org acme").out,
              HasSubstr("enforced since     2026-05-28T17:26:40Z (3 hours ago)\n"
                        "since revision     42\n"));
}

TEST_F(EnforcementTest, ExemptionIsCreatedForAnAddress) {
  const CliResult result =
      cli.Run({"exemption", "create", "root@acme.example", "--org", "acme", "--kind", "break-glass",
               "--note", "safe", "--expires", "2026-12-31T18:00:00Z"});
  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("ends  2026-12-31T18:00:00Z (in 216 days)\n"));
  const auto request = cli.server.Last<v1::CreateExemptionRequest>();
  EXPECT_EQ(request.parent(), "organizations/acme");
  EXPECT_EQ(request.exemption().user(), "organizations/acme/users/u1");
  EXPECT_EQ(request.exemption().kind(), v1::Exemption::KIND_BREAK_GLASS);
  EXPECT_EQ(request.exemption().note(), "safe");
  EXPECT_EQ(cli.Run("exemption create u1 --org acme").exit_code, ExitCode::kUsage);  // no kind
}

TEST_F(EnforcementTest, ExemptionsAreListedAndEnded) {
  v1::Exemption& lasting = cli.server.exemptions.emplace_back();
  lasting.set_name("organizations/acme/exemptions/u1");
  lasting.set_email("root@acme.example");
  lasting.set_kind(v1::Exemption::KIND_TRIGGERING_ADMIN);
  v1::Exemption& ended = cli.server.exemptions.emplace_back();
  ended.set_name("organizations/acme/exemptions/u2");
  ended.set_email("ci@acme.example");
  ended.set_kind(v1::Exemption::KIND_SERVICE_ACCOUNT);
  ended.set_note("nightly");
  *ended.mutable_expire_time() = TimeAgo(absl::Hours(24));
  EXPECT_EQ(cli.Run("exemption list --org acme").out,
            "EMAIL              KIND              ENDS       CREATED  EXEMPTION  NOTE\n"
            "root@acme.example  triggering-admin  never      -        u1         -\n"
            "ci@acme.example    service-account   1 day ago  -        u2         nightly\n");

  for (const char* which : {"root@acme.example", "u1", "organizations/acme/exemptions/u1"}) {
    const CliResult result = cli.Run({"exemption", "delete", which, "--org", "acme"});
    EXPECT_EQ(result.exit_code, ExitCode::kOk) << which;
    EXPECT_EQ(result.err, "ended organizations/acme/exemptions/u1\n");
    EXPECT_EQ(cli.server.Last<v1::DeleteExemptionRequest>().name(),
              "organizations/acme/exemptions/u1");
  }
}

}  // namespace
}  // namespace gatehouse::cli
