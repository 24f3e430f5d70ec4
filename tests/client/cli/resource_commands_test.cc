// organization, domain and user, and what all commands share.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "gatehouse/v1/domain_service.pb.h"
#include "gatehouse/v1/organization_service.pb.h"
#include "gatehouse/v1/user_service.pb.h"
#include "policy/errors.h"
#include "tests/client/cli/cli_runner.h"

namespace gatehouse::cli {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

v1::Domain MakeDomain(const std::string& ascii, v1::Domain::State state) {
  v1::Domain domain;
  domain.set_name("organizations/acme/domains/" + ascii);
  domain.set_unicode_name(ascii);
  domain.set_state(state);
  return domain;
}

v1::User MakeUser(const std::string& id, const std::string& email) {
  v1::User user;
  user.set_name("organizations/acme/users/" + id);
  user.set_email(email);
  user.set_role(v1::User::ROLE_MEMBER);
  user.set_type(v1::User::TYPE_MANAGED);
  user.set_sso_status(v1::User::SSO_STATUS_ENFORCED);
  user.set_sso_status_reason(v1::DECISION_REASON_ENFORCED);
  return user;
}

TEST(Organization, IsCreatedWithItsIdForWantOfAName) {
  CliRunner cli;
  const CliResult result = cli.Run("organization create acme --request-id r1");
  EXPECT_EQ(result.exit_code, ExitCode::kOk);
  EXPECT_THAT(result.out, StartsWith("name          organizations/acme\n"
                                     "display name  acme\n"));
  EXPECT_THAT(result.err, HasSubstr("next: claim its email domain: gatehouse domain add"));
  const auto request = cli.server.Last<v1::CreateOrganizationRequest>();
  EXPECT_EQ(request.organization_id(), "acme");
  EXPECT_EQ(request.request_id(), "r1");
}

TEST(Organization, IsShownWithExactAndRelativeTimes) {
  CliRunner cli;
  v1::Organization& acme = cli.server.organizations.emplace_back();
  acme.set_name("organizations/acme");
  acme.set_display_name("Acme Inc.");
  acme.set_user_count(1204);
  acme.set_admin_count(2);
  *acme.mutable_create_time() = TimeAgo(absl::Hours(50));
  const CliResult result = cli.Run("organization get organizations/acme");
  EXPECT_EQ(result.out,
            "name          organizations/acme\n"
            "display name  Acme Inc.\n"
            "users         1,204\n"
            "admins        2\n"
            "created       2026-05-26T18:26:40Z (2 days ago)\n");
  EXPECT_EQ(result.err, "");
}

TEST(Organization, UpdateSendsTheMaskAndTheEtag) {
  CliRunner cli;
  EXPECT_EQ(cli.Run({"organization", "update", "acme", "--display-name", "A B", "--etag", "e1"})
                .exit_code,
            ExitCode::kOk);
  const auto request = cli.server.Last<v1::UpdateOrganizationRequest>();
  EXPECT_EQ(request.organization().name(), "organizations/acme");
  EXPECT_EQ(request.organization().display_name(), "A B");
  EXPECT_EQ(request.organization().etag(), "e1");
  EXPECT_THAT(request.update_mask().paths(), ElementsAre("display_name"));
}

TEST(Organization, DeleteSaysWhatItDeleted) {
  CliRunner cli;
  const CliResult result = cli.Run("organization delete acme --etag e1");
  EXPECT_EQ(result.exit_code, ExitCode::kOk);
  EXPECT_EQ(result.err, "deleted organizations/acme\n");
  EXPECT_EQ(cli.server.Last<v1::DeleteOrganizationRequest>().etag(), "e1");
}

TEST(Domain, AddShowsTheRecordAndTheNextCommand) {
  CliRunner cli;
  const CliResult result = cli.Run("domain add acme.example --org acme");
  EXPECT_EQ(result.exit_code, ExitCode::kOk);
  EXPECT_THAT(result.out, HasSubstr("TXT record name    _gatehouse.acme.example\n"
                                    "TXT record value   gatehouse-domain-verification=0123\n"));
  EXPECT_EQ(result.err,
            "next: publish that TXT record, then: gatehouse domain verify acme.example --org "
            "acme\n");
}

TEST(Domain, VerifyLooksInDnsUnlessToldToLookOnTheWeb) {
  CliRunner cli;
  cli.server.domains.push_back(MakeDomain("acme.example", v1::Domain::STATE_VERIFIED));
  EXPECT_EQ(cli.Run("domain verify acme.example --org acme").exit_code, ExitCode::kOk);
  EXPECT_EQ(cli.server.Last<v1::VerifyDomainRequest>().method(),
            v1::Domain::VERIFICATION_METHOD_UNSPECIFIED);
  EXPECT_EQ(cli.Run("domain verify acme.example --https --org acme").exit_code, ExitCode::kOk);
  EXPECT_EQ(cli.server.Last<v1::VerifyDomainRequest>().method(),
            v1::Domain::VERIFICATION_METHOD_HTTPS_FILE);
}

TEST(Domain, IsNamedInItsAsciiForm) {
  CliRunner cli;
  cli.server.domains.push_back(MakeDomain("xn--bcher-kva.example", v1::Domain::STATE_VERIFIED));
  cli.server.domains.back().set_unicode_name("bücher.example");
  for (const char* text : {"Bücher.example", "xn--bcher-kva.example",
                           "organizations/acme/domains/xn--bcher-kva.example"}) {
    const CliResult result = cli.Run({"domain", "verify", text, "--org", "acme"});
    EXPECT_EQ(result.exit_code, ExitCode::kOk) << text;
    EXPECT_THAT(result.out, HasSubstr("bücher.example (xn--bcher-kva.example)\n")) << text;
    EXPECT_EQ(cli.server.Last<v1::VerifyDomainRequest>().name(),
              "organizations/acme/domains/xn--bcher-kva.example");
  }
}

TEST(Domain, ThatIsNoneIsRefusedHere) {
  CliRunner cli;
  const CliResult result = cli.Run("domain get a_b.example --org acme");
  EXPECT_EQ(result.exit_code, ExitCode::kUsage);
  EXPECT_THAT(result.err, StartsWith("error: domain \"a_b.example\": expected"));
  EXPECT_EQ(cli.server.CallCount(), 0u);
}

TEST(Domain, ListIsATable) {
  CliRunner cli;
  cli.server.domains = {MakeDomain("acme.example", v1::Domain::STATE_VERIFIED),
                        MakeDomain("acme.test", v1::Domain::STATE_PENDING)};
  cli.server.domains[0].set_managed_user_count(1204);
  *cli.server.domains[0].mutable_verify_time() = TimeAgo(absl::Minutes(5));
  const CliResult result = cli.Run("domain list --org acme");
  EXPECT_EQ(result.exit_code, ExitCode::kOk);
  EXPECT_EQ(result.out,
            "DOMAIN        STATE     MANAGED  INDEPENDENT  LAST PROVEN\n"
            "acme.example  verified    1,204            0  5 minutes ago\n"
            "acme.test     pending         0            0  -\n");
}

TEST(Domain, RemovalOfAnEnforcedOneSaysWhatToDo) {
  CliRunner cli;
  cli.server.FailNext(Error(absl::StatusCode::kFailedPrecondition, reason::kDomainEnforced,
                            "the domain is enforced")
                          .Subject("organizations/acme/domains/acme.example", "release it first"));
  const CliResult result = cli.Run("domain remove acme.example --org acme");
  EXPECT_EQ(result.exit_code, ExitCode::kRefused);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err,
            "error: the domain is enforced\n"
            "  reason: DOMAIN_ENFORCED (FAILED_PRECONDITION)\n"
            "  organizations/acme/domains/acme.example: release it first\n"
            "next: gatehouse enforcement release organizations/acme/domains/acme.example\n");
}

