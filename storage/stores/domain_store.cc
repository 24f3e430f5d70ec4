#include "storage/stores/domain_store.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storage/records/keys.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/record_io.h"

namespace gatehouse::storage {

absl::StatusOr<std::optional<Stored<Domain>>> DomainStore::Find(Reader& reader,
                                                                const OrganizationId& organization,
                                                                const DomainName& name) {
  return FindValue<v1::DomainRecord>(reader, keys::Domain(organization, name),
                                     Domain{.organization = organization, .name = name});
}

absl::StatusOr<std::vector<Stored<Domain>>> DomainStore::List(Reader& reader,
                                                              const OrganizationId& organization,
                                                              const std::string& after,
                                                              size_t limit) {
  std::vector<Stored<Domain>> domains;
  const KeyRange range = RangeAfter(keys::OrganizationPrefix(keys::kDomain, organization), after);
  RETURN_IF_ERROR(ScanRange(reader, range,
                            [&](absl::string_view key, absl::string_view value,
                                Revision mod_revision) -> absl::StatusOr<bool> {
                              Domain domain{
                                  .organization = organization,
                                  .name = DomainName::FromTrusted(keys::Parse(key)->second)};
                              RETURN_IF_ERROR(DecodeRecord<v1::DomainRecord>(key, value, &domain));
                              domains.push_back({std::move(domain), mod_revision});
                              return domains.size() < limit;
                            }));
  return domains;
}

absl::Status DomainStore::Put(Transaction& tx, const Domain& domain) {
  ASSIGN_OR_RETURN(auto present, Find(tx, domain.organization, domain.name));
  if (!present || (*present)->state != domain.state) {
    RETURN_IF_ERROR(PolicyGuard::Touch(tx, domain.organization));
  }
  PutRecord(tx, keys::Domain(domain.organization, domain.name), ToRecord(domain));
  if (IsHeld(domain.state)) {
    v1::DomainHolderRecord holder;
    holder.set_organization(domain.organization.value());
    PutRecord(tx, keys::DomainHolder(domain.name), holder);
  }
  return absl::OkStatus();
}

absl::Status DomainStore::Delete(Transaction& tx, const Domain& domain) {
  RETURN_IF_ERROR(PolicyGuard::Touch(tx, domain.organization));
  tx.Delete(keys::Domain(domain.organization, domain.name));
  tx.Delete(keys::DomainCheck(domain.organization, domain.name));
  const std::string holder_key = keys::DomainHolder(domain.name);
  ASSIGN_OR_RETURN(auto holder, GetRecord<v1::DomainHolderRecord>(tx, holder_key));
  if (holder && (*holder)->organization() == domain.organization.value()) tx.Delete(holder_key);
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Stored<Domain>>> DomainStore::FindHolder(Reader& reader,
                                                                      const DomainName& name) {
  const std::string holder_key = keys::DomainHolder(name);
  ASSIGN_OR_RETURN(auto holder, GetRecord<v1::DomainHolderRecord>(reader, holder_key));
  if (!holder) return std::nullopt;
  ASSIGN_OR_RETURN(auto domain,
                   Find(reader, OrganizationId::FromTrusted((*holder)->organization()), name));
  if (!domain) return CorruptRecord(holder_key, "names a claim that does not exist");
  return domain;
}

absl::StatusOr<bool> DomainStore::Holds(Reader& reader, const OrganizationId& organization,
                                        const DomainName& name) {
  ASSIGN_OR_RETURN(auto holder, FindHolder(reader, name));
  return holder && (*holder)->organization == organization && IsHeld((*holder)->state);
}

absl::StatusOr<bool> DomainStore::ClaimsOn(Reader& reader, const OrganizationId& organization,
                                           const DomainName& name) {
  for (std::optional<DomainName> at = name; at; at = at->Parent()) {
    ASSIGN_OR_RETURN(auto holder, FindHolder(reader, *at));
    if (holder && IsHeld((*holder)->state)) return (*holder)->organization == organization;
  }
  return false;
}

absl::Status DomainStore::ForEachHolder(
    Reader& reader,
    absl::FunctionRef<absl::Status(const OrganizationId&, const DomainName&)> visit) {
  return ScanRange(
      reader, PrefixRange(keys::KindPrefix(keys::kDomainHolder)),
      [&](absl::string_view key, absl::string_view value, Revision) -> absl::StatusOr<bool> {
        v1::DomainHolderRecord holder;
        RETURN_IF_ERROR(OpenRecord(key, value, &holder));
        RETURN_IF_ERROR(visit(OrganizationId::FromTrusted(holder.organization()),
                              DomainName::FromTrusted(keys::Parse(key)->first)));
        return true;
      });
}

absl::StatusOr<DomainCounts> DomainStore::Counts(Reader& reader, const OrganizationId& organization,
                                                 const DomainName& name) {
  ASSIGN_OR_RETURN(auto record, GetRecord<v1::DomainCountsRecord>(
                                    reader, keys::DomainCounts(organization, name)));
  if (!record) return DomainCounts{};
  return DomainCounts{.users = (*record)->users(),
                      .claimed = (*record)->claimed(),
                      .mod_revision = record->mod_revision};
}

absl::StatusOr<std::map<DomainName, DomainCounts>> DomainStore::CountsBelow(
    Reader& reader, const OrganizationId& organization, const DomainName& name) {
  const std::string suffix = absl::StrCat(".", name.ascii());
  std::map<DomainName, DomainCounts> below;
  RETURN_IF_ERROR(ScanRange(
      reader, PrefixRange(keys::OrganizationPrefix(keys::kDomainCounts, organization)),
      [&](absl::string_view key, absl::string_view value,
          Revision mod_revision) -> absl::StatusOr<bool> {
        const absl::string_view domain = keys::Parse(key)->second;
        if (!absl::EndsWith(domain, suffix)) return true;
        v1::DomainCountsRecord record;
        RETURN_IF_ERROR(OpenRecord(key, value, &record));
        below.emplace(DomainName::FromTrusted(domain), DomainCounts{.users = record.users(),
                                                                    .claimed = record.claimed(),
                                                                    .mod_revision = mod_revision});
        return true;
      }));
  return below;
}

}  // namespace gatehouse::storage
