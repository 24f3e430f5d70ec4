// Use cases: who is kept off enforcement.
#ifndef GATEHOUSE_SERVER_MANAGERS_EXEMPTION_MANAGER_H_
#define GATEHOUSE_SERVER_MANAGERS_EXEMPTION_MANAGER_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "policy/caller.h"
#include "policy/email_address.h"
#include "policy/enforcement.h"
#include "server/managers/manager_context.h"
#include "server/managers/page.h"

namespace gatehouse {

struct ExemptionView {
  Exemption exemption;
  EmailAddress email;  // of the user
  // Sign-ins with a password that were reported of the user while it held.
  int64_t use_count = 0;
  absl::Time last_use_time = absl::InfinitePast();  // InfinitePast: none
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
  // A user may have an exemption and an override: the exemption wins while it is
  // active (policy/decision.h).
  absl::StatusOr<ExemptionView> Create(const Caller& caller, const CreateCommand& command);
  absl::StatusOr<Page<ExemptionView>> List(const OrganizationId& organization,
                                           const PageRequest& page);
  absl::Status Delete(const Caller& caller, const OrganizationId& organization, const UserId& user);

 private:
  ManagerContext context_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_EXEMPTION_MANAGER_H_
