// Organizations, their policy guard and their totals.
#ifndef GATEHOUSE_STORAGE_STORES_ORGANIZATION_STORE_H_
#define GATEHOUSE_STORAGE_STORES_ORGANIZATION_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/organization.h"
#include "storage/stores/stored.h"
#include "storage/stores/transaction.h"

namespace gatehouse::storage {

struct OrganizationTotals {
  int64_t users = 0;
  int64_t admins = 0;
};

struct OrganizationStore {
  static absl::StatusOr<std::optional<Stored<Organization>>> Find(Reader& reader,
                                                                  const OrganizationId& id);
  // Up to `limit` organizations with id > `after`, by id.
  static absl::StatusOr<std::vector<Stored<Organization>>> List(Reader& reader,
                                                                const std::string& after,
                                                                size_t limit);
  static void Put(Transaction& tx, const Organization& organization);
  // Deletes the organization with its guard, totals and counts. The caller has
  // made sure, in `tx`, that it owns nothing.
  static absl::Status Delete(Transaction& tx, const OrganizationId& id);

  static absl::StatusOr<OrganizationTotals> Totals(Reader& reader, const OrganizationId& id);
};

// The version of everything that an organization's enforcement depends on:
// domains, profiles, enforcements, exemptions, admins. Every store that writes
// one of those touches it, so a transaction that reads the guard may scan them.
struct PolicyGuard {
  static absl::StatusOr<Revision> Version(Reader& reader, const OrganizationId& organization);
  // Also makes the present version a condition of the commit.
  static absl::Status Touch(Transaction& tx, const OrganizationId& organization);
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_ORGANIZATION_STORE_H_
