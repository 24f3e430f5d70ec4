// check, check-batch and user import.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "gatehouse/v1/login_service.pb.h"
#include "gatehouse/v1/user_service.pb.h"
#include "policy/errors.h"
#include "tests/client/cli/cli_runner.h"

namespace gatehouse::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

v1::CheckLoginResponse Decision(v1::Verdict verdict, v1::DecisionReason reason) {
  v1::CheckLoginResponse decision;
  decision.set_verdict(verdict);
  decision.set_reason(reason);
  decision.set_revision(42);
  return decision;
}

class CheckTest : public testing::Test {
 protected:
  CheckTest() {
    v1::CheckLoginResponse enforced =
        Decision(v1::VERDICT_REQUIRE_SSO, v1::DECISION_REASON_ENFORCED);
    enforced.set_organization("organizations/acme");
    enforced.set_matched_domain("acme.example");
    enforced.mutable_sso()->set_sso_profile("organizations/acme/ssoProfiles/okta");
    enforced.mutable_sso()->set_protocol(v1::SsoDestination::PROTOCOL_SAML);
    enforced.mutable_sso()->set_sign_in_url("https://idp.example/sso");
    enforced.mutable_sso()->set_issuer("urn:idp");
    enforced.mutable_sso()->set_login_hint("alice@acme.example");
    *enforced.mutable_enforced_since() = TimeAgo(absl::Hours(1));
    enforced.set_enforced_since_revision(40);
    enforced.mutable_cache_ttl()->set_seconds(30);
    cli.server.decisions["alice@acme.example"] = enforced;
    cli.server.decisions["bob@other.example"] =
        Decision(v1::VERDICT_ALLOW_PASSWORD, v1::DECISION_REASON_DOMAIN_NOT_ENFORCED);
    cli.server.decisions["eve@acme.example"] =
        Decision(v1::VERDICT_DENY, v1::DECISION_REASON_USER_SUSPENDED);
  }
  CliRunner cli;
};

TEST_F(CheckTest, ShowsTheDecision) {
  const CliResult result =
      cli.Run("check alice@acme.example --action password-reset --min-revision 40");
  EXPECT_EQ(result.exit_code, ExitCode::kOk);
  EXPECT_EQ(result.out,
            "verdict            require-sso\n"
            "because            enforced\n"
            "organization       organizations/acme\n"
            "domain             acme.example\n"
            "profile            organizations/acme/ssoProfiles/okta\n"
            "protocol           saml\n"
            "sign in at         https://idp.example/sso\n"
            "identity provider  urn:idp\n"
            "login hint         alice@acme.example\n"
            "enforced since     2026-05-28T19:26:40Z (1 hour ago)\n"
            "since revision     40\n"
            "revision           42\n"
            "may be cached for  30s\n");
  const auto request = cli.server.Last<v1::CheckLoginRequest>();
  EXPECT_EQ(request.action(), v1::LOGIN_ACTION_PASSWORD_RESET);
  EXPECT_EQ(request.min_revision(), 40);
}

TEST_F(CheckTest, EndsWithTheVerdictWhenAskedTo) {
  EXPECT_EQ(cli.Run("check bob@other.example --exit-code").exit_code, ExitCode::kOk);
  EXPECT_EQ(cli.Run("check alice@acme.example --exit-code").exit_code, ExitCode::kRequireSso);
  EXPECT_EQ(cli.Run("check eve@acme.example --exit-code").exit_code, ExitCode::kDeny);
  EXPECT_EQ(cli.Run("check eve@acme.example").exit_code, ExitCode::kOk);
}

TEST_F(CheckTest, TakesAnUnknownVerdictForNoPassword) {
  cli.server.decisions["x@acme.example"] =
      Decision(static_cast<v1::Verdict>(9), v1::DECISION_REASON_UNSPECIFIED);
  EXPECT_EQ(cli.Run("check x@acme.example --exit-code").exit_code, ExitCode::kDeny);
}

