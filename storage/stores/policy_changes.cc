#include "storage/stores/policy_changes.h"

#include "storage/records/keys.h"

namespace gatehouse::storage {

PolicyChanges PolicyChangesOf(const std::vector<Change>& changes) {
  PolicyChanges policy;
  for (const Change& change : changes) {
    for (const std::string& key : change.keys) {
      const auto parsed = keys::Parse(key);
      if (!parsed) continue;
      // Made for the few keys that matter alone: most are of users.
      const auto organization = [&] { return OrganizationId::FromTrusted(parsed->first); };
      switch (parsed->kind) {
        case keys::kDomain:
        case keys::kEnforcement:
          policy.domains.insert(DomainName::FromTrusted(parsed->second));
          break;
        case keys::kDomainHolder:
          policy.domains.insert(DomainName::FromTrusted(parsed->first));
          break;
        case keys::kSsoProfile:
          policy.profiles.emplace(organization(), SsoProfileId::FromTrusted(parsed->second));
          break;
        case keys::kExemption:
          policy.exemptions.emplace(organization(), UserId::FromTrusted(parsed->second));
          break;
        case keys::kSsoOverride:
          policy.overrides.emplace(organization(), UserId::FromTrusted(parsed->second));
          break;
        default:
          break;
      }
    }
  }
  return policy;
}

}  // namespace gatehouse::storage
