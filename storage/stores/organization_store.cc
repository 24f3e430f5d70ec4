#include "storage/stores/organization_store.h"

#include <utility>

#include "storage/records/keys.h"
#include "storage/stores/record_io.h"

namespace gatehouse::storage {

absl::StatusOr<std::optional<Stored<Organization>>> OrganizationStore::Find(
    Reader& reader, const OrganizationId& id) {
  return FindValue<v1::OrganizationRecord>(reader, keys::Organization(id), Organization{.id = id});
}

absl::StatusOr<std::vector<Stored<Organization>>> OrganizationStore::List(Reader& reader,
                                                                          const std::string& after,
                                                                          size_t limit) {
  std::vector<Stored<Organization>> organizations;
  const KeyRange range = RangeAfter(keys::KindPrefix(keys::kOrganization), after);
  RETURN_IF_ERROR(ScanRange(
      reader, range,
      [&](absl::string_view key, absl::string_view value,
          Revision mod_revision) -> absl::StatusOr<bool> {
        Organization organization{.id = OrganizationId::FromTrusted(keys::Parse(key)->first)};
        RETURN_IF_ERROR(DecodeRecord<v1::OrganizationRecord>(key, value, &organization));
        organizations.push_back({std::move(organization), mod_revision});
        return organizations.size() < limit;
      }));
  return organizations;
}

void OrganizationStore::Put(Transaction& tx, const Organization& organization) {
  PutRecord(tx, keys::Organization(organization.id), ToRecord(organization));
}

absl::Status OrganizationStore::Delete(Transaction& tx, const OrganizationId& id) {
  tx.Delete(keys::Organization(id));
  tx.Delete(keys::PolicyGuard(id));
  tx.Delete(keys::Totals(id));
  return DeleteRange(tx, PrefixRange(keys::OrganizationPrefix(keys::kDomainCounts, id)));
}

absl::StatusOr<OrganizationTotals> OrganizationStore::Totals(Reader& reader,
                                                             const OrganizationId& id) {
  ASSIGN_OR_RETURN(auto record, GetRecord<v1::OrganizationTotalsRecord>(reader, keys::Totals(id)));
  if (!record) return OrganizationTotals{};
  return OrganizationTotals{.users = (*record)->users(), .admins = (*record)->admins()};
}

absl::StatusOr<Revision> PolicyGuard::Version(Reader& reader, const OrganizationId& organization) {
  ASSIGN_OR_RETURN(std::optional<Entry> entry, reader.Get(keys::PolicyGuard(organization)));
  return entry ? entry->mod_revision : 0;
}

absl::Status PolicyGuard::Touch(Transaction& tx, const OrganizationId& organization) {
  const std::string key = keys::PolicyGuard(organization);
  RETURN_IF_ERROR(tx.Get(key).status());
  PutRecord(tx, key, v1::PolicyGuardRecord());
  return absl::OkStatus();
}

}  // namespace gatehouse::storage
