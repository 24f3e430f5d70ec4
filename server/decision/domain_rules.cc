#include "server/decision/domain_rules.h"

#include <limits>
#include <set>

#include "policy/status_macros.h"
#include "server/decision/store_facts.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/enforcement_store.h"

namespace gatehouse {

absl::StatusOr<RuleChanges> ReadDomainRules(storage::Reader& reader) {
  RuleChanges rules;
  RETURN_IF_ERROR(storage::DomainStore::ForEachHolder(
      reader, [&](const OrganizationId&, const DomainName& name) -> absl::Status {
        ASSIGN_OR_RETURN(std::optional<DomainRule> rule, ReadDomainRule(reader, name));
        rules.emplace_back(name.ascii(), std::move(rule));
        return absl::OkStatus();
      }));
  return rules;
}

absl::StatusOr<RuleChanges> ReadChangedDomainRules(storage::Reader& reader,
                                                   const storage::PolicyChanges& changes) {
  std::set<DomainName> domains = changes.domains;
  for (const auto& [organization, profile] : changes.profiles) {
    ASSIGN_OR_RETURN(auto enforcements,
                     storage::EnforcementStore::List(reader, organization, "",
                                                     std::numeric_limits<size_t>::max()));
    for (const auto& enforcement : enforcements) {
      if (enforcement->profile == profile) domains.insert(enforcement->domain);
    }
  }
  RuleChanges rules;
  for (const DomainName& domain : domains) {
    ASSIGN_OR_RETURN(std::optional<DomainRule> rule, ReadDomainRule(reader, domain));
    rules.emplace_back(domain.ascii(), std::move(rule));
  }
  return rules;
}

}  // namespace gatehouse
