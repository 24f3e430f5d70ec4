// Use cases: who is kept off enforcement.
#ifndef GATEHOUSE_SERVER_MANAGERS_EXEMPTION_MANAGER_H_
#define GATEHOUSE_SERVER_MANAGERS_EXEMPTION_MANAGER_H_

#include <string>

#include "absl/status/statusor.h"
#include "policy/caller.h"
#include "policy/email_address.h"
#include "policy/enforcement.h"
#include "server/managers/manager_context.h"
#include "server/managers/page.h"

namespace gatehouse {

struct ExemptionView {
  Exemption exemption;
  EmailAddress email;  // of the user
};

// Thread-safe. Errors as gatehouse.v1.EnforcementService says.
class ExemptionManager {
 public:
  explicit ExemptionManager(const ManagerContext& context) : context_(context) {}

  struct CreateCommand {
    OrganizationId organization;
    UserId user;
    ExemptionKind kind = ExemptionKind::kBreakGlass;
    std::string reason;
    absl::Time expire_time = absl::InfiniteFuture();
    std::string request_id;
  };
  absl::StatusOr<ExemptionView> Create(const Caller& caller, const CreateCommand& command);
  absl::StatusOr<Page<ExemptionView>> List(const OrganizationId& organization,
                                           const PageRequest& page);
  absl::Status Delete(const Caller& caller, const OrganizationId& organization, const UserId& user);

 private:
  ManagerContext context_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_EXEMPTION_MANAGER_H_