TEST(User, CreateSendsWhatWasGiven) {
  CliRunner cli;
  const CliResult result = cli.Run({"user", "create", "alice@acme.example", "--org", "acme",
                                    "--display-name", "Alice M", "--role", "ADMIN", "--suspended"});
  EXPECT_EQ(result.exit_code, ExitCode::kOk);
  const auto request = cli.server.Last<v1::CreateUserRequest>();
  EXPECT_EQ(request.parent(), "organizations/acme");
  EXPECT_EQ(request.user().email(), "alice@acme.example");
  EXPECT_EQ(request.user().display_name(), "Alice M");
  EXPECT_EQ(request.user().role(), v1::User::ROLE_ADMIN);
  EXPECT_TRUE(request.user().suspended());
}

TEST(User, IsFoundByAddressWhereverAUserIsNamed) {
  CliRunner cli;
  cli.server.users.push_back(MakeUser("u1", "alice@acme.example"));
  const CliResult result = cli.Run("user get alice@acme.example --org acme");
  EXPECT_EQ(result.exit_code, ExitCode::kOk);
  EXPECT_THAT(result.out, HasSubstr("SSO status  enforced\nbecause     enforced\n"));
  EXPECT_THAT(cli.server.Calls(), ElementsAre("LookupUserRequest", "GetUserRequest"));
  EXPECT_EQ(cli.server.Last<v1::GetUserRequest>().name(), "organizations/acme/users/u1");

  EXPECT_EQ(cli.Run("user delete u1 --org acme").exit_code, ExitCode::kOk);
  EXPECT_EQ(cli.server.Last<v1::DeleteUserRequest>().name(), "organizations/acme/users/u1");
}

