#include "storage/stores/enforcement_store.h"

#include <utility>

#include "storage/records/keys.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/record_io.h"

namespace gatehouse::storage {
namespace {

// A record that began its enforcement does not know its own revision yet.
void FillEnforceRevision(Stored<Enforcement>& stored) {
  if (stored->enforce_revision == 0) stored->enforce_revision = stored.mod_revision;
}

absl::StatusOr<Exemption> DecodeExemption(absl::string_view key, absl::string_view value) {
  const auto parsed = keys::Parse(key);
  Exemption exemption{.organization = OrganizationId::FromTrusted(parsed->first),
                      .user = UserId::FromTrusted(parsed->second)};
  RETURN_IF_ERROR(DecodeRecord<v1::ExemptionRecord>(key, value, &exemption));
  return exemption;
}

}  // namespace

absl::StatusOr<std::optional<Stored<Enforcement>>> EnforcementStore::Find(
    Reader& reader, const OrganizationId& organization, const DomainName& domain) {
  ASSIGN_OR_RETURN(auto enforcement,
                   FindValue<v1::EnforcementRecord>(
                       reader, keys::Enforcement(organization, domain),
                       Enforcement{.organization = organization, .domain = domain}));
  if (enforcement) FillEnforceRevision(*enforcement);
  return enforcement;
}

absl::StatusOr<std::vector<Stored<Enforcement>>> EnforcementStore::List(
    Reader& reader, const OrganizationId& organization, const std::string& after, size_t limit) {
  std::vector<Stored<Enforcement>> enforcements;
  const KeyRange range =
      RangeAfter(keys::OrganizationPrefix(keys::kEnforcement, organization), after);
  RETURN_IF_ERROR(ScanRange(
      reader, range,
      [&](absl::string_view key, absl::string_view value,
          Revision mod_revision) -> absl::StatusOr<bool> {
        Enforcement enforcement{.organization = organization,
                                .domain = DomainName::FromTrusted(keys::Parse(key)->second)};
        RETURN_IF_ERROR(DecodeRecord<v1::EnforcementRecord>(key, value, &enforcement));
        enforcements.push_back({std::move(enforcement), mod_revision});
        FillEnforceRevision(enforcements.back());
        return enforcements.size() < limit;
      }));
  return enforcements;
}

absl::Status EnforcementStore::Put(Transaction& tx, const Enforcement& enforcement) {
  RETURN_IF_ERROR(PolicyGuard::Touch(tx, enforcement.organization));
  PutRecord(tx, keys::Enforcement(enforcement.organization, enforcement.domain),
            ToRecord(enforcement));
  return absl::OkStatus();
}

absl::Status EnforcementStore::Delete(Transaction& tx, const OrganizationId& organization,
                                      const DomainName& domain) {
  RETURN_IF_ERROR(PolicyGuard::Touch(tx, organization));
  tx.Delete(keys::Enforcement(organization, domain));
  tx.Delete(keys::EnforcementCounts(organization, domain));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Stored<Exemption>>> ExemptionStore::Find(
    Reader& reader, const OrganizationId& organization, const UserId& user) {
  return FindValue<v1::ExemptionRecord>(reader, keys::Exemption(organization, user),
                                        Exemption{.organization = organization, .user = user});
}

absl::StatusOr<std::vector<Stored<Exemption>>> ExemptionStore::List(
    Reader& reader, const OrganizationId& organization, const std::string& after, size_t limit) {
  std::vector<Stored<Exemption>> exemptions;
  const KeyRange range =
      RangeAfter(keys::OrganizationPrefix(keys::kExemption, organization), after);
  RETURN_IF_ERROR(ScanRange(reader, range,
                            [&](absl::string_view key, absl::string_view value,
                                Revision mod_revision) -> absl::StatusOr<bool> {
                              ASSIGN_OR_RETURN(Exemption exemption, DecodeExemption(key, value));
                              exemptions.push_back({std::move(exemption), mod_revision});
                              return exemptions.size() < limit;
                            }));
  return exemptions;
}

absl::Status ExemptionStore::Put(Transaction& tx, const Exemption& exemption) {
  RETURN_IF_ERROR(PolicyGuard::Touch(tx, exemption.organization));
  PutRecord(tx, keys::Exemption(exemption.organization, exemption.user), ToRecord(exemption));
  return absl::OkStatus();
}

absl::Status ExemptionStore::Delete(Transaction& tx, const OrganizationId& organization,
                                    const UserId& user) {
  RETURN_IF_ERROR(PolicyGuard::Touch(tx, organization));
  tx.Delete(keys::Exemption(organization, user));
  return absl::OkStatus();
}

absl::Status ExemptionStore::ForEach(Reader& reader,
                                     absl::FunctionRef<absl::Status(Stored<Exemption>)> visit) {
  return ScanRange(reader, PrefixRange(keys::KindPrefix(keys::kExemption)),
                   [&](absl::string_view key, absl::string_view value,
                       Revision mod_revision) -> absl::StatusOr<bool> {
                     ASSIGN_OR_RETURN(Exemption exemption, DecodeExemption(key, value));
                     RETURN_IF_ERROR(visit({std::move(exemption), mod_revision}));
                     return true;
                   });
}

}  // namespace gatehouse::storage
