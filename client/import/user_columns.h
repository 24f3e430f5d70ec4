// The users that a CSV file means: which of its columns hold what.
//
//   ASSIGN_OR_RETURN(UserColumns columns, UserColumns::Recognize(header));
//   ASSIGN_OR_RETURN(UserRow row, columns.Map(record));
#ifndef GATEHOUSE_CLIENT_IMPORT_USER_COLUMNS_H_
#define GATEHOUSE_CLIENT_IMPORT_USER_COLUMNS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/user.h"

namespace gatehouse::client {

// Whose export a file is. Column names are compared without regard to letter
// case, spaces, '_', '-' and a "[…]" suffix; their order is free, and columns
// not named here are ignored.
enum class UserFileFormat {
  // email; display_name and role if present.
  kPlain,
  // Admin console, "Download users". Email Address [Required]; First Name
  // [Required] and Last Name [Required] give the display name.
  kGoogleWorkspace,
  // Entra ID, "Download users". mail, or userPrincipalName where mail is empty:
  // people sign in with the address they receive mail at, and a guest's or an
  // unrouted tenant's principal name (alice_corp.example#EXT#@…) is none.
  // displayName, else givenName and surname.
  kEntraId,
  // email, or login where email is empty; displayName, else firstName and
  // lastName. Reports say "Primary email", "Okta username" and "User fullname".
  kOkta,
};

// "plain", "google", "entra", "okta".
absl::string_view Name(UserFileFormat format);
// INVALID_ARGUMENT (field "format") for any other word; letter case is ignored.
absl::StatusOr<UserFileFormat> ParseUserFileFormat(absl::string_view word);

// One user of a file.
struct UserRow {
  std::string email;         // as written, without surrounding white space; not yet parsed
  std::string display_name;  // may be empty
  // Only the plain format's `role` is taken: that an account administers the
  // directory it was exported from (Google's "Is Super Admin") makes nobody an
  // admin here.
  std::optional<Role> role;
  // The source says that the account is suspended, archived or disabled.
  bool inactive = false;
};

// Where a file's columns are. Immutable.
class UserColumns {
 public:
  // Recognizes `header`. With `format`, takes it as that format and no other.
  // INVALID_ARGUMENT (field "header"): no format fits (the message lists the
  // headers found and the sets that are accepted), or two columns are the same.
  static absl::StatusOr<UserColumns> Recognize(const std::vector<std::string>& header,
                                               std::optional<UserFileFormat> format = std::nullopt);

  UserFileFormat format() const { return format_; }

  // The user of a record, which must have as many fields as the header.
  // INVALID_ARGUMENT (field "email", "display_name" or "role"): no address, more
  // bytes than the API takes (254; 200), not UTF-8, or no known role. A line
  // break in a display name becomes a space; with an '@' as well the name is
  // refused, since a missing quote has then swallowed another row.
  absl::StatusOr<UserRow> Map(const std::vector<std::string>& record) const;
  // The address that Map takes, as written; empty if there is none.
  std::string Email(const std::vector<std::string>& record) const;

 private:
  UserColumns() = default;

  UserFileFormat format_ = UserFileFormat::kPlain;
  // Columns in order of preference: the first that is not empty counts.
  std::vector<size_t> email_;
  std::optional<size_t> display_name_;
  // First and last name, joined where no display name is given.
  std::vector<size_t> names_;
  std::optional<size_t> role_;
  std::optional<size_t> status_;
};

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_IMPORT_USER_COLUMNS_H_
