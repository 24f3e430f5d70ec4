// What following the identity providers of SSO profiles found.
#ifndef GATEHOUSE_STORAGE_STORES_PROFILE_WATCH_STORE_H_
#define GATEHOUSE_STORAGE_STORES_PROFILE_WATCH_STORE_H_

#include <optional>

#include "absl/status/statusor.h"
#include "policy/profile_watch.h"
#include "storage/stores/stored.h"
#include "storage/stores/transaction.h"

namespace gatehouse::storage {

struct ProfileWatchStore {
  // nullopt: nothing was looked for yet.
  static absl::StatusOr<std::optional<Stored<ProfileWatch>>> Find(
      Reader& reader, const OrganizationId& organization, const SsoProfileId& profile);
  // Does not touch the policy guard.
  static void Put(Transaction& tx, const ProfileWatch& watch);
  static void Delete(Transaction& tx, const OrganizationId& organization,
                     const SsoProfileId& profile);
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_PROFILE_WATCH_STORE_H_
