// Domains: claims, who holds what, and how many users stand on each.
#ifndef GATEHOUSE_STORAGE_STORES_DOMAIN_STORE_H_
#define GATEHOUSE_STORAGE_STORES_DOMAIN_STORE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "policy/domain.h"
#include "storage/stores/stored.h"
#include "storage/stores/transaction.h"

namespace gatehouse::storage {

// Users of one organization on one domain.
struct DomainCounts {
  int64_t users = 0;
  int64_t claimed = 0;
  Revision mod_revision = 0;  // version of this population; 0: never any user
};

struct DomainStore {
  static absl::StatusOr<std::optional<Stored<Domain>>> Find(Reader& reader,
                                                            const OrganizationId& organization,
                                                            const DomainName& name);
  // Up to `limit` domains with name > `after` (ASCII), by name.
  static absl::StatusOr<std::vector<Stored<Domain>>> List(Reader& reader,
                                                          const OrganizationId& organization,
                                                          const std::string& after, size_t limit);
  // Writes the claim; while IsHeld(state) the organization is also recorded as
  // the domain's holder. Touches the policy guard if the state changes: a proof
  // anew outdates no plan. The caller has checked FindHolder.
  static absl::Status Put(Transaction& tx, const Domain& domain);
  // Deletes the claim with its checks, and the holder if it is this organization.
  static absl::Status Delete(Transaction& tx, const Domain& domain);

  // The claim of the organization that last proved the domain: it holds the
  // domain if IsHeld(state), and held it last if EXPIRED.
  static absl::StatusOr<std::optional<Stored<Domain>>> FindHolder(Reader& reader,
                                                                  const DomainName& name);
  // Whether `organization` holds `name`: its users there, if claimed, are managed.
  static absl::StatusOr<bool> Holds(Reader& reader, const OrganizationId& organization,
                                    const DomainName& name);
  // Whether `organization` claims users on `name`: it holds the closest domain
  // that anybody holds, of `name` and its parents.
  static absl::StatusOr<bool> ClaimsOn(Reader& reader, const OrganizationId& organization,
                                       const DomainName& name);
  // Every domain that has a holder (held or EXPIRED), by name.
  static absl::Status ForEachHolder(
      Reader& reader,
      absl::FunctionRef<absl::Status(const OrganizationId&, const DomainName&)> visit);

  static absl::StatusOr<DomainCounts> Counts(Reader& reader, const OrganizationId& organization,
                                             const DomainName& name);
  // The counts of each subdomain of `name` on which the organization has, or
  // ever had, users. Its cost is the number of domains of the organization's
  // users.
  static absl::StatusOr<std::map<DomainName, DomainCounts>> CountsBelow(
      Reader& reader, const OrganizationId& organization, const DomainName& name);
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_DOMAIN_STORE_H_
