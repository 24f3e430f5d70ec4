#include "storage/stores/domain_check_store.h"

#include "storage/records/keys.h"
#include "storage/stores/record_io.h"

namespace gatehouse::storage {

absl::StatusOr<DomainCheck> DomainCheckStore::Find(Reader& reader,
                                                   const OrganizationId& organization,
                                                   const DomainName& name) {
  DomainCheck none{.organization = organization, .name = name};
  ASSIGN_OR_RETURN(auto found, FindValue<v1::DomainCheckRecord>(
                                   reader, keys::DomainCheck(organization, name), none));
  return found ? **found : none;
}

void DomainCheckStore::Put(Transaction& tx, const DomainCheck& check) {
  PutRecord(tx, keys::DomainCheck(check.organization, check.name), ToRecord(check));
}

}  // namespace gatehouse::storage
