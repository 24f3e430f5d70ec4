#include "storage/stores/login_activity_store.h"

#include <string>
#include <utility>

#include "storage/records/keys.h"
#include "storage/stores/record_io.h"

namespace gatehouse::storage {

absl::StatusOr<std::optional<Stored<LoginActivity>>> LoginActivityStore::Find(
    Reader& reader, const OrganizationId& organization, const UserId& user) {
  return FindValue<v1::LoginActivityRecord>(
      reader, keys::LoginActivity(organization, user),
      LoginActivity{.organization = organization, .user = user});
}

void LoginActivityStore::Put(Transaction& tx, const LoginActivity& activity) {
  PutRecord(tx, keys::LoginActivity(activity.organization, activity.user), ToRecord(activity));
}

void LoginActivityStore::Delete(Transaction& tx, const OrganizationId& organization,
                                const UserId& user) {
  tx.Delete(keys::LoginActivity(organization, user));
}

absl::Status LoginActivityStore::ForEach(
    Reader& reader, absl::FunctionRef<absl::Status(Stored<LoginActivity>)> visit) {
  return ScanRange(reader, PrefixRange(keys::KindPrefix(keys::kLoginActivity)),
                   [&](absl::string_view key, absl::string_view value,
                       Revision mod_revision) -> absl::StatusOr<bool> {
                     const auto parsed = keys::Parse(key);
                     LoginActivity activity{
                         .organization = OrganizationId::FromTrusted(parsed->first),
                         .user = UserId::FromTrusted(parsed->second)};
                     RETURN_IF_ERROR(DecodeRecord<v1::LoginActivityRecord>(key, value, &activity));
                     RETURN_IF_ERROR(visit({std::move(activity), mod_revision}));
                     return true;
                   });
}

absl::StatusOr<std::optional<Stored<LoginActivity>>> FindLoginActivityNow(
    const Engine& engine, const OrganizationId& organization, const UserId& user) {
  const std::string key = keys::LoginActivity(organization, user);
  ASSIGN_OR_RETURN(std::optional<Entry> entry, engine.Get(key));
  if (!entry) return std::nullopt;
  Stored<LoginActivity> activity{LoginActivity{.organization = organization, .user = user},
                                 entry->mod_revision};
  RETURN_IF_ERROR(DecodeRecord<v1::LoginActivityRecord>(key, entry->value, &activity.value));
  return activity;
}

}  // namespace gatehouse::storage
