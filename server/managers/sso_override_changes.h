// Changes of a user's own rule (docs/architecture.md, rule 12).
#ifndef GATEHOUSE_SERVER_MANAGERS_SSO_OVERRIDE_CHANGES_H_
#define GATEHOUSE_SERVER_MANAGERS_SSO_OVERRIDE_CHANGES_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "policy/sso_override.h"
#include "policy/user.h"
#include "storage/stores/transaction.h"

namespace gatehouse {

// What a user's rule is to be.
struct SsoOverrideChange {
  std::optional<SsoOverrideMode> mode;  // nullopt: FOLLOW_DOMAIN, no override
  SsoProfileId profile;                 // with REQUIRE_SSO
  std::string reason;                   // with EXEMPT; allowed with REQUIRE_SSO
};

// INVALID_ARGUMENT: fields that are missing, or do not belong to the mode.
absl::Status CheckFields(const SsoOverrideChange& change);

// Whether the user's rule is another one now.
absl::StatusOr<bool> Changes(storage::Reader& reader, const User& user,
                             const SsoOverrideChange& change);

// Makes the change, on behalf of `approver`, at `now`. An error leaves `tx` not
// to be committed.
//
// NOT_FOUND: no such profile. FAILED_PRECONDITION: USER_NOT_MANAGED,
// USER_EXEMPT, CONNECTION_TEST_REQUIRED or CONNECTION_TEST_STALE, of REQUIRE_SSO;
// WOULD_LOCK_OUT: it ends the organization's last way in.
absl::Status ChangeSsoOverride(storage::Transaction& tx, const User& user,
                               const SsoOverrideChange& change, const std::string& approver,
                               absl::Time now);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_SSO_OVERRIDE_CHANGES_H_
