// Checks that many use cases share.
#ifndef GATEHOUSE_SERVER_MANAGERS_PRECONDITIONS_H_
#define GATEHOUSE_SERVER_MANAGERS_PRECONDITIONS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/ids.h"
#include "policy/sso_profile.h"
#include "policy/user.h"
#include "storage/stores/stored.h"
#include "storage/stores/transaction.h"

namespace gatehouse {

// ALREADY_EXISTS (RESOURCE_EXISTS).
absl::Status ResourceExists(absl::string_view resource);

// NOT_FOUND unless the organization exists. In a transaction its existence is a
// condition of the commit.
absl::Status CheckOrganizationExists(storage::Reader& reader, const OrganizationId& organization);

// ABORTED (ETAG_MISMATCH) if the caller expected a version other than `actual`.
absl::Status CheckVersion(const std::optional<storage::Revision>& expected,
                          storage::Revision actual, absl::string_view resource);

// The acting admin. FAILED_PRECONDITION (ACTING_USER_NOT_ADMIN) unless the user
// exists, is an admin or owner, and is not suspended.
absl::StatusOr<storage::Stored<User>> FindActingAdmin(storage::Reader& reader,
                                                      const OrganizationId& organization,
                                                      const UserId& user);

// NOT_FOUND if there is no such profile.
absl::StatusOr<storage::Stored<SsoProfile>> FindSsoProfile(storage::Reader& reader,
                                                           const OrganizationId& organization,
                                                           const SsoProfileId& profile);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_PRECONDITIONS_H_
