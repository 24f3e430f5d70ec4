// The rules of all domains, and those that commits changed: what everything that
// keeps rules in memory reads and follows.
#ifndef GATEHOUSE_SERVER_DECISION_DOMAIN_RULES_H_
#define GATEHOUSE_SERVER_DECISION_DOMAIN_RULES_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/decision/decision_source.h"
#include "storage/stores/policy_changes.h"
#include "storage/stores/transaction.h"

namespace gatehouse {

// By domain (ASCII), each once: its rule now; no value: it has none.
using RuleChanges = std::vector<std::pair<std::string, std::optional<DomainRule>>>;

// The rule of each domain that has one.
absl::StatusOr<RuleChanges> ReadDomainRules(storage::Reader& reader);

// The rules that `changes` may have changed, as `reader` sees them: of the
// domains named, and of those whose enforcement sends people to a profile that
// is.
absl::StatusOr<RuleChanges> ReadChangedDomainRules(storage::Reader& reader,
                                                   const storage::PolicyChanges& changes);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_DECISION_DOMAIN_RULES_H_
