// An organization in a store, filled record by record and past every rule, so
// that a test can begin in any state:
//
//   StoredOrganization acme(&runner, "acme");
//   acme.Hold("acme.test").Enforce("acme.test");
//   User root = acme.Add({.email = "root@acme.test", .role = Role::kOwner});
//   acme.Exempt(root, ExemptionKind::kBreakGlass);
#ifndef GATEHOUSE_TESTS_BUILDERS_STORED_ORGANIZATION_H_
#define GATEHOUSE_TESTS_BUILDERS_STORED_ORGANIZATION_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "policy/domain.h"
#include "policy/enforcement.h"
#include "policy/sso_profile.h"
#include "policy/user.h"
#include "storage/stores/transaction.h"
#include "storage/stores/transaction_runner.h"

namespace gatehouse {

// Fails the test on any error.
class StoredOrganization {
 public:
  struct NewUser {
    std::string email;
    Role role = Role::kMember;
    bool claimed = true;
    bool suspended = false;
    std::string display_name;
  };

  // Creates it, with the profile "idp". `runner` must outlive this.
  StoredOrganization(storage::TransactionRunner* runner, const std::string& id);

  StoredOrganization& Hold(const std::string& domain, DomainState state = DomainState::kVerified);
  // By the profile "idp".
  StoredOrganization& Enforce(const std::string& domain,
                              EnforcementMode mode = EnforcementMode::kEnforce,
                              UnmanagedUsers unmanaged_users = UnmanagedUsers::kPassword);
  StoredOrganization& Release(const std::string& domain);
  User Add(const NewUser& user);
  StoredOrganization& Exempt(const User& user, ExemptionKind kind,
                             absl::Time expire_time = absl::InfiniteFuture());

  const OrganizationId& id() const { return id_; }
  static const SsoProfileId& profile();
  // When everything above was created, and users claimed.
  static absl::Time create_time() { return absl::FromUnixSeconds(1'600'000'000); }

 private:
  void Write(absl::FunctionRef<absl::Status(storage::Transaction&)> body);

  storage::TransactionRunner* runner_;
  OrganizationId id_;
  int users_ = 0;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_BUILDERS_STORED_ORGANIZATION_H_
