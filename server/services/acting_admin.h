// The admin on whose behalf a change of enforcement is made.
#ifndef GATEHOUSE_SERVER_SERVICES_ACTING_ADMIN_H_
#define GATEHOUSE_SERVER_SERVICES_ACTING_ADMIN_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/caller.h"
#include "policy/ids.h"

namespace gatehouse {

// `name` is a request's acting_admin: a user of the organization. A caller whose
// credential acts for an admin of it may leave it empty, and may name nobody
// else: PERMISSION_DENIED. INVALID_ARGUMENT: not a user's name, or none where
// the caller acts for nobody.
absl::StatusOr<UserId> ParseActingAdmin(const Caller& caller, const OrganizationId& organization,
                                        absl::string_view name);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_ACTING_ADMIN_H_
