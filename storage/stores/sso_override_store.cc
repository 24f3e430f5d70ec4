#include "storage/stores/sso_override_store.h"

#include <utility>

#include "storage/records/keys.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/record_io.h"

namespace gatehouse::storage {
namespace {

absl::StatusOr<SsoOverride> DecodeOverride(absl::string_view key, absl::string_view value) {
  const auto parsed = keys::Parse(key);
  SsoOverride sso_override{.organization = OrganizationId::FromTrusted(parsed->first),
                           .user = UserId::FromTrusted(parsed->second)};
  RETURN_IF_ERROR(DecodeRecord<v1::SsoOverrideRecord>(key, value, &sso_override));
  return sso_override;
}

}  // namespace

absl::StatusOr<std::optional<Stored<SsoOverride>>> SsoOverrideStore::Find(
    Reader& reader, const OrganizationId& organization, const UserId& user) {
  return FindValue<v1::SsoOverrideRecord>(reader, keys::SsoOverride(organization, user),
                                          SsoOverride{.organization = organization, .user = user});
}

absl::StatusOr<std::vector<Stored<SsoOverride>>> SsoOverrideStore::List(
    Reader& reader, const OrganizationId& organization, const std::string& after, size_t limit) {
  std::vector<Stored<SsoOverride>> overrides;
  const KeyRange range =
      RangeAfter(keys::OrganizationPrefix(keys::kSsoOverride, organization), after);
  RETURN_IF_ERROR(ScanRange(reader, range,
                            [&](absl::string_view key, absl::string_view value,
                                Revision mod_revision) -> absl::StatusOr<bool> {
                              ASSIGN_OR_RETURN(SsoOverride sso_override,
                                               DecodeOverride(key, value));
                              overrides.push_back({std::move(sso_override), mod_revision});
                              return overrides.size() < limit;
                            }));
  return overrides;
}

absl::StatusOr<std::optional<UserId>> SsoOverrideStore::FindUserThrough(
    Reader& reader, const OrganizationId& organization, const SsoProfileId& profile) {
  RETURN_IF_ERROR(PolicyGuard::Version(reader, organization).status());
  std::optional<UserId> found;
  RETURN_IF_ERROR(ScanRange(
      reader, PrefixRange(keys::OrganizationPrefix(keys::kSsoOverride, organization)),
      [&](absl::string_view key, absl::string_view value, Revision) -> absl::StatusOr<bool> {
        ASSIGN_OR_RETURN(SsoOverride sso_override, DecodeOverride(key, value));
        if (sso_override.profile == profile) found = std::move(sso_override.user);
        return !found.has_value();
      }));
  return found;
}

absl::Status SsoOverrideStore::Put(Transaction& tx, const SsoOverride& sso_override) {
  RETURN_IF_ERROR(PolicyGuard::Touch(tx, sso_override.organization));
  PutRecord(tx, keys::SsoOverride(sso_override.organization, sso_override.user),
            ToRecord(sso_override));
  return absl::OkStatus();
}

absl::Status SsoOverrideStore::Delete(Transaction& tx, const OrganizationId& organization,
                                      const UserId& user) {
  const std::string key = keys::SsoOverride(organization, user);
  ASSIGN_OR_RETURN(std::optional<Entry> entry, tx.Get(key));
  if (!entry) return absl::OkStatus();
  RETURN_IF_ERROR(PolicyGuard::Touch(tx, organization));
  tx.Delete(key);
  return absl::OkStatus();
}

absl::Status SsoOverrideStore::ForEach(Reader& reader,
                                       absl::FunctionRef<absl::Status(Stored<SsoOverride>)> visit) {
  return ScanRange(reader, PrefixRange(keys::KindPrefix(keys::kSsoOverride)),
                   [&](absl::string_view key, absl::string_view value,
                       Revision mod_revision) -> absl::StatusOr<bool> {
                     ASSIGN_OR_RETURN(SsoOverride sso_override, DecodeOverride(key, value));
                     RETURN_IF_ERROR(visit({std::move(sso_override), mod_revision}));
                     return true;
                   });
}

}  // namespace gatehouse::storage
