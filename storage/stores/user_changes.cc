#include "storage/stores/user_changes.h"

#include <algorithm>

#include "storage/records/keys.h"

namespace gatehouse::storage {

UserChanges::UserChanges(const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    for (const std::string& key : change.keys) {
      if (key.empty()) continue;
      if (key.front() == keys::kUser) addresses_.push_back(key);
      if (key.front() == keys::kUserAddress) by_id_.insert(key);
    }
  }
  std::sort(addresses_.begin(), addresses_.end());
  addresses_.erase(std::unique(addresses_.begin(), addresses_.end()), addresses_.end());
}

std::vector<UserChanges::Address> UserChanges::Addresses() const {
  std::vector<Address> addresses;
  addresses.reserve(addresses_.size());
  for (const absl::string_view key : addresses_) {
    const auto parsed = keys::Parse(key);
    if (!parsed) continue;
    addresses.push_back(
        {.organization = OrganizationId::FromTrusted(parsed->first),
         .email = EmailAddress::FromTrusted(parsed->third, DomainName::FromTrusted(parsed->second)),
         .key = key});
  }
  return addresses;
}

// The index by id is written when a user comes and when it goes, and never
// between.
bool UserChanges::MayBeNew(const User& user) const {
  return by_id_.contains(keys::UserAddress(user.organization, user.id));
}

}  // namespace gatehouse::storage
