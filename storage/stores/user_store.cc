#include "storage/stores/user_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/records/keys.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/record_io.h"

namespace gatehouse::storage {
namespace {

// Adds to a user's counts: of its domain and of its organization.
absl::Status AddCounts(Transaction& tx, const User& user, int64_t users, int64_t claimed,
                       int64_t admins) {
  if (users != 0 || claimed != 0) {
    const std::string key = keys::DomainCounts(user.organization, user.email.domain());
    ASSIGN_OR_RETURN(auto stored, GetRecord<v1::DomainCountsRecord>(tx, key));
    v1::DomainCountsRecord counts = stored ? stored->value : v1::DomainCountsRecord();
    counts.set_users(counts.users() + users);
    counts.set_claimed(counts.claimed() + claimed);
    if (counts.users() < 0 || counts.claimed() < 0)
      return CorruptRecord(key, "counts too few users");
    PutRecord(tx, key, counts);
  }
  if (users != 0 || admins != 0) {
    const std::string key = keys::Totals(user.organization);
    ASSIGN_OR_RETURN(auto stored, GetRecord<v1::OrganizationTotalsRecord>(tx, key));
    v1::OrganizationTotalsRecord totals = stored ? stored->value : v1::OrganizationTotalsRecord();
    totals.set_users(totals.users() + users);
    totals.set_admins(totals.admins() + admins);
    if (totals.users() < 0 || totals.admins() < 0)
      return CorruptRecord(key, "counts too few users");
    PutRecord(tx, key, totals);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<Stored<User>>> UserStore::FindByEmail(
    Reader& reader, const OrganizationId& organization, const EmailAddress& email) {
  return FindValue<v1::UserRecord>(reader, keys::User(organization, email),
                                   User{.organization = organization, .email = email});
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
  const bool is_admin = IsAdmin(after.role);
  const bool was_admin = before != nullptr && IsAdmin(before->role);
  const bool was_claimed = before != nullptr && before->claimed;
  if (is_admin || was_admin) {
    RETURN_IF_ERROR(PolicyGuard::Touch(tx, after.organization));
  }
  RETURN_IF_ERROR(AddCounts(tx, after, before == nullptr ? 1 : 0,
                            int{after.claimed} - int{was_claimed}, int{is_admin} - int{was_admin}));
  if (before == nullptr) {
    v1::UserAddressRecord address;
    address.set_local(after.email.local());
    address.set_domain(after.email.domain().ascii());
    PutRecord(tx, keys::UserAddress(after.organization, after.id), address);
  }
  const std::string admin_key = keys::Admin(after.organization, after.id);
  if (is_admin && !was_admin) tx.Put(admin_key, "");
  if (was_admin && !is_admin) tx.Delete(admin_key);
  PutRecord(tx, keys::User(after.organization, after.email), ToRecord(after));
  return absl::OkStatus();
}

absl::Status UserStore::Delete(Transaction& tx, const User& user) {
  const bool was_admin = IsAdmin(user.role);
  if (was_admin) {
    RETURN_IF_ERROR(PolicyGuard::Touch(tx, user.organization));
    tx.Delete(keys::Admin(user.organization, user.id));
  }
  tx.Delete(keys::User(user.organization, user.email));
  tx.Delete(keys::UserAddress(user.organization, user.id));
  return AddCounts(tx, user, -1, -int{user.claimed}, -int{was_admin});
}

absl::StatusOr<std::optional<Stored<User>>> FindUserNow(const Engine& engine,
                                                        const OrganizationId& organization,
                                                        const EmailAddress& email) {
  const std::string key = keys::User(organization, email);
  ASSIGN_OR_RETURN(std::optional<Entry> entry, engine.Get(key));
  if (!entry) return std::nullopt;
  Stored<User> user{User{.organization = organization, .email = email}, entry->mod_revision};
  RETURN_IF_ERROR(DecodeRecord<v1::UserRecord>(key, entry->value, &user.value));
  return user;
}

}  // namespace gatehouse::storage
