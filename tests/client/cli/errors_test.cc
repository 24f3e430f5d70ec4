#include "client/cli/errors.h"

#include <gtest/gtest.h>

#include <sstream>

#include "client/cli/advice.h"
#include "gatehouse/v1/errors.pb.h"
#include "policy/errors.h"

namespace gatehouse::cli {
namespace {

std::string Printed(const absl::Status& status) {
  std::ostringstream err;
  PrintError(status, Palette(false), err);
  return err.str();
}

TEST(PrintError, ShowsReasonResourcesAndNextSteps) {
  EXPECT_EQ(Printed(Error(absl::StatusCode::kFailedPrecondition, reason::kDomainNotVerified,
                          "cannot enforce")
                        .Violation({.reason = "DOMAIN_NOT_VERIFIED",
                                    .resource = "organizations/acme/domains/a.example",
                                    .description = "it is PENDING"})
                        .Violation({.reason = "CONNECTION_TEST_STALE",
                                    .resource = "organizations/acme/ssoProfiles/okta",
                                    .description = "it has changed"})
                        .Build()),
            "error: cannot enforce\n"
            "  reason: DOMAIN_NOT_VERIFIED (FAILED_PRECONDITION)\n"
            "  organizations/acme/domains/a.example: it is PENDING\n"
            "  CONNECTION_TEST_STALE organizations/acme/ssoProfiles/okta: it has changed\n"
            "next: gatehouse domain verify organizations/acme/domains/a.example\n"
            "next: gatehouse test start organizations/acme/ssoProfiles/okta\n");
}

TEST(PrintError, ShowsEveryFieldAtFault) {
  EXPECT_EQ(Printed(Error(absl::StatusCode::kInvalidArgument, reason::kInvalidField, "two mistakes")
                        .Field("saml.acs_url", "an https URL")
                        .Field("saml.idp_entity_id", "1 to 1,024 bytes")
                        .Build()),
            "error: two mistakes\n"
            "  reason: INVALID_FIELD (INVALID_ARGUMENT)\n"
            "  field saml.acs_url: expected an https URL\n"
            "  field saml.idp_entity_id: expected 1 to 1,024 bytes\n");
}

TEST(PrintError, DoesNotRepeatWhatTheMessageSays) {
  EXPECT_EQ(Printed(InvalidField("email", "x@@y", "exactly one '@'")),
            "error: email \"x@@y\": expected exactly one '@'\n"
            "  reason: INVALID_FIELD (INVALID_ARGUMENT)\n");
  EXPECT_EQ(Printed(ResourceNotFound("organizations/acme/domains/x.example")),
            "error: \"organizations/acme/domains/x.example\" does not exist\n"
            "  reason: RESOURCE_NOT_FOUND (NOT_FOUND)\n"
            "next: see what exists: gatehouse domain list --org acme\n");
}

TEST(PrintError, ShowsWhenToRetry) {
  EXPECT_EQ(Printed(Error(absl::StatusCode::kUnavailable, reason::kRevisionNotReached,
                          "revision 9 is not reached")
                        .RetryAfterMs(1500)
                        .Build()),
            "error: revision 9 is not reached\n"
            "  reason: REVISION_NOT_REACHED (UNAVAILABLE)\n"
            "  retry after: 1.5s\n"
            "next: this server is behind; try again in a moment\n");
}

TEST(PrintError, NeutralizesWhatTheServerSays) {
  EXPECT_EQ(Printed(absl::InternalError("\x1b]0;x\n")),
            "error: \\u{001B}]0;x\\u{000A}\n  reason: INTERNAL\n");
}

TEST(PrintError, OfTheCommandLineHasNoReason) {
  EXPECT_EQ(Printed(UsageError("which organization?")), "error: which organization?\n");
}

TEST(ExitCodeOf, TellsClassesOfFailureApart) {
  const auto of = [](absl::StatusCode code) { return ExitCodeOf(absl::Status(code, "x")); };
  EXPECT_EQ(ExitCodeOf(UsageError("x")), ExitCode::kUsage);
  EXPECT_EQ(of(absl::StatusCode::kInvalidArgument), ExitCode::kFailed);
  EXPECT_EQ(of(absl::StatusCode::kNotFound), ExitCode::kNotFound);
  EXPECT_EQ(of(absl::StatusCode::kFailedPrecondition), ExitCode::kRefused);
  EXPECT_EQ(of(absl::StatusCode::kAborted), ExitCode::kRefused);
  EXPECT_EQ(of(absl::StatusCode::kAlreadyExists), ExitCode::kRefused);
  EXPECT_EQ(of(absl::StatusCode::kUnavailable), ExitCode::kUnavailable);
  EXPECT_EQ(of(absl::StatusCode::kDeadlineExceeded), ExitCode::kUnavailable);
  EXPECT_EQ(of(absl::StatusCode::kDataLoss), ExitCode::kFailed);
  EXPECT_EQ(of(absl::StatusCode::kResourceExhausted), ExitCode::kFailed);
  EXPECT_EQ(ExitCodeOf(Error(absl::StatusCode::kResourceExhausted, reason::kOverloaded, "busy")),
            ExitCode::kUnavailable);
  EXPECT_EQ(ExitCodeOf(Declined()), ExitCode::kFailed);
}

TEST(NextStep, KnowsEveryReasonOfTheApi) {
  const auto& reasons = *v1::ErrorReason_descriptor();
  for (int i = 0; i < reasons.value_count(); ++i) {
    const std::string name = reasons.value(i)->name().substr(std::string("ERROR_REASON_").size());
    // Which fields, and what was expected, is all there is to say.
    if (name == "UNSPECIFIED" || name == "INVALID_FIELD") continue;
    EXPECT_NE(NextStep(name, "organizations/acme/ssoProfiles/okta"), "") << name;
  }
}

TEST(NextStep, NamesThePartsOfTheSubject) {
  EXPECT_EQ(
      NextStep("CONNECTION_TEST_EXPIRED", "organizations/acme/ssoProfiles/okta/connectionTests/t1"),
      "start another: gatehouse test start organizations/acme/ssoProfiles/okta");
  EXPECT_EQ(NextStep("USER_EXISTS", "organizations/acme"),
            "find the user by address: gatehouse user lookup EMAIL --org acme");
  EXPECT_EQ(NextStep("USER_EXISTS", ""), "find the user by address: gatehouse user lookup EMAIL");
  EXPECT_EQ(NextStep("RESOURCE_EXISTS", "organizations/acme/ssoProfiles/okta"),
            "see it: gatehouse profile get organizations/acme/ssoProfiles/okta");
  EXPECT_EQ(NextStep("RESOURCE_NOT_FOUND", "organizations/nobody"),
            "see what exists: gatehouse organization list");
  EXPECT_EQ(NextStep("SOMETHING_NEW", "x"), "");
}

}  // namespace
}  // namespace gatehouse::cli
