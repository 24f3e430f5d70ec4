// Enforcements and exemptions.
#ifndef GATEHOUSE_STORAGE_STORES_ENFORCEMENT_STORE_H_
#define GATEHOUSE_STORAGE_STORES_ENFORCEMENT_STORE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/enforcement.h"
#include "storage/stores/stored.h"
#include "storage/stores/transaction.h"

namespace gatehouse::storage {

// Every write touches the policy guard.
struct EnforcementStore {
  // enforce_revision is filled in from the commit that began the enforcement.
  static absl::StatusOr<std::optional<Stored<Enforcement>>> Find(Reader& reader,
                                                                 const OrganizationId& organization,
                                                                 const DomainName& domain);
  // Up to `limit` enforcements of a domain > `after`, by domain.
  static absl::StatusOr<std::vector<Stored<Enforcement>>> List(Reader& reader,
                                                               const OrganizationId& organization,
                                                               const std::string& after,
                                                               size_t limit);
  static absl::Status Put(Transaction& tx, const Enforcement& enforcement);
  // Deletes what was counted of it too (EnforcementCountsStore).
  static absl::Status Delete(Transaction& tx, const OrganizationId& organization,
                             const DomainName& domain);
};

// At most one exemption per user. Every write touches the policy guard.
struct ExemptionStore {
  static absl::StatusOr<std::optional<Stored<Exemption>>> Find(Reader& reader,
                                                               const OrganizationId& organization,
                                                               const UserId& user);
  // Up to `limit` exemptions of a user > `after`, by user.
  static absl::StatusOr<std::vector<Stored<Exemption>>> List(Reader& reader,
                                                             const OrganizationId& organization,
                                                             const std::string& after,
                                                             size_t limit);
  static absl::Status Put(Transaction& tx, const Exemption& exemption);
  static absl::Status Delete(Transaction& tx, const OrganizationId& organization,
                             const UserId& user);
  // Every exemption of every organization.
  static absl::Status ForEach(Reader& reader,
                              absl::FunctionRef<absl::Status(Stored<Exemption>)> visit);
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_ENFORCEMENT_STORE_H_
