#include "storage/stores/user_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/records/keys.h"
#include "storage/stores/record_io.h"
#include "storage/stores/user_writer.h"

namespace gatehouse::storage {
namespace {

absl::StatusOr<std::optional<Stored<User>>> DecodeUser(absl::string_view key,
                                                       const std::optional<Entry>& entry,
                                                       const OrganizationId& organization,
                                                       const EmailAddress& email) {
  // Of most users who are asked for when many are imported.
  if (!entry) return std::nullopt;
  Stored<User> user{User{.organization = organization, .email = email}, entry->mod_revision};
  RETURN_IF_ERROR(DecodeRecord<v1::UserRecord>(key, entry->value, &user.value));
  return user;
}

}  // namespace

absl::StatusOr<std::optional<Stored<User>>> UserStore::FindByEmail(
    Reader& reader, const OrganizationId& organization, const EmailAddress& email) {
  const std::string key = keys::User(organization, email);
  ASSIGN_OR_RETURN(std::optional<Entry> entry, reader.Get(key));
  return DecodeUser(key, entry, organization, email);
}

absl::StatusOr<std::optional<Stored<User>>> UserStore::Find(Reader& reader,
                                                            const OrganizationId& organization,
                                                            const UserId& id) {
  const std::string key = keys::UserAddress(organization, id);
  ASSIGN_OR_RETURN(auto address, GetRecord<v1::UserAddressRecord>(reader, key));
  if (!address) return std::nullopt;
  ASSIGN_OR_RETURN(auto user, FindByEmail(reader, organization,
                                          EmailAddress::FromTrusted(
                                              (*address)->local(),
                                              DomainName::FromTrusted((*address)->domain()))));
  if (!user || (*user)->id != id) return CorruptRecord(key, "names another user's address");
  return user;
}

absl::Status UserStore::Scan(Reader& reader, const OrganizationId& organization,
                             const std::optional<DomainName>& domain, const std::string& after,
                             absl::FunctionRef<absl::StatusOr<bool>(Stored<User>)> visit) {
  const std::string all = keys::OrganizationPrefix(keys::kUser, organization);
  KeyRange range = PrefixRange(domain ? keys::UsersOnDomainPrefix(organization, *domain) : all);
  if (!after.empty()) range.start = absl::StrCat(all, after, absl::string_view("\0", 1));
  return ScanRange(reader, range,
                   [&](absl::string_view key, absl::string_view value,
                       Revision mod_revision) -> absl::StatusOr<bool> {
                     const auto parsed = keys::Parse(key);
                     User user{.organization = organization,
                               .email = EmailAddress::FromTrusted(
                                   parsed->third, DomainName::FromTrusted(parsed->second))};
                     RETURN_IF_ERROR(DecodeRecord<v1::UserRecord>(key, value, &user));
                     return visit({std::move(user), mod_revision});
                   });
}

std::string UserStore::Cursor(const User& user) {
  return absl::StrCat(user.email.domain().ascii(), "/", user.email.local());
}

absl::Status UserStore::ScanAll(Reader& reader, const std::string& after,
                                absl::FunctionRef<bool(absl::string_view, const User&)> visit) {
  KeyRange range = PrefixRange(keys::KindPrefix(keys::kUser));
  if (!after.empty()) range.start = absl::StrCat(after, absl::string_view("\0", 1));
  return ScanRange(
      reader, range,
      [&](absl::string_view key, absl::string_view value, Revision) -> absl::StatusOr<bool> {
        const auto parsed = keys::Parse(key);
        if (!parsed) return CorruptRecord(key, "is not the key of a user");
        User user{.organization = OrganizationId::FromTrusted(parsed->first),
                  .email = EmailAddress::FromTrusted(parsed->third,
                                                     DomainName::FromTrusted(parsed->second))};
        RETURN_IF_ERROR(DecodeRecord<v1::UserRecord>(key, value, &user));
        return visit(key, user);
      });
}

std::string UserStore::KeyOf(const User& user) { return keys::User(user.organization, user.email); }

absl::Status UserStore::ForEachAdmin(Reader& reader, const OrganizationId& organization,
                                     absl::FunctionRef<absl::StatusOr<bool>(Stored<User>)> visit) {
  return ScanRange(reader, PrefixRange(keys::OrganizationPrefix(keys::kAdmin, organization)),
                   [&](absl::string_view key, absl::string_view, Revision) -> absl::StatusOr<bool> {
                     ASSIGN_OR_RETURN(
                         auto user,
                         Find(reader, organization, UserId::FromTrusted(keys::Parse(key)->second)));
                     // Made an admin in a rehearsal, and deleted in the snapshot that
                     // it has moved to since (Transaction::MoveTo).
                     if (!user) return true;
                     return visit(*std::move(user));
                   });
}

absl::Status UserStore::Put(Transaction& tx, const User* before, const User& after) {
  UserWriter writer(&tx, after.organization);
  RETURN_IF_ERROR(writer.Put(before, after));
  return writer.Finish();
}

absl::Status UserStore::Delete(Transaction& tx, const User& user) {
  UserWriter writer(&tx, user.organization);
  RETURN_IF_ERROR(writer.Delete(user));
  return writer.Finish();
}

absl::StatusOr<std::optional<Stored<User>>> FindUserNow(const Engine& engine,
                                                        const OrganizationId& organization,
                                                        const EmailAddress& email) {
  const std::string key = keys::User(organization, email);
  ASSIGN_OR_RETURN(std::optional<Entry> entry, engine.Get(key));
  return DecodeUser(key, entry, organization, email);
}

}  // namespace gatehouse::storage