TEST(User, ThatDoesNotExistIsNotFound) {
  CliRunner cli;
  const CliResult result = cli.Run("user delete nobody@acme.example --org acme");
  EXPECT_EQ(result.exit_code, ExitCode::kNotFound);
  EXPECT_THAT(result.err, StartsWith("error: no user has this address\n"));
  EXPECT_THAT(cli.server.Calls(), ElementsAre("LookupUserRequest"));
}

TEST(User, UpdateMasksWhatWasGiven) {
  CliRunner cli;
  EXPECT_EQ(cli.Run({"user", "update", "u1", "--org", "acme", "--display-name", ""}).exit_code,
            ExitCode::kOk);
  EXPECT_THAT(cli.server.Last<v1::UpdateUserRequest>().update_mask().paths(),
              ElementsAre("display_name"));

  EXPECT_EQ(cli.Run("user update u1 --org acme --role owner --reinstate").exit_code, ExitCode::kOk);
  const auto request = cli.server.Last<v1::UpdateUserRequest>();
  EXPECT_THAT(request.update_mask().paths(), ElementsAre("role", "suspended"));
  EXPECT_EQ(request.user().role(), v1::User::ROLE_OWNER);
  EXPECT_FALSE(request.user().suspended());
}

TEST(User, OwnRuleIsSetAndRemoved) {
  CliRunner cli;
  EXPECT_EQ(cli.Run("user update u1 --org acme --sso require-sso --profile okta").exit_code,
            ExitCode::kOk);
  auto request = cli.server.Last<v1::UpdateUserRequest>();
  EXPECT_THAT(request.update_mask().paths(), ElementsAre("sso_override"));
  EXPECT_EQ(request.user().sso_override().mode(), v1::SsoOverride::MODE_REQUIRE_SSO);
  EXPECT_EQ(request.user().sso_override().sso_profile(), "organizations/acme/ssoProfiles/okta");
  EXPECT_EQ(cli.Run("user update u1 --org acme --sso exempt --reason kiosk").exit_code,
            ExitCode::kOk);
  EXPECT_EQ(cli.server.Last<v1::UpdateUserRequest>().user().sso_override().reason(), "kiosk");
  EXPECT_EQ(cli.Run("user update u1 --org acme --sso follow-domain").exit_code, ExitCode::kOk);
  request = cli.server.Last<v1::UpdateUserRequest>();
  EXPECT_EQ(request.user().sso_override().mode(), v1::SsoOverride::MODE_FOLLOW_DOMAIN);
  EXPECT_EQ(cli.Run("user update u1 --org acme --role admin --reason kiosk").exit_code,
            ExitCode::kUsage);  // of what?
}

