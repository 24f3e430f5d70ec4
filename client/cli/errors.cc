#include "client/cli/errors.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "client/cli/advice.h"
#include "policy/errors.h"

namespace gatehouse::cli {
namespace {

constexpr char kUsagePayload[] = "gatehouse.cli/usage";
constexpr char kDeclinedPayload[] = "gatehouse.cli/declined";
// Metadata of NOT_FOUND errors: the name that does not exist.
constexpr char kResourceKey[] = "resource";

// What to do next, in the order of what stands in the way.
std::vector<std::string> NextSteps(const ErrorDetails& details) {
  std::vector<std::string> steps;
  const auto add = [&steps](std::string step) {
    if (!step.empty() && !absl::c_linear_search(steps, step)) steps.push_back(std::move(step));
  };
  for (const PreconditionViolation& violation : details.precondition_violations) {
    add(NextStep(violation.reason.empty() ? details.reason : violation.reason, violation.resource));
  }
  if (details.precondition_violations.empty()) {
    const auto resource = details.metadata.find(kResourceKey);
    add(NextStep(details.reason, resource == details.metadata.end() ? "" : resource->second));
  }
  return steps;
}

// What gRPC and OpenSSL say when there is no connection, and what that means.
struct TlsFailure {
  absl::string_view said;
  absl::string_view advice;
};
constexpr TlsFailure kTlsFailures[] = {
    {"wrong version number",
     "the server does not speak TLS: leave out --tls and --ca-file if it is on this machine"},
    {"certificate verify failed",
     "the server's certificate is not one that you trust (or has ended): name its authority by "
     "--ca-file (or GATEHOUSE_CA_FILE)"},
    {"EVP lib",
     "the server's certificate is not signed by the authority in --ca-file (or "
     "GATEHOUSE_CA_FILE)"},
    {"Hostname Verification Check failed",
     "the certificate is for another name: give --server by one of the names in it"},
    {"not in peer certificate",
     "the certificate is for another name: give --server by one of the names in it"},
    {"certificate required", "the server asks for your certificate: --cert-file and --key-file"},
    {"Socket closed",
     "the server has hung up: perhaps it speaks TLS (--ca-file or --tls), or asks for your "
     "certificate (--cert-file and --key-file)"},
};

// For an error that says nothing but its code: gRPC's own, most often.
absl::string_view AdviceOn(const absl::Status& status) {
  if (status.code() == absl::StatusCode::kUnavailable) {
    for (const TlsFailure& failure : kTlsFailures) {
      if (absl::StrContains(status.message(), failure.said)) return failure.advice;
    }
  }
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return "is the server running, and is this its address? --server (or GATEHOUSE_SERVER) "
             "says where to look";
    case absl::StatusCode::kDeadlineExceeded:
      return "the call may have taken effect; give it longer with --timeout";
    case absl::StatusCode::kUnimplemented:
      return "the server does not know this call: it is older than this command, or no Gatehouse";
    default:
      return "";
  }
}

// Most messages about one field or resource say all there is to say.
bool Says(absl::string_view message, absl::string_view detail) {
  return absl::StrContains(message, detail);
}

void PrintDetails(const ErrorDetails& details, absl::string_view message, std::ostream& err) {
  for (const auto& [field, expectation] : details.field_violations) {
    if (Says(message, field) && Says(message, expectation)) continue;
    err << "  field " << Printable(field) << ": expected " << Printable(expectation) << "\n";
  }
  for (const PreconditionViolation& violation : details.precondition_violations) {
    if (details.precondition_violations.size() == 1 && Says(message, violation.description)) {
      continue;
    }
    err << "  ";
    if (violation.reason != details.reason && !violation.reason.empty()) {
      err << Printable(violation.reason) << " ";
    }
    if (!violation.resource.empty()) err << Printable(violation.resource) << ": ";
    err << Printable(violation.description) << "\n";
  }
  for (const auto& [key, value] : details.metadata) {
    if (!Says(message, value)) err << "  " << Printable(absl::StrCat(key, ": ", value)) << "\n";
  }
  if (details.retry_after_ms > 0) {
    err << "  retry after: " << absl::FormatDuration(absl::Milliseconds(details.retry_after_ms))
        << "\n";
  }
}

}  // namespace

absl::Status UsageError(absl::string_view message) {
  absl::Status status = absl::InvalidArgumentError(message);
  status.SetPayload(kUsagePayload, absl::Cord());
  return status;
}

bool IsUsageError(const absl::Status& status) {
  return status.GetPayload(kUsagePayload).has_value();
}

absl::Status Declined() {
  absl::Status status = absl::CancelledError("nothing was changed");
  status.SetPayload(kDeclinedPayload, absl::Cord());
  return status;
}

ExitCode ExitCodeOf(const absl::Status& status) {
  if (IsUsageError(status)) return ExitCode::kUsage;
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return ExitCode::kNotFound;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kAlreadyExists:
      return ExitCode::kRefused;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return ExitCode::kUnavailable;
    case absl::StatusCode::kResourceExhausted:
      // gRPC uses this code for messages that are too large, too.
      return ReasonOf(status) == reason::kOverloaded ? ExitCode::kUnavailable : ExitCode::kFailed;
    default:
      return ExitCode::kFailed;
  }
}

void PrintError(const absl::Status& status, Palette palette, std::ostream& err) {
  const std::string code = absl::StatusCodeToString(status.code());
  const std::string message = status.message().empty() ? code : Printable(status.message());
  if (status.GetPayload(kDeclinedPayload).has_value()) {
    err << message << "\n";
    return;
  }
  err << palette.Paint("error:", Tone::kBad) << " " << message << "\n";
  if (IsUsageError(status)) return;
  std::vector<std::string> steps;
  if (const std::optional<ErrorDetails> details = DetailsOf(status); details.has_value()) {
    err << "  reason: " << Printable(details->reason) << " (" << code << ")\n";
    PrintDetails(*details, status.message(), err);
    steps = NextSteps(*details);
  } else {
    err << "  reason: " << code << "\n";
    if (const absl::string_view advice = AdviceOn(status); !advice.empty()) {
      steps.emplace_back(advice);
    }
  }
  for (const std::string& step : steps) {
    err << palette.Paint("next:", Tone::kStrong) << " " << step << "\n";
  }
}

}  // namespace gatehouse::cli
