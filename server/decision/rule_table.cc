#include "server/decision/rule_table.h"

#include "server/decision/rule_match.h"

namespace gatehouse {

const DomainRule* RuleTable::Match(const DomainName& domain) const {
  if (covering_subdomains == 0) return rules->Find(domain.ascii());
  // Looking into memory does not fail.
  return *MatchRule(domain.ascii(), [this](absl::string_view name) { return rules->Find(name); });
}

}  // namespace gatehouse
