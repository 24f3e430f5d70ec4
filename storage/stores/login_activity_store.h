// What gateways reported of users' sign-ins.
#ifndef GATEHOUSE_STORAGE_STORES_LOGIN_ACTIVITY_STORE_H_
#define GATEHOUSE_STORAGE_STORES_LOGIN_ACTIVITY_STORE_H_

#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "policy/login_activity.h"
#include "storage/stores/stored.h"
#include "storage/stores/transaction.h"

namespace gatehouse::storage {

// At most one record per user; none until a sign-in was reported. No write
// touches the policy guard: a sign-in outdates no plan.
struct LoginActivityStore {
  static absl::StatusOr<std::optional<Stored<LoginActivity>>> Find(
      Reader& reader, const OrganizationId& organization, const UserId& user);
  static void Put(Transaction& tx, const LoginActivity& activity);
  // Deletes what is known of the user, if anything.
  static void Delete(Transaction& tx, const OrganizationId& organization, const UserId& user);
  // Every user's, of every organization.
  static absl::Status ForEach(Reader& reader,
                              absl::FunctionRef<absl::Status(Stored<LoginActivity>)> visit);
};

// Reads one user's activity without a snapshot, for the login path.
absl::StatusOr<std::optional<Stored<LoginActivity>>> FindLoginActivityNow(
    const Engine& engine, const OrganizationId& organization, const UserId& user);

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_LOGIN_ACTIVITY_STORE_H_
