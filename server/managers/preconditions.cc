#include "server/managers/preconditions.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/names/resource_names.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/sso_profile_store.h"
#include "storage/stores/user_store.h"

namespace gatehouse {

absl::Status ResourceExists(absl::string_view resource) {
  return Error(absl::StatusCode::kAlreadyExists, reason::kResourceExists,
               absl::StrCat(resource, " exists; use it, or choose another id"))
      .Subject(resource, "exists")
      .Build();
}

absl::Status CheckOrganizationExists(storage::Reader& reader, const OrganizationId& organization) {
  ASSIGN_OR_RETURN(auto found, storage::OrganizationStore::Find(reader, organization));
  if (!found) return ResourceNotFound(OrganizationNameOf(organization));
  return absl::OkStatus();
}

absl::Status CheckVersion(const std::optional<storage::Revision>& expected,
                          storage::Revision actual, absl::string_view resource) {
  if (!expected || *expected == actual) return absl::OkStatus();
  return Error(absl::StatusCode::kAborted, reason::kEtagMismatch,
               absl::StrCat(resource, " has changed since it was read; read it again"))
      .Subject(resource, "the etag is not that of the present version")
      .Build();
}

absl::StatusOr<storage::Stored<User>> FindActingAdmin(storage::Reader& reader,
                                                      const OrganizationId& organization,
                                                      const UserId& user) {
  ASSIGN_OR_RETURN(auto admin, storage::UserStore::Find(reader, organization, user));
  if (admin && IsAdmin((*admin)->role) && !(*admin)->suspended) return *std::move(admin);
  absl::string_view what = !admin                ? "is not a user of the organization"
                           : (*admin)->suspended ? "is suspended"
                                                 : "is neither admin nor owner";
  const std::string name = UserNameOf(organization, user);
  return Error(absl::StatusCode::kFailedPrecondition, reason::kActingUserNotAdmin,
               absl::StrCat("acting_admin ", name, " ", what,
                            "; name an active admin or owner of the organization"))
      .Subject(name, what)
      .Build();
}

absl::StatusOr<storage::Stored<SsoProfile>> FindSsoProfile(storage::Reader& reader,
                                                           const OrganizationId& organization,
                                                           const SsoProfileId& profile) {
  ASSIGN_OR_RETURN(auto found, storage::SsoProfileStore::Find(reader, organization, profile));
  if (!found) return ResourceNotFound(SsoProfileNameOf(organization, profile));
  return *std::move(found);
}

}  // namespace gatehouse
