#include "server/managers/profile_scan.h"

#include <string>

#include "policy/status_macros.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/sso_profile_store.h"

namespace gatehouse {
namespace {

constexpr size_t kPage = 100;

absl::Status ForEachProfileOf(const ManagerContext& context, const OrganizationId& organization,
                              const std::stop_token& stop,
                              absl::FunctionRef<absl::Status(const SsoProfile&)> visit) {
  std::string after;
  while (!stop.stop_requested()) {
    ASSIGN_OR_RETURN(auto reader, context.OpenReader());
    ASSIGN_OR_RETURN(const auto profiles,
                     storage::SsoProfileStore::List(reader, organization, after, kPage));
    for (const auto& profile : profiles) RETURN_IF_ERROR(visit(*profile));
    if (profiles.size() < kPage) break;
    after = profiles.back()->id.value();
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ForEachProfile(const ManagerContext& context, const std::stop_token& stop,
                            absl::FunctionRef<absl::Status(const SsoProfile&)> visit) {
  std::string after;
  while (!stop.stop_requested()) {
    ASSIGN_OR_RETURN(auto reader, context.OpenReader());
    ASSIGN_OR_RETURN(const auto organizations,
                     storage::OrganizationStore::List(reader, after, kPage));
    for (const auto& organization : organizations) {
      RETURN_IF_ERROR(ForEachProfileOf(context, organization->id, stop, visit));
    }
    if (organizations.size() < kPage) break;
    after = organizations.back()->id.value();
  }
  return absl::OkStatus();
}

}  // namespace gatehouse
