// The rules and exceptions that decide, in memory, as an immutable table.
#ifndef GATEHOUSE_SERVER_DECISION_RULE_TABLE_H_
#define GATEHOUSE_SERVER_DECISION_RULE_TABLE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "policy/partitioned_map.h"
#include "server/decision/decision_source.h"

namespace gatehouse {

inline std::string UserKey(const OrganizationId& organization, const UserId& user) {
  return absl::StrCat(organization.value(), "/", user.value());
}

// Rules and exceptions, as one commit left them. Immutable; a copy is cheap.
struct RuleTable {
  std::shared_ptr<const PartitionedMap<DomainRule>> rules;        // by domain (ASCII)
  std::shared_ptr<const PartitionedMap<Exemption>> exemptions;    // by UserKey
  std::shared_ptr<const PartitionedMap<OverrideRule>> overrides;  // by UserKey
  // Rules that cover subdomains. While there is none, no parent is looked up.
  int64_t covering_subdomains = 0;

  // The rule that decides about addresses on `domain`; null: none.
  const DomainRule* Match(const DomainName& domain) const;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_DECISION_RULE_TABLE_H_