TEST(User, UpdateOfNothingIsRefusedHere) {
  CliRunner cli;
  const CliResult result = cli.Run("user update u1 --org acme");
  EXPECT_EQ(result.exit_code, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("--role"));
  EXPECT_EQ(cli.Run("user update u1 --org acme --suspend --reinstate").exit_code, ExitCode::kUsage);
  EXPECT_EQ(cli.server.CallCount(), 0u);
}

TEST(User, ListSendsTheFilters) {
  CliRunner cli;
  const CliResult result = cli.Run(
      "user list --org acme --domain acme.example --type independent --role member "
      "--sso-status not-enforced");
  EXPECT_EQ(result.exit_code, ExitCode::kOk);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "no users in organizations/acme with these filters\n");
  const auto request = cli.server.Last<v1::ListUsersRequest>();
  EXPECT_EQ(request.domain(), "acme.example");
  EXPECT_EQ(request.type(), v1::User::TYPE_INDEPENDENT);
  EXPECT_EQ(request.role(), v1::User::ROLE_MEMBER);
  EXPECT_EQ(request.sso_status(), v1::User::SSO_STATUS_NOT_ENFORCED);
}

class ManyUsers : public testing::Test {
 protected:
  ManyUsers() {
    for (int i = 0; i < 2500; ++i) {
      const std::string id = "u" + std::to_string(i);
      cli.server.users.push_back(MakeUser(id, id + "@acme.example"));
    }
  }
  CliRunner cli;
};

TEST_F(ManyUsers, AreListedToTheLastPage) {
  const CliResult result = cli.Run("user list --org acme");
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 2501);
  EXPECT_THAT(result.out, HasSubstr("u2499@acme.example"));
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(cli.server.CallCount(), 3u);
}

TEST_F(ManyUsers, AreCutAtTheLimit) {
  const CliResult result = cli.Run("user list --org acme --limit 1200 --page-size 500");
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1201);
  EXPECT_EQ(result.err, "the first 1,200 users in organizations/acme; there are more\n");
  EXPECT_EQ(cli.server.Last<v1::ListUsersRequest>().page_size(), 500);
  EXPECT_EQ(cli.server.CallCount(), 3u);
}

TEST_F(ManyUsers, AreOneJsonArray) {
  const CliResult result = cli.Run("user list --org acme -o json");
  EXPECT_THAT(result.out, StartsWith("[\n  {\n    \"name\": \"organizations/acme/users/u0\",\n"));
  EXPECT_THAT(result.out, EndsWith("\n  }\n]\n"));
  EXPECT_EQ(result.err, "");
}

TEST_F(ManyUsers, AreNoJsonDocumentWhenALaterPageFails) {
  CliResult result = cli.Run("user list --org acme --limit 1 -o json");
  ASSERT_EQ(result.exit_code, ExitCode::kOk);
  // The first page is answered, the second is not.
  cli.server.FailNext(absl::OkStatus());
  cli.server.FailNext(
      Error(absl::StatusCode::kUnavailable, reason::kStoreUnavailable, "the store is away"));
  result = cli.Run("user list --org acme -o json");
  EXPECT_EQ(result.exit_code, ExitCode::kUnavailable);
  EXPECT_THAT(result.out, Not(EndsWith("]\n")));
  EXPECT_THAT(result.err, StartsWith("error: the store is away\n"));
}

TEST(List, OfNothingIsAnEmptyArrayForPrograms) {
  CliRunner cli;
  const CliResult result = cli.Run("domain list --org acme --output json");
  EXPECT_EQ(result.exit_code, ExitCode::kOk);
  EXPECT_EQ(result.out, "[]\n");
  EXPECT_EQ(result.err, "");
}

TEST(Get, IsOneJsonObjectForPrograms) {
  CliRunner cli;
  cli.server.domains.push_back(MakeDomain("acme.example", v1::Domain::STATE_VERIFIED));
  const CliResult result = cli.Run("domain get acme.example --org acme -o json");
  EXPECT_THAT(result.out, StartsWith("{\n  \"name\": \"organizations/acme/domains/acme.example\""));
  EXPECT_THAT(result.out, HasSubstr("\"state\": \"STATE_VERIFIED\""));
  EXPECT_THAT(result.out, EndsWith("}\n"));
}

