// token.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/match.h"
#include "gatehouse/v1/access_token_service.pb.h"
#include "policy/errors.h"
#include "tests/client/cli/cli_runner.h"

namespace gatehouse::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

// How often the fake's secret is in what a command wrote.
int SecretsIn(const CliResult& result) {
  const std::string all = result.out + result.err;
  int count = 0;
  for (size_t at = all.find(kFakeSecret); at != std::string::npos;
       at = all.find(kFakeSecret, at + 1)) {
    ++count;
  }
  return count;
}

v1::AccessToken MakeToken(const std::string& id, v1::AccessRole role,
                          v1::AccessToken::State state) {
  v1::AccessToken token;
  token.set_name("accessTokens/" + id);
  token.set_display_name("for " + id);
  token.set_role(role);
  token.set_state(state);
  token.set_creator("accessTokens/k1");
  *token.mutable_create_time() = TimeAgo(absl::Hours(50));
  return token;
}

TEST(Token, IsCreatedAndItsSecretShownOnce) {
  CliRunner cli;
  const CliResult result =
      cli.Run({"token", "create", "--role", "gateway", "--name", "login portal"});
  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.err;
  EXPECT_THAT(result.out, StartsWith("name    accessTokens/knew\n"
                                     "for     login portal\n"
                                     "role    gateway\n"));
  EXPECT_THAT(result.out, HasSubstr(std::string("secret  ") + kFakeSecret + "\n"));
  EXPECT_EQ(SecretsIn(result), 1);
  EXPECT_THAT(result.err, HasSubstr("the secret is shown this once"));
  const auto token = cli.server.Last<v1::CreateAccessTokenRequest>().access_token();
  EXPECT_EQ(token.role(), v1::ACCESS_ROLE_GATEWAY);
  EXPECT_EQ(token.display_name(), "login portal");
  EXPECT_FALSE(token.has_expire_time());
}

TEST(Token, IsCreatedWithItsScopeAndItsEnd) {
  CliRunner cli;
  EXPECT_EQ(cli.Run("token create --role organization-admin --name console --acting-admin "
                    "organizations/acme/users/u1 --acting-admin organizations/beta/users/u2 "
                    "--expires 90d")
                .exit_code,
            ExitCode::kOk);
  auto token = cli.server.Last<v1::CreateAccessTokenRequest>().access_token();
  EXPECT_THAT(token.acting_admins(),
              ElementsAre("organizations/acme/users/u1", "organizations/beta/users/u2"));
  EXPECT_THAT(token.organizations(), IsEmpty());
  EXPECT_EQ(token.expire_time().seconds(), absl::ToUnixSeconds(cli.now + absl::Hours(24 * 90)));
  EXPECT_EQ(cli.Run("token create --role auditor --name audit --organization acme").exit_code,
            ExitCode::kOk);
  token = cli.server.Last<v1::CreateAccessTokenRequest>().access_token();
  EXPECT_THAT(token.organizations(), ElementsAre("organizations/acme"));
}

TEST(Token, IsCreatedForAProgramThatReadsJson) {
  CliRunner cli;
  const CliResult result = cli.Run("token create --role operator --name deployment --output json");
  EXPECT_EQ(result.exit_code, ExitCode::kOk);
  EXPECT_THAT(result.out, StartsWith("{"));
  EXPECT_THAT(result.out, HasSubstr(std::string("\"secret\": \"") + kFakeSecret + "\""));
  EXPECT_THAT(result.out, HasSubstr("\"role\": \"ACCESS_ROLE_OPERATOR\""));
  EXPECT_EQ(SecretsIn(result), 1);
}

TEST(Token, IsListedWithStateAndScope) {
  CliRunner cli;
  v1::AccessToken used = MakeToken("k2", v1::ACCESS_ROLE_AUDITOR, v1::AccessToken::STATE_ACTIVE);
  used.add_organizations("organizations/acme");
  *used.mutable_last_use_time() = TimeAgo(absl::Minutes(3));
  cli.server.tokens = {used,
                       MakeToken("k3", v1::ACCESS_ROLE_OPERATOR, v1::AccessToken::STATE_REVOKED)};
  EXPECT_EQ(cli.Run("token list").out,
            "TOKEN  ROLE      STATE    EXPIRES  LAST USED      FOR     SCOPE\n"
            "k2     auditor   active   -        3 minutes ago  for k2  organizations/acme\n"
            "k3     operator  revoked  -        -              for k3  -\n");
  const CliResult json = cli.Run("token list --output json");
  EXPECT_THAT(json.out, HasSubstr("\"state\": \"STATE_REVOKED\""));
  EXPECT_THAT(json.out, HasSubstr("accessTokens/k2"));
}

