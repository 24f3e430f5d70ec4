// Use cases: organizations.
#ifndef GATEHOUSE_SERVER_MANAGERS_ORGANIZATION_MANAGER_H_
#define GATEHOUSE_SERVER_MANAGERS_ORGANIZATION_MANAGER_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "policy/caller.h"
#include "policy/organization.h"
#include "server/managers/manager_context.h"
#include "server/managers/page.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/stored.h"

namespace gatehouse {

// An organization with what is counted of it.
struct OrganizationView {
  storage::Stored<Organization> organization;
  storage::OrganizationTotals totals;
};

// Thread-safe. Errors as gatehouse.v1.OrganizationService says.
class OrganizationManager {
 public:
  explicit OrganizationManager(const ManagerContext& context) : context_(context) {}

  struct CreateCommand {
    OrganizationId id;
    std::string display_name;
    std::string request_id;
  };
  absl::StatusOr<OrganizationView> Create(const Caller& caller, const CreateCommand& command);

  absl::StatusOr<OrganizationView> Get(const OrganizationId& id);
  // Those that the caller may see; the other ones count for no page.
  absl::StatusOr<Page<OrganizationView>> List(const Caller& caller, const PageRequest& page);

  struct UpdateCommand {
    OrganizationId id;
    std::optional<storage::Revision> version;
    std::optional<std::string> display_name;
  };
  absl::StatusOr<OrganizationView> Update(const Caller& caller, const UpdateCommand& command);

  absl::Status Delete(const Caller& caller, const OrganizationId& id,
                      std::optional<storage::Revision> version);

 private:
  ManagerContext context_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_ORGANIZATION_MANAGER_H_
