// Users, by address and by id, and the index of admins.
#ifndef GATEHOUSE_STORAGE_STORES_USER_STORE_H_
#define GATEHOUSE_STORAGE_STORES_USER_STORE_H_

#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "policy/user.h"
#include "storage/stores/stored.h"
#include "storage/stores/transaction.h"

namespace gatehouse::storage {

struct UserStore {
  static absl::StatusOr<std::optional<Stored<User>>> FindByEmail(Reader& reader,
                                                                 const OrganizationId& organization,
                                                                 const EmailAddress& email);
  static absl::StatusOr<std::optional<Stored<User>>> Find(Reader& reader,
                                                          const OrganizationId& organization,
                                                          const UserId& id);
  // Visits users in the order of domain, then local part, until `visit` returns
  // false. `domain`: only on that one, if set. `after`: a cursor (Cursor of the
  // last user seen), or empty.
  static absl::Status Scan(Reader& reader, const OrganizationId& organization,
                           const std::optional<DomainName>& domain, const std::string& after,
                           absl::FunctionRef<absl::StatusOr<bool>(Stored<User>)> visit);
  static std::string Cursor(const User& user);
  // Visits the users of all organizations in the order of their keys, those
  // after the key `after` (empty: all), until `visit` returns false.
  static absl::Status ScanAll(Reader& reader, const std::string& after,
                              absl::FunctionRef<bool(absl::string_view key, const User&)> visit);
  // The key of a user's record.
  static std::string KeyOf(const User& user);

  // Visits admins and owners, by id, until `visit` returns false.
  static absl::Status ForEachAdmin(Reader& reader, const OrganizationId& organization,
                                   absl::FunctionRef<absl::StatusOr<bool>(Stored<User>)> visit);

  // Writes the user with its indexes and counts. `before` is what the store
  // holds under the same address, as read in `tx`; null: nothing. Touches the
  // policy guard if an admin is written or was there before.
  static absl::Status Put(Transaction& tx, const User* before, const User& after);
  // Deletes the user with its indexes and counts.
  static absl::Status Delete(Transaction& tx, const User& user);
};

// Reads the one record that a login decision needs, without a snapshot.
absl::StatusOr<std::optional<Stored<User>>> FindUserNow(const Engine& engine,
                                                        const OrganizationId& organization,
                                                        const EmailAddress& email);

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_USER_STORE_H_
