// Writing many users in one transaction.
//
//   UserWriter writer(&tx, organization);
//   for (…) RETURN_IF_ERROR(writer.Put(before, after));
//   RETURN_IF_ERROR(writer.Finish());
#ifndef GATEHOUSE_STORAGE_STORES_USER_WRITER_H_
#define GATEHOUSE_STORAGE_STORES_USER_WRITER_H_

#include <cstdint>
#include <map>

#include "absl/status/status.h"
#include "policy/user.h"
#include "storage/stores/transaction.h"

namespace gatehouse::storage {

// Users of one organization, with their indexes; their counts are read and written
// once, by Finish. Not thread-safe.
class UserWriter {
 public:
  // `tx` must outlive this.
  UserWriter(Transaction* tx, const OrganizationId& organization)
      : tx_(*tx), organization_(organization) {}

  // As UserStore::Put and UserStore::Delete, but for the counts.
  absl::Status Put(const User* before, const User& after);
  absl::Status Delete(const User& user);

  // After the last user: brings the counts up to date. DATA_LOSS: they would fall
  // below zero.
  absl::Status Finish();

 private:
  struct OfDomain {
    int64_t users = 0;
    int64_t claimed = 0;
  };

  void Count(const User& user, int64_t users, int64_t claimed, int64_t admins);
  absl::Status AddToDomain(const DomainName& domain, const OfDomain& added);
  absl::Status AddToTotals();

  Transaction& tx_;
  const OrganizationId organization_;
  // What the users so far add.
  std::map<DomainName, OfDomain> by_domain_;
  int64_t users_ = 0;
  int64_t admins_ = 0;
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_USER_WRITER_H_