TEST(GlobalOptions, ComeFromTheEnvironment) {
  CliRunner cli;
  EXPECT_EQ(cli.Run("domain list").exit_code, ExitCode::kUsage);
  cli.variables = {{"GATEHOUSE_ORG", "acme"}, {"GATEHOUSE_SERVER", "10.0.0.1:99"}};
  EXPECT_EQ(cli.Run("domain list").exit_code, ExitCode::kOk);
  EXPECT_EQ(cli.server.Last<v1::ListDomainsRequest>().parent(), "organizations/acme");
  EXPECT_EQ(cli.connected_to, "10.0.0.1:99");

  EXPECT_EQ(cli.Run("--org other domain list --server [::1]:1").exit_code, ExitCode::kOk);
  EXPECT_EQ(cli.server.Last<v1::ListDomainsRequest>().parent(), "organizations/other");
  EXPECT_EQ(cli.connected_to, "[::1]:1");
}

TEST(GlobalOptions, HaveTheServersDefaultAddress) {
  CliRunner cli;
  cli.Run("organization list");
  EXPECT_EQ(cli.connected_to, "127.0.0.1:8443");
}

TEST(GlobalOptions, SayHowTheConnectionIsSecured) {
  CliRunner cli;
  cli.Run("organization list");
  EXPECT_FALSE(cli.security.tls);
  EXPECT_EQ(cli.security.ca_file + cli.security.token + cli.security.token_file, "");
  cli.variables = {{"GATEHOUSE_CA_FILE", "/env/ca"},
                   {"GATEHOUSE_CERT_FILE", "/env/crt"},
                   {"GATEHOUSE_KEY_FILE", "/env/key"},
                   {"GATEHOUSE_TOKEN", "gh_env"},
                   {"GATEHOUSE_TOKEN_FILE", "/env/token"}};
  cli.Run("organization list --tls");
  EXPECT_TRUE(cli.security.tls);
  EXPECT_EQ(cli.security.ca_file, "/env/ca");
  EXPECT_EQ(cli.security.certificate_file, "/env/crt");
  EXPECT_EQ(cli.security.key_file, "/env/key");
  EXPECT_EQ(cli.security.token, "gh_env");
  EXPECT_EQ(cli.security.token_file, "");
  cli.Run("organization list --ca-file /ca --cert-file /crt --key-file /key --token-file /token");
  EXPECT_EQ(cli.security.ca_file, "/ca");
  EXPECT_EQ(cli.security.certificate_file, "/crt");
  EXPECT_EQ(cli.security.key_file, "/key");
  EXPECT_EQ(cli.security.token, "");
  EXPECT_EQ(cli.security.token_file, "/token");
  cli.Run("organization list --cert-file /crt");
  EXPECT_EQ(cli.security.key_file, "") << "of another certificate";
  cli.variables.erase("GATEHOUSE_TOKEN");
  cli.Run("organization list");
  EXPECT_EQ(cli.security.token_file, "/env/token");
}

TEST(Colour, IsForTerminalsThatWantIt) {
  CliRunner cli;
  cli.server.domains.push_back(MakeDomain("acme.example", v1::Domain::STATE_VERIFIED));
  EXPECT_THAT(cli.Run("domain list --org acme").out, Not(HasSubstr("\x1b[")));
  cli.terminal = true;
  EXPECT_THAT(cli.Run("domain list --org acme").out, HasSubstr("\x1b[32mverified\x1b[0m"));
  cli.variables = {{"NO_COLOR", "1"}};
  EXPECT_THAT(cli.Run("domain list --org acme").out, Not(HasSubstr("\x1b[")));
  cli.variables = {{"TERM", "dumb"}};
  EXPECT_THAT(cli.Run("domain list --org acme").out, Not(HasSubstr("\x1b[")));
}

TEST(Errors, OfAMissingResourceSayWhereToLook) {
  CliRunner cli;
  const CliResult result = cli.Run("organization get nobody");
  EXPECT_EQ(result.exit_code, ExitCode::kNotFound);
  EXPECT_EQ(result.err,
            "error: \"organizations/nobody\" does not exist\n"
            "  reason: RESOURCE_NOT_FOUND (NOT_FOUND)\n"
            "next: see what exists: gatehouse organization list\n");
}

