// What the server's own checks of claims found.
#ifndef GATEHOUSE_STORAGE_STORES_DOMAIN_CHECK_STORE_H_
#define GATEHOUSE_STORAGE_STORES_DOMAIN_CHECK_STORE_H_

#include "absl/status/statusor.h"
#include "policy/domain_lifecycle.h"
#include "storage/stores/transaction.h"

namespace gatehouse::storage {

// A claim's check goes with the claim: DomainStore::Delete.
struct DomainCheckStore {
  // An empty one if there was no check yet.
  static absl::StatusOr<DomainCheck> Find(Reader& reader, const OrganizationId& organization,
                                          const DomainName& name);
  // Does not touch the policy guard.
  static void Put(Transaction& tx, const DomainCheck& check);
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_DOMAIN_CHECK_STORE_H_
