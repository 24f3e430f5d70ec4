// Use cases: users, one by one.
#ifndef GATEHOUSE_SERVER_MANAGERS_USER_MANAGER_H_
#define GATEHOUSE_SERVER_MANAGERS_USER_MANAGER_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "policy/caller.h"
#include "policy/domain_name.h"
#include "policy/email_address.h"
#include "policy/user.h"
#include "server/managers/manager_context.h"
#include "server/managers/page.h"
#include "server/managers/sso_override_changes.h"
#include "server/managers/user_view.h"
#include "storage/engine.h"

namespace gatehouse {

// Thread-safe. Errors as gatehouse.v1.UserService says.
// The views that it returns have their details.
class UserManager {
 public:
  explicit UserManager(const ManagerContext& context) : context_(context) {}

  struct CreateCommand {
    OrganizationId organization;
    EmailAddress email;
    std::string display_name;
    Role role = Role::kMember;
    bool suspended = false;
    std::string request_id;
  };
  absl::StatusOr<UserView> Create(const Caller& caller, const CreateCommand& command);

  absl::StatusOr<UserView> Get(const OrganizationId& organization, const UserId& id);
  absl::StatusOr<UserView> Lookup(const OrganizationId& organization, const EmailAddress& email);

  // Unset: any.
  struct Filter {
    std::optional<DomainName> domain;
    std::optional<UserType> type;
    std::optional<Role> role;
    std::optional<SsoStatus> sso_status;
  };
  // Looks at no more than kMaxUsersPerPage users: a page may hold fewer than
  // asked for, or none, and still say where to go on.
  absl::StatusOr<Page<UserView>> List(const OrganizationId& organization, const Filter& filter,
                                      const PageRequest& page);
  static constexpr size_t kMaxUsersPerPage = 10'000;

  // Unset: as it is.
  struct UpdateCommand {
    OrganizationId organization;
    UserId id;
    std::optional<storage::Revision> version;
    std::optional<std::string> display_name;
    std::optional<Role> role;
    std::optional<bool> suspended;
    std::optional<SsoOverrideChange> sso_override;
  };
  absl::StatusOr<UserView> Update(const Caller& caller, const UpdateCommand& command);

  // With the user's exemption, override and reported sign-ins.
  absl::Status Delete(const Caller& caller, const OrganizationId& organization, const UserId& id,
                      std::optional<storage::Revision> version);

 private:
  absl::Status Change(storage::Transaction& tx, const UpdateCommand& command,
                      const std::string& approver, absl::Time now);

  ManagerContext context_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_USER_MANAGER_H_
