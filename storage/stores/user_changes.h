// Which users a commit may have changed, for whoever keeps something about each.
#ifndef GATEHOUSE_STORAGE_STORES_USER_CHANGES_H_
#define GATEHOUSE_STORAGE_STORES_USER_CHANGES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "policy/email_address.h"
#include "policy/user.h"
#include "storage/engine.h"

namespace gatehouse::storage {

// Views into the changes that it is made of.
class UserChanges {
 public:
  explicit UserChanges(const std::vector<Change>& changes);

  struct Address {
    OrganizationId organization;
    EmailAddress email;
    absl::string_view key;  // of the record; orders as UserStore::ScanAll does
  };
  // The addresses whose user was created, changed or deleted, each once.
  std::vector<Address> Addresses() const;
  // Whether this user may have been created by the changes. No user that they
  // created is missed.
  bool MayBeNew(const User& user) const;

  bool empty() const { return addresses_.empty(); }

 private:
  std::vector<absl::string_view> addresses_;      // keys of records, by address
  absl::flat_hash_set<absl::string_view> by_id_;  // keys of the index by id
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_USER_CHANGES_H_