TEST_F(CheckTest, AFailureIsNoVerdict) {
  cli.server.FailNext(
      Error(absl::StatusCode::kUnavailable, reason::kStoreUnavailable, "the store is away"));
  const CliResult result = cli.Run("check alice@acme.example --exit-code");
  EXPECT_EQ(result.exit_code, ExitCode::kUnavailable);
  EXPECT_EQ(result.out, "");
  cli.server.FailNext(Error(absl::StatusCode::kDataLoss, reason::kStoreCorrupt, "damaged"));
  EXPECT_EQ(cli.Run("check alice@acme.example --exit-code").exit_code, ExitCode::kFailed);
}

TEST_F(CheckTest, BatchNamesEachAddress) {
  cli.input = "alice@acme.example\r\n\n  bob@other.example  \nno-address";
  const CliResult result = cli.Run("check-batch -");
  EXPECT_EQ(result.exit_code, ExitCode::kSomeRowsFailed);
  EXPECT_EQ(result.out,
            "EMAIL               VERDICT         BECAUSE              "
            "PROFILE                              ERROR\n"
            "alice@acme.example  require-sso     enforced             "
            "organizations/acme/ssoProfiles/okta  -\n"
            "bob@other.example   allow-password  domain-not-enforced  "
            "-                                    -\n"
            "no-address          -               -                    "
            "-                                    "
            "email \"no-address\": expected exactly one '@'\n");
  EXPECT_EQ(result.err, "1 of 3 addresses could not be decided\n");
}

TEST_F(CheckTest, BatchIsOneJsonArray) {
  cli.input = "bob@other.example\nx\"y\n";
  const CliResult result = cli.Run("check-batch - -o json --action email-change");
  EXPECT_EQ(result.exit_code, ExitCode::kSomeRowsFailed);
  EXPECT_THAT(result.out, StartsWith("[\n  {\n    \"email\": \"bob@other.example\",\n"
                                     "    \"decision\": {\n"
                                     "      \"verdict\": \"VERDICT_ALLOW_PASSWORD\","));
  EXPECT_THAT(result.out, HasSubstr("{\n    \"email\": \"x\\\"y\",\n    \"error\": {\n"));
  EXPECT_THAT(result.out, EndsWith("\n]\n"));
  EXPECT_EQ(cli.server.Last<v1::BatchCheckLoginRequest>().action(), v1::LOGIN_ACTION_EMAIL_CHANGE);
}

TEST_F(CheckTest, BatchGoesInThousands) {
  std::string addresses;
  for (int i = 0; i < 2001; ++i) addresses += "bob@other.example\n";
  const TempFile file(addresses);
  const CliResult result = cli.Run({"check-batch", file.path()});
  EXPECT_EQ(result.exit_code, ExitCode::kOk);
  EXPECT_EQ(cli.server.CallCount(), 3u);
  EXPECT_EQ(cli.server.Last<v1::BatchCheckLoginRequest>().emails_size(), 1);
}

TEST_F(CheckTest, BatchOfNothingCallsNobody) {
  cli.input = "\n\n";
  const CliResult result = cli.Run("check-batch -");
  EXPECT_EQ(result.exit_code, ExitCode::kOk);
  EXPECT_EQ(result.err, "no addresses\n");
  EXPECT_EQ(cli.Run("check-batch - -o json").out, "[]\n");
  EXPECT_EQ(cli.server.CallCount(), 0u);
  EXPECT_EQ(cli.Run("check-batch /nonexistent").exit_code, ExitCode::kUsage);
}

TEST_F(CheckTest, BatchReplacesBytesThatAreNoText) {
  cli.input = "b\xfc@acme.example\n";
  const CliResult result = cli.Run("check-batch -");
  EXPECT_EQ(result.exit_code, ExitCode::kSomeRowsFailed);
  EXPECT_EQ(cli.server.Last<v1::BatchCheckLoginRequest>().emails(0), "b\uFFFD@acme.example");
}

constexpr char kCsv[] =
    "email,display_name,role\n"
    "alice@acme.example,\"Alice\nMartin\",admin\n"
    "bob@acme.example,Bob,king\n"
    "carol@acme.example,Carol,\n";

