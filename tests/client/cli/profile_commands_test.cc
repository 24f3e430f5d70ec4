// profile and test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "gatehouse/v1/sso_profile_service.pb.h"
#include "tests/client/cli/cli_runner.h"

namespace gatehouse::cli {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

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
  EXPECT_EQ(cli.Run("profile update okta --org acme --no-enforced-domains --yes --acting-admin u1")
                .exit_code,
            ExitCode::kOk);
  const auto request = cli.server.Last<v1::UpdateSsoProfileRequest>();
  EXPECT_EQ(request.sso_profile().enforced_domains_size(), 0);
  EXPECT_THAT(request.update_mask().paths(), ElementsAre("enforced_domains"));
  EXPECT_EQ(request.acting_admin(), "organizations/acme/users/u1");
}

TEST(Profile, DomainsAreEnforcedForTheAdminOfTheTokenUnlessOneIsNamed) {
  CliRunner cli;
  EXPECT_EQ(cli.Run("profile update okta --org acme --enforced-domain a.example --yes").exit_code,
            ExitCode::kOk);
  EXPECT_EQ(cli.server.Last<v1::UpdateSsoProfileRequest>().acting_admin(), "");
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
            "protocol          saml\n"
            "IdP certificates  CN=idp, ends 2026-06-01T04:26:40Z (in 3 days), SHA-256 ab12\n"
            "address from      NameID\n"
            "warnings          certificate CN=idp ends in 3 days\n");
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(
      cli.Run("profile list --org acme").out,
      "PROFILE  DISPLAY NAME  TEST    ENFORCED DOMAINS      PROTOCOL  IDENTITY PROVIDER  WARNINGS\n"
      "okta     Okta          passed  a.example, b.example  saml      -                         "
      "1\n");
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

TEST(OidcProfile, IsCreatedWithASecretFromAFile) {
  CliRunner cli;
  const TempFile secret("s3cret\n");
  const CliResult result = cli.Run({"profile",
                                    "create",
                                    "entra",
                                    "--org",
                                    "acme",
                                    "--oidc-issuer",
                                    "https://idp.example",
                                    "--client-id",
                                    "gatehouse",
                                    "--client-secret-file",
                                    secret.path(),
                                    "--redirect-uri",
                                    "https://login.acme.example/back",
                                    "--scopes",
                                    "profile",
                                    "--scopes",
                                    "groups",
                                    "--email-claim",
                                    "upn",
                                    "--allow-missing-email-verified"});
  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.err;
  const auto request = cli.server.Last<v1::CreateSsoProfileRequest>();
  ASSERT_TRUE(request.sso_profile().has_oidc());
  const v1::OidcConfig& oidc = request.sso_profile().oidc();
  EXPECT_EQ(oidc.issuer(), "https://idp.example");
  EXPECT_EQ(oidc.client_id(), "gatehouse");
  EXPECT_EQ(oidc.client_secret(), "s3cret");
  EXPECT_EQ(oidc.redirect_uri(), "https://login.acme.example/back");
  EXPECT_THAT(oidc.extra_scopes(), ElementsAre("profile", "groups"));
  EXPECT_EQ(oidc.email_claim(), "upn");
  EXPECT_TRUE(oidc.allow_missing_email_verified());
}

TEST(OidcProfile, UpdateMasksWhatWasGiven) {
  CliRunner cli;
  EXPECT_EQ(
      cli.Run("profile update entra --org acme --client-id new --no-client-secret --no-scopes "
              "--require-email-verified")
          .exit_code,
      ExitCode::kOk);
  EXPECT_THAT(
      cli.server.Last<v1::UpdateSsoProfileRequest>().update_mask().paths(),
      testing::UnorderedElementsAre("oidc.client_id", "oidc.client_secret", "oidc.extra_scopes",
                                    "oidc.allow_missing_email_verified"));
}

TEST(OidcProfile, SettingsOfBothProtocolsAreRefused) {
  CliRunner cli;
  const CliResult result =
      cli.Run("profile update okta --org acme --client-id a --acs-url https://a.example");
  EXPECT_EQ(result.exit_code, ExitCode::kUsage);
  EXPECT_EQ(cli.server.CallCount(), 0u);
}

TEST(Profile, FollowsAMetadataUrl) {
  CliRunner cli;
  EXPECT_EQ(cli.Run("profile create okta --org acme --metadata-url https://idp.example/md "
                    "--acs-url https://a.example")
                .exit_code,
            ExitCode::kOk);
  EXPECT_EQ(cli.server.Last<v1::CreateSsoProfileRequest>().sso_profile().saml().idp_metadata_url(),
            "https://idp.example/md");
}

TEST(OidcTest, TakesTheWholeRedirect) {
  CliRunner cli;
  cli.Run({"test", "complete", "t1", "--profile", "entra", "--org", "acme", "--oidc-response",
           "https://login.acme.example/back?code=1&state=2"});
  EXPECT_EQ(cli.server.Last<v1::CompleteConnectionTestRequest>().oidc_response(), "code=1&state=2");
}

TEST(StagedTest, IsAskedFor) {
  CliRunner cli;
  cli.Run("test start okta --org acme --staged");
  EXPECT_TRUE(cli.server.Last<v1::StartConnectionTestRequest>().staged());
}

}  // namespace
}  // namespace gatehouse::cli