TEST(Token, IsShownWithoutItsSecret) {
  CliRunner cli;
  cli.server.tokens = {MakeToken("k2", v1::ACCESS_ROLE_GATEWAY, v1::AccessToken::STATE_EXPIRED)};
  for (const char* command : {"token get k2", "token get accessTokens/k2"}) {
    const CliResult result = cli.Run(command);
    EXPECT_THAT(result.out, StartsWith("name        accessTokens/k2\n"));
    EXPECT_THAT(result.out, HasSubstr("state       expired\n"));
    EXPECT_THAT(result.out, HasSubstr("created by  accessTokens/k1\n"));
    EXPECT_THAT(result.out + result.err, Not(HasSubstr("secret")));
  }
}

TEST(Token, IsRotatedWithAnOverlap) {
  CliRunner cli;
  cli.server.tokens = {MakeToken("k2", v1::ACCESS_ROLE_GATEWAY, v1::AccessToken::STATE_ACTIVE)};
  const CliResult result = cli.Run("token rotate k2 --overlap-hours 24");
  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.err;
  EXPECT_EQ(SecretsIn(result), 1);
  const auto request = cli.server.Last<v1::RotateAccessTokenRequest>();
  EXPECT_EQ(request.name(), "accessTokens/k2");
  EXPECT_EQ(request.overlap().seconds(), 24 * 3600);
  EXPECT_EQ(cli.Run("token rotate k2").exit_code, ExitCode::kOk);
  EXPECT_EQ(cli.server.Last<v1::RotateAccessTokenRequest>().overlap().seconds(), 0);
}

TEST(Token, IsRevoked) {
  CliRunner cli;
  cli.server.tokens = {MakeToken("k2", v1::ACCESS_ROLE_GATEWAY, v1::AccessToken::STATE_ACTIVE)};
  const CliResult result = cli.Run("token revoke k2");
  EXPECT_EQ(result.exit_code, ExitCode::kOk);
  EXPECT_THAT(result.out, HasSubstr("state       revoked\n"));
  EXPECT_EQ(cli.server.Last<v1::RevokeAccessTokenRequest>().name(), "accessTokens/k2");
}

TEST(Token, IsNotAskedForByACommandLineThatIsWrong) {
  CliRunner cli;
  for (const char* command :
       {"token create --name x", "token create --role gateway", "token create --role king --name x",
        "token create --role gateway --name x --expires yesterday",
        "token create --role organization-admin --name x --acting-admin u1", "token get",
        "token rotate k2 --overlap-hours 721", "token rotate k2 --overlap-hours -1",
        "token revoke"}) {
    const CliResult result = cli.Run(command);
    EXPECT_EQ(result.exit_code, ExitCode::kUsage) << command;
    EXPECT_EQ(result.out, "") << command;
  }
  EXPECT_EQ(cli.server.CallCount(), 0u);
}

TEST(Token, ThatIsMissingOrTheLastIsAnErrorWithItsReason) {
  CliRunner cli;
  const CliResult missing = cli.Run("token get none");
  EXPECT_EQ(missing.exit_code, ExitCode::kNotFound);
  EXPECT_EQ(missing.out, "");
  EXPECT_THAT(missing.err, HasSubstr("accessTokens/none"));
  cli.server.FailNext(Error(absl::StatusCode::kPermissionDenied, reason::kPermissionDenied,
                            "the credential's role may not call this method"));
  const CliResult refused = cli.Run("token create --role gateway --name x");
  EXPECT_NE(refused.exit_code, ExitCode::kOk);
  EXPECT_THAT(refused.err, HasSubstr("PERMISSION_DENIED"));
  EXPECT_EQ(SecretsIn(refused), 0);
}

}  // namespace
}  // namespace gatehouse::cli