class ImportTest : public testing::Test {
 protected:
  ImportTest() {
    v1::ImportUsersResponse& outcome = cli.server.import_outcome;
    outcome.set_row_count(2);
    outcome.set_created_count(1);
    outcome.set_failed_count(1);
    outcome.set_revision(9);
    outcome.add_outcomes(v1::ImportUsersResponse::RowResult::OUTCOME_CREATED);
    outcome.add_outcomes(v1::ImportUsersResponse::RowResult::OUTCOME_FAILED);
    auto& failure = *outcome.add_failures();
    failure.set_row_number(5);
    failure.set_outcome(v1::ImportUsersResponse::RowResult::OUTCOME_FAILED);
    failure.mutable_error()->set_code(3);
    failure.mutable_error()->set_message("email \"carol\": expected a better one");
    failure.mutable_error()->mutable_details()->mutable_info()->set_domain("gatehouse");
    failure.mutable_error()->mutable_details()->mutable_info()->set_reason("INVALID_FIELD");
  }
  CliRunner cli;
};

TEST_F(ImportTest, NamesTheLineOfEachBadRowAndSumsUp) {
  cli.input = kCsv;
  const CliResult result = cli.Run("user import - --org acme");
  EXPECT_EQ(result.exit_code, ExitCode::kSomeRowsFailed) << result.err;
  EXPECT_THAT(result.out, StartsWith("LINE  EMAIL"));
  EXPECT_THAT(result.out, HasSubstr("\n   4  bob@acme.example    INVALID_FIELD  "));
  EXPECT_THAT(result.out, HasSubstr("\n   5  carol@acme.example  INVALID_FIELD  email "
                                    "\"carol\": expected a better one\n"));
  EXPECT_THAT(result.out, EndsWith("\n"
                                   "ROWS       COUNT  WHAT IT MEANS\n"
                                   "created        1  new users\n"
                                   "updated        0  name or role changed\n"
                                   "claimed        0  independent users, now managed\n"
                                   "unchanged      0  were as the file says\n"
                                   "failed         2  not imported\n"
                                   "\n"
                                   "3 rows of a file in the format \"plain\"; revision 9\n"));
  EXPECT_EQ(result.err, "");
  const auto request = cli.server.Last<v1::ImportUsersRequest>();
  EXPECT_EQ(request.parent(), "organizations/acme");
  EXPECT_FALSE(request.validate_only());
  ASSERT_EQ(request.rows_size(), 2);
  EXPECT_EQ(request.rows(0).display_name(), "Alice Martin");
  EXPECT_EQ(request.rows(1).row_number(), 5);
}

TEST_F(ImportTest, ReportsToPrograms) {
  const TempFile file(kCsv);
  const CliResult result =
      cli.Run({"user", "import", file.path(), "--org", "acme", "--validate-only", "-o", "json"});
  EXPECT_EQ(result.exit_code, ExitCode::kSomeRowsFailed);
  EXPECT_THAT(result.out, StartsWith("{\n  \"format\": \"plain\",\n  \"validateOnly\": true,\n"
                                     "  \"rowCount\": 3,\n  \"createdCount\": 1,\n"));
  EXPECT_THAT(result.out, HasSubstr("    {\"line\": 5, \"email\": \"carol@acme.example\", "
                                    "\"reason\": \"INVALID_FIELD\", \"message\": "));
  EXPECT_THAT(result.out, EndsWith("\n  ]\n}\n"));
  EXPECT_TRUE(cli.server.Last<v1::ImportUsersRequest>().validate_only());
}

TEST_F(ImportTest, ShowsProgressOnlyOnATerminal) {
  const TempFile file(kCsv);
  cli.terminal = true;
  cli.variables["NO_COLOR"] = "1";
  const CliResult result = cli.Run({"user", "import", file.path(), "--org", "acme"});
  EXPECT_THAT(result.err, StartsWith("\r\x1b[K3 rows read, 2 done, 2 failed, 100 %, "));
  // The line is gone when the report is there.
  EXPECT_THAT(result.err, EndsWith(" rows/s\r\x1b[K"));
  EXPECT_THAT(result.out, Not(HasSubstr("\x1b")));

  // A program reads what is said.
  EXPECT_EQ(cli.Run({"user", "import", file.path(), "--org", "acme", "-o", "json"}).err, "");
}

