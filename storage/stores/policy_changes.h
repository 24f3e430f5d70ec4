// What a commit changed of the rules that decide: which domains, profiles,
// exemptions and overrides to read again.
#ifndef GATEHOUSE_STORAGE_STORES_POLICY_CHANGES_H_
#define GATEHOUSE_STORAGE_STORES_POLICY_CHANGES_H_

#include <set>
#include <utility>
#include <vector>

#include "policy/domain_name.h"
#include "policy/ids.h"
#include "storage/engine.h"

namespace gatehouse::storage {

struct PolicyChanges {
  // Domains whose claim, holder or enforcement was written.
  std::set<DomainName> domains;
  std::set<std::pair<OrganizationId, SsoProfileId>> profiles;
  std::set<std::pair<OrganizationId, UserId>> exemptions;
  std::set<std::pair<OrganizationId, UserId>> overrides;

  bool empty() const {
    return domains.empty() && profiles.empty() && exemptions.empty() && overrides.empty();
  }
};

PolicyChanges PolicyChangesOf(const std::vector<Change>& changes);

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_POLICY_CHANGES_H_
