// Use cases: plan, begin and end enforcement.
#ifndef GATEHOUSE_SERVER_MANAGERS_ENFORCEMENT_MANAGER_H_
#define GATEHOUSE_SERVER_MANAGERS_ENFORCEMENT_MANAGER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "policy/caller.h"
#include "policy/enforcement.h"
#include "server/managers/enforcement_changes.h"
#include "server/managers/manager_context.h"
#include "server/managers/page.h"
#include "server/managers/user_view.h"
#include "storage/stores/stored.h"

namespace gatehouse {

// What an enforcement would do, once its rollout is complete. What each user
// would get now stands in the user's decision.
struct EnforcementPlan {
  EnforcementEffect effect;
  std::vector<UserView> covered_users;   // the first, as the command asks
  std::vector<UserView> exempt_users;    // the first kShownUsers
  std::vector<UserView> left_out_users;  // the first kShownUsers
  // Stands for the command and all that was seen.
  std::string token;
  storage::Revision revision = 0;

  static constexpr size_t kShownUsers = 50;
  // No more users are looked at to find those to show.
  static constexpr size_t kMaxScannedUsers = 10'000;
};

// What an enforcement did.
struct EnforcementResult {
  EnforcementEffect effect;
  std::vector<storage::Stored<Enforcement>> enforcements;  // by domain
  storage::Revision revision = 0;
};

// Thread-safe. Errors as gatehouse.v1.EnforcementService says.
class EnforcementManager {
 public:
  explicit EnforcementManager(const ManagerContext& context) : context_(context) {}

  // Applies the command to a snapshot, looks at the outcome, and forgets it: so
  // a plan can say nothing that Enforce would not do.
  absl::StatusOr<EnforcementPlan> Plan(const EnforceCommand& command, size_t covered_to_show);

  // ABORTED (PLAN_OUTDATED) if `plan_token` is not empty and not what Plan would
  // give now.
  absl::StatusOr<EnforcementResult> Enforce(const Caller& caller, const EnforceCommand& command,
                                            const std::string& plan_token);

  absl::StatusOr<storage::Revision> Release(const Caller& caller,
                                            const OrganizationId& organization,
                                            const std::vector<DomainName>& domains);

  // Stands an enforcement still for users without a proven SSO sign-in. One that
  // is paused stays so since it was, for the new reason. `reason`: 1 to 1,000
  // bytes.
  absl::StatusOr<storage::Stored<Enforcement>> Pause(const Caller& caller,
                                                     const OrganizationId& organization,
                                                     const DomainName& domain,
                                                     const std::string& reason);
  // Ends a pause; the domain is enforced without a gap from now. WOULD_LOCK_OUT
  // if that leaves no way in.
  absl::StatusOr<storage::Stored<Enforcement>> Resume(const Caller& caller,
                                                      const OrganizationId& organization,
                                                      const DomainName& domain);

  absl::StatusOr<storage::Stored<Enforcement>> Get(const OrganizationId& organization,
                                                   const DomainName& domain);
  absl::StatusOr<Page<storage::Stored<Enforcement>>> List(const OrganizationId& organization,
                                                          const PageRequest& page);

 private:
  // Commits what `change` makes of an enforcement that exists.
  absl::StatusOr<storage::Stored<Enforcement>> Change(
      const Caller& caller, const OrganizationId& organization, const DomainName& domain,
      absl::FunctionRef<absl::Status(storage::Transaction&, Enforcement)> change);

  ManagerContext context_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_ENFORCEMENT_MANAGER_H_