TEST_F(ImportTest, RefusesAFileThatIsNone) {
  cli.input = "name;phone\nx;y\n";
  const CliResult result = cli.Run("user import - --org acme");
  EXPECT_EQ(result.exit_code, ExitCode::kUsage);
  EXPECT_THAT(result.err, StartsWith("error: header"));
  EXPECT_EQ(cli.server.CallCount(), 0u);
  EXPECT_EQ(cli.Run("user import /nonexistent --org acme").exit_code, ExitCode::kUsage);
  EXPECT_EQ(cli.Run("user import - --org acme --format ldif").exit_code, ExitCode::kUsage);
  cli.input = kCsv;
  EXPECT_EQ(cli.Run("user import - --org acme --format okta --separator semicolon").exit_code,
            ExitCode::kUsage);
}

TEST_F(ImportTest, SaysWhatWasDoneBeforeAFailure) {
  cli.input = kCsv;
  cli.server.FailNext(
      Error(absl::StatusCode::kDataLoss, reason::kStoreCorrupt, "the store is damaged"));
  const CliResult result = cli.Run("user import - --org acme");
  EXPECT_NE(result.exit_code, ExitCode::kOk);
  EXPECT_THAT(result.out, HasSubstr("3 rows of a file"));
  EXPECT_THAT(result.err,
              StartsWith("error: the store is damaged; the server has acknowledged 0 "));
}

TEST_F(ImportTest, GoesOnByItselfWhenTheServerWasAway) {
  cli.input = kCsv;
  cli.server.FailNext(
      Error(absl::StatusCode::kUnavailable, reason::kStoreUnavailable, "the store is away"));
  const CliResult result = cli.Run("user import - --org acme");
  EXPECT_EQ(result.exit_code, ExitCode::kSomeRowsFailed) << result.err;
  EXPECT_THAT(result.out, HasSubstr("created        1  new users\n"));
  EXPECT_EQ(cli.server.CallCount(), 2u);
}

TEST_F(ImportTest, OfAnUnknownOrganizationIsNotFound) {
  cli.input = kCsv;
  cli.server.FailNext(ResourceNotFound("organizations/nobody"));
  EXPECT_EQ(cli.Run("user import - --org nobody").exit_code, ExitCode::kNotFound);
}

TEST(LoginReport, SendsEveryOption) {
  CliRunner cli;
  cli.server.reported.set_revision(42);
  const CliResult result =
      cli.Run({"login", "report", "alice@acme.example", "--org", "acme", "--method", "sso",
               "--outcome", "failed", "--profile", "okta", "--failure-reason", "no answer"});
  EXPECT_EQ(result.exit_code, ExitCode::kOk) << result.err;
  EXPECT_EQ(result.out, "revision  42\n");
  EXPECT_EQ(result.err, "");
  const auto request = cli.server.Last<v1::ReportLoginRequest>();
  EXPECT_EQ(request.email(), "alice@acme.example");
  EXPECT_EQ(request.method(), v1::ReportLoginRequest::METHOD_SSO);
  EXPECT_EQ(request.outcome(), v1::ReportLoginRequest::OUTCOME_FAILED);
  EXPECT_EQ(request.sso_profile(), "organizations/acme/ssoProfiles/okta");
  EXPECT_EQ(request.failure_reason(), "no answer");
}

TEST(LoginReport, SaysWhenItWasForgotten) {
  CliRunner cli;
  const CliResult result =
      cli.Run("login report eve@other.example --method password --outcome succeeded");
  EXPECT_EQ(result.exit_code, ExitCode::kOk);
  EXPECT_THAT(result.err, HasSubstr("forgotten"));
  EXPECT_EQ(cli.Run("login report eve@other.example --outcome succeeded").exit_code,
            ExitCode::kUsage);  // no method
}

}  // namespace
}  // namespace gatehouse::cli