TEST(CommandLine, MistakesAreExplained) {
  const struct {
    const char* line;
    const char* message;
  } cases[] = {
      {"organizaton list", "error: unknown command \"organizaton\"; did you mean organization?\n"},
      {"org list", "error: unknown command \"org\"; did you mean organization?\n"},
      {"domain ad x.example", "error: unknown command \"ad\"; did you mean add?\n"},
      {"frobnicate", "error: unknown command \"frobnicate\"\n"},
      {"domain add", "error: DOMAIN is required\n"},
      {"user list --typ managed", "error: unknown option \"--typ\"; did you mean --type?\n"},
      {"user list --rolle=admin", "error: unknown option \"--rolle\"; did you mean --role?\n"},
      {"user list extra", "error: unexpected argument \"extra\"\n"},
      {"user create a@b.example --role boss",
       "error: --role: \"boss\" is not one of member, admin, owner\n"},
      {"domain list -o yaml", "error: --output: \"yaml\" is not one of table, json\n"},
      {"domain list --org", "error: --org needs a value\n"},
      {"domain list --timeout soon", "error: --timeout: \"soon\" is not a period: expected"},
      {"domain list --page-size 1001",
       "error: --page-size: \"1001\" is not a whole number from 1 to 1,000\n"},
      {"check a@b.example --min-revision -3",
       "error: --min-revision: \"-3\" is not a whole number from 0 on\n"},
      {"organization get a/b", "error: organization \"a/b\": expected an id like acme"},
      {"domain list", "error: which organization? Give --org (or set GATEHOUSE_ORG)\n"},
      {"exemption create u1 --kind triggering-admin",
       "error: --kind: \"triggering-admin\" is not one of break-glass, service-account\n"},
  };
  for (const auto& c : cases) {
    CliRunner cli;
    const CliResult result = cli.Run(c.line);
    EXPECT_EQ(result.exit_code, ExitCode::kUsage) << c.line;
    EXPECT_THAT(result.err, StartsWith(c.message)) << c.line;
    EXPECT_EQ(result.out, "") << c.line;
    EXPECT_EQ(cli.server.CallCount(), 0u) << c.line;
  }
}

TEST(CommandLine, ShowsTheRightFormAfterAMistake) {
  CliRunner cli;
  EXPECT_THAT(cli.Run("domain add").err, EndsWith("usage: gatehouse domain add DOMAIN [options]\n"
                                                  "More: gatehouse domain add --help\n"));
}

TEST(CommandLine, MustBeUtf8) {
  CliRunner cli;
  const CliResult result = cli.Run({"user", "lookup", "b\xfc@acme.example", "--org", "acme"});
  EXPECT_EQ(result.exit_code, ExitCode::kUsage);
  EXPECT_THAT(result.err, StartsWith("error: argument \"b\\xfc@acme.example\" is not UTF-8\n"));
}

TEST(CommandLine, TakesAnOrganizationThatIsCalledLikeACommand) {
  CliRunner cli;
  EXPECT_EQ(cli.Run("organization create user").exit_code, ExitCode::kOk);
  EXPECT_EQ(cli.server.Last<v1::CreateOrganizationRequest>().organization_id(), "user");
}

TEST(CommandLine, ShowsHelpForAnUnfinishedCommand) {
  CliRunner cli;
  CliResult result = cli.Run("");
  EXPECT_EQ(result.exit_code, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("Commands:"));
  EXPECT_THAT(result.out, IsEmpty());
  result = cli.Run("domain");
  EXPECT_EQ(result.exit_code, ExitCode::kUsage);
  EXPECT_THAT(result.err, HasSubstr("gatehouse domain COMMAND"));
}

TEST(Version, IsShownBothWays) {
  CliRunner cli;
  for (const char* line : {"version", "--version", "-V"}) {
    const CliResult result = cli.Run(line);
    EXPECT_EQ(result.exit_code, ExitCode::kOk);
    EXPECT_THAT(result.out, StartsWith("gatehouse "));
    EXPECT_THAT(result.out, HasSubstr("gatehouse.v1"));
  }
}

}  // namespace
}  // namespace gatehouse::cli
