#include "server/services/acting_admin.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/names/resource_names.h"

namespace gatehouse {

absl::StatusOr<UserId> ParseActingAdmin(const Caller& caller, const OrganizationId& organization,
                                        absl::string_view name) {
  const std::optional<UserId> own = caller.ActingAdmin(organization);
  if (own && name.empty()) return *own;
  ASSIGN_OR_RETURN(UserId named, ParseUserOf(organization, "acting_admin", name));
  if (!own || named == *own) return named;
  return Error(absl::StatusCode::kPermissionDenied, reason::kPermissionDenied,
               absl::StrCat("the credential acts for ", UserNameOf(organization, *own),
                            "; leave acting_admin empty, or name that admin"));
}

}  // namespace gatehouse
