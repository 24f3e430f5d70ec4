// Users' own rules, over those of their domains.
#ifndef GATEHOUSE_STORAGE_STORES_SSO_OVERRIDE_STORE_H_
#define GATEHOUSE_STORAGE_STORES_SSO_OVERRIDE_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "policy/sso_override.h"
#include "storage/stores/stored.h"
#include "storage/stores/transaction.h"

namespace gatehouse::storage {

// At most one override per user. Every write touches the policy guard.
struct SsoOverrideStore {
  static absl::StatusOr<std::optional<Stored<SsoOverride>>> Find(Reader& reader,
                                                                 const OrganizationId& organization,
                                                                 const UserId& user);
  // Up to `limit` overrides of a user > `after`, by user.
  static absl::StatusOr<std::vector<Stored<SsoOverride>>> List(Reader& reader,
                                                               const OrganizationId& organization,
                                                               const std::string& after,
                                                               size_t limit);
  // Some user whose override requires SSO through `profile`; nullopt: nobody's
  // does. In a transaction that is a condition of the commit.
  static absl::StatusOr<std::optional<UserId>> FindUserThrough(Reader& reader,
                                                               const OrganizationId& organization,
                                                               const SsoProfileId& profile);
  static absl::Status Put(Transaction& tx, const SsoOverride& sso_override);
  // Deletes the user's override, if there is one; writes nothing otherwise.
  static absl::Status Delete(Transaction& tx, const OrganizationId& organization,
                             const UserId& user);
  // Every override of every organization.
  static absl::Status ForEach(Reader& reader,
                              absl::FunctionRef<absl::Status(Stored<SsoOverride>)> visit);
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_SSO_OVERRIDE_STORE_H_
