// Errors with a machine-readable reason, as every layer of Gatehouse returns them.
//
// An error is an absl::Status whose payload carries a stable reason, the field
// at fault (if one is), and string metadata. Only server/services turns it into
// google.rpc details; nothing else knows protobuf.
//
//   return InvalidField("email", raw, "exactly one '@'");
//   return Error(absl::StatusCode::kFailedPrecondition, reason::kDomainNotVerified,
//                "domain \"acme.example\" is PENDING; verify it first")
//       .Subject("organizations/acme/domains/acme.example").Build();
#ifndef GATEHOUSE_POLICY_ERRORS_H_
#define GATEHOUSE_POLICY_ERRORS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace gatehouse {

// Stable reasons, part of the API: each is a value of gatehouse.v1.ErrorReason
// (proto/gatehouse/v1/errors.proto), where its meaning and the caller's next
// step are written. A test keeps the two lists equal.
namespace reason {
inline constexpr absl::string_view kInvalidField = "INVALID_FIELD";
inline constexpr absl::string_view kResourceNotFound = "RESOURCE_NOT_FOUND";
inline constexpr absl::string_view kResourceExists = "RESOURCE_EXISTS";
inline constexpr absl::string_view kRequestIdReused = "REQUEST_ID_REUSED";
inline constexpr absl::string_view kEtagMismatch = "ETAG_MISMATCH";
inline constexpr absl::string_view kConcurrentChange = "CONCURRENT_CHANGE";
inline constexpr absl::string_view kRevisionNotReached = "REVISION_NOT_REACHED";
inline constexpr absl::string_view kOrganizationNotEmpty = "ORGANIZATION_NOT_EMPTY";
inline constexpr absl::string_view kPublicSuffix = "PUBLIC_SUFFIX";
inline constexpr absl::string_view kDomainHeldElsewhere = "DOMAIN_HELD_ELSEWHERE";
inline constexpr absl::string_view kDomainNotVerified = "DOMAIN_NOT_VERIFIED";
inline constexpr absl::string_view kDomainEnforced = "DOMAIN_ENFORCED";
inline constexpr absl::string_view kDomainNotEnforced = "DOMAIN_NOT_ENFORCED";
inline constexpr absl::string_view kDnsRecordMissing = "DNS_RECORD_MISSING";
inline constexpr absl::string_view kDnsRecordWrong = "DNS_RECORD_WRONG";
inline constexpr absl::string_view kDnsUnavailable = "DNS_UNAVAILABLE";
inline constexpr absl::string_view kUserExists = "USER_EXISTS";
inline constexpr absl::string_view kProfileEnforced = "PROFILE_ENFORCED";
inline constexpr absl::string_view kConnectionTestRequired = "CONNECTION_TEST_REQUIRED";
inline constexpr absl::string_view kConnectionTestStale = "CONNECTION_TEST_STALE";
inline constexpr absl::string_view kConnectionTestFinished = "CONNECTION_TEST_FINISHED";
inline constexpr absl::string_view kConnectionTestExpired = "CONNECTION_TEST_EXPIRED";
inline constexpr absl::string_view kActingUserNotAdmin = "ACTING_USER_NOT_ADMIN";
inline constexpr absl::string_view kWouldLockOut = "WOULD_LOCK_OUT";
inline constexpr absl::string_view kPlanOutdated = "PLAN_OUTDATED";
inline constexpr absl::string_view kStoreUnavailable = "STORE_UNAVAILABLE";
inline constexpr absl::string_view kStoreCorrupt = "STORE_CORRUPT";
inline constexpr absl::string_view kShuttingDown = "SHUTTING_DOWN";
inline constexpr absl::string_view kOverloaded = "OVERLOADED";
inline constexpr absl::string_view kInternal = "INTERNAL";
inline constexpr absl::string_view kCredentialMissing = "CREDENTIAL_MISSING";
inline constexpr absl::string_view kCredentialInvalid = "CREDENTIAL_INVALID";
inline constexpr absl::string_view kCredentialExpired = "CREDENTIAL_EXPIRED";
inline constexpr absl::string_view kPermissionDenied = "PERMISSION_DENIED";
inline constexpr absl::string_view kRateLimited = "RATE_LIMITED";
inline constexpr absl::string_view kAccessTokenEnded = "ACCESS_TOKEN_ENDED";
inline constexpr absl::string_view kAuditEventsRemoved = "AUDIT_EVENTS_REMOVED";
inline constexpr absl::string_view kWatchTooSlow = "WATCH_TOO_SLOW";
inline constexpr absl::string_view kHttpsFileMissing = "HTTPS_FILE_MISSING";
inline constexpr absl::string_view kHttpsFileWrong = "HTTPS_FILE_WRONG";
inline constexpr absl::string_view kHttpsUnavailable = "HTTPS_UNAVAILABLE";
inline constexpr absl::string_view kIdpUnavailable = "IDP_UNAVAILABLE";
inline constexpr absl::string_view kUserNotManaged = "USER_NOT_MANAGED";
inline constexpr absl::string_view kUserExempt = "USER_EXEMPT";
inline constexpr absl::string_view kNothingStaged = "NOTHING_STAGED";
inline constexpr absl::string_view kNotPaused = "NOT_PAUSED";
}  // namespace reason

