#include "storage/stores/user_writer.h"

#include <string>
#include <utility>

#include "storage/records/keys.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/record_io.h"

namespace gatehouse::storage {

absl::Status UserWriter::Put(const User* before, const User& after) {
  const bool is_admin = IsAdmin(after.role);
  const bool was_admin = before != nullptr && IsAdmin(before->role);
  const bool was_claimed = before != nullptr && before->claimed;
  if (is_admin || was_admin) {
    RETURN_IF_ERROR(PolicyGuard::Touch(tx_, after.organization));
  }
  Count(after, before == nullptr ? 1 : 0, int{after.claimed} - int{was_claimed},
        int{is_admin} - int{was_admin});
  if (before == nullptr) {
    v1::UserAddressRecord address;
    address.set_local(after.email.local());
    address.set_domain(after.email.domain().ascii());
    PutRecord(tx_, keys::UserAddress(after.organization, after.id), address);
  }
  if (is_admin && !was_admin) tx_.Put(keys::Admin(after.organization, after.id), "");
  if (was_admin && !is_admin) tx_.Delete(keys::Admin(after.organization, after.id));
  PutRecord(tx_, keys::User(after.organization, after.email), ToRecord(after));
  return absl::OkStatus();
}

absl::Status UserWriter::Delete(const User& user) {
  const bool was_admin = IsAdmin(user.role);
  if (was_admin) {
    RETURN_IF_ERROR(PolicyGuard::Touch(tx_, user.organization));
    tx_.Delete(keys::Admin(user.organization, user.id));
  }
  tx_.Delete(keys::User(user.organization, user.email));
  tx_.Delete(keys::UserAddress(user.organization, user.id));
  Count(user, -1, -int{user.claimed}, -int{was_admin});
  return absl::OkStatus();
}

absl::Status UserWriter::Finish() {
  for (const auto& [domain, added] : std::exchange(by_domain_, {})) {
    RETURN_IF_ERROR(AddToDomain(domain, added));
  }
  return AddToTotals();
}

void UserWriter::Count(const User& user, int64_t users, int64_t claimed, int64_t admins) {
  users_ += users;
  admins_ += admins;
  if (users == 0 && claimed == 0) return;
  OfDomain& domain = by_domain_[user.email.domain()];
  domain.users += users;
  domain.claimed += claimed;
}

absl::Status UserWriter::AddToDomain(const DomainName& domain, const OfDomain& added) {
  const std::string key = keys::DomainCounts(organization_, domain);
  ASSIGN_OR_RETURN(auto stored, GetRecord<v1::DomainCountsRecord>(tx_, key));
  v1::DomainCountsRecord counts = stored ? stored->value : v1::DomainCountsRecord();
  counts.set_users(counts.users() + added.users);
  counts.set_claimed(counts.claimed() + added.claimed);
  if (counts.users() < 0 || counts.claimed() < 0) return CorruptRecord(key, "counts too few users");
  PutRecord(tx_, key, counts);
  return absl::OkStatus();
}

absl::Status UserWriter::AddToTotals() {
  const int64_t users = std::exchange(users_, 0);
  const int64_t admins = std::exchange(admins_, 0);
  if (users == 0 && admins == 0) return absl::OkStatus();
  const std::string key = keys::Totals(organization_);
  ASSIGN_OR_RETURN(auto stored, GetRecord<v1::OrganizationTotalsRecord>(tx_, key));
  v1::OrganizationTotalsRecord totals = stored ? stored->value : v1::OrganizationTotalsRecord();
  totals.set_users(totals.users() + users);
  totals.set_admins(totals.admins() + admins);
  if (totals.users() < 0 || totals.admins() < 0) return CorruptRecord(key, "counts too few users");
  PutRecord(tx_, key, totals);
  return absl::OkStatus();
}

}  // namespace gatehouse::storage
