#include "storage/stores/profile_watch_store.h"

#include "storage/records/keys.h"
#include "storage/stores/record_io.h"

namespace gatehouse::storage {

absl::StatusOr<std::optional<Stored<ProfileWatch>>> ProfileWatchStore::Find(
    Reader& reader, const OrganizationId& organization, const SsoProfileId& profile) {
  return FindValue<v1::ProfileWatchRecord>(
      reader, keys::ProfileWatch(organization, profile),
      ProfileWatch{.organization = organization, .profile = profile});
}

void ProfileWatchStore::Put(Transaction& tx, const ProfileWatch& watch) {
  PutRecord(tx, keys::ProfileWatch(watch.organization, watch.profile), ToRecord(watch));
}

void ProfileWatchStore::Delete(Transaction& tx, const OrganizationId& organization,
                               const SsoProfileId& profile) {
  tx.Delete(keys::ProfileWatch(organization, profile));
}

}  // namespace gatehouse::storage