// Something whose state stands in the way.
struct PreconditionViolation {
  std::string reason;       // one of reason::k…
  std::string resource;     // its name
  std::string description;  // what is wrong with it, and what to do
};

// What an error says beyond its code and message.
struct ErrorDetails {
  std::string reason;  // one of reason::k…
  // INVALID_ARGUMENT: field path -> what was expected.
  std::vector<std::pair<std::string, std::string>> field_violations;
  // FAILED_PRECONDITION, ABORTED: what must change first.
  std::vector<PreconditionViolation> precondition_violations;
  std::map<std::string, std::string> metadata;
  // UNAVAILABLE: when a retry is worth while. 0: no hint.
  int64_t retry_after_ms = 0;
};

// Builds a status with details. `code` must not be OK.
class Error {
 public:
  Error(absl::StatusCode code, absl::string_view reason, absl::string_view message);

  Error&& Field(absl::string_view field, absl::string_view expectation) &&;
  // A resource whose state stands in the way, for the error's reason.
  Error&& Subject(absl::string_view resource, absl::string_view description) &&;
  // The same for a reason of its own, where one error has several.
  Error&& Violation(PreconditionViolation violation) &&;
  Error&& Metadata(absl::string_view key, absl::string_view value) &&;
  Error&& RetryAfterMs(int64_t milliseconds) &&;
  absl::Status Build() &&;
  operator absl::Status() &&;  // NOLINT(google-explicit-constructor): `return Error(…)`

 private:
  absl::StatusCode code_;
  std::string message_;
  ErrorDetails details_;
};

// A foreign value as messages show it: in quotes, cut after 80 bytes, with
// control and other invisible characters, direction overrides and invalid UTF-8
// escaped.
std::string Quoted(absl::string_view value);

// INVALID_ARGUMENT `field "value": expected expectation`, the value as Quoted.
absl::Status InvalidField(absl::string_view field, absl::string_view value,
                          absl::string_view expectation);

// `status` with `prefix` put before every field path ("users[3]." + "email").
absl::Status PrefixFields(const absl::Status& status, absl::string_view prefix);

// NOT_FOUND for a resource name.
absl::Status ResourceNotFound(absl::string_view resource);

// The details of a status made above; nullopt for any other.
std::optional<ErrorDetails> DetailsOf(const absl::Status& status);

// DetailsOf(status)->reason, or "" if it has none.
std::string ReasonOf(const absl::Status& status);

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_ERRORS_H_
