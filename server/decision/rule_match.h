// Which domain's rule decides about an address.
#ifndef GATEHOUSE_SERVER_DECISION_RULE_MATCH_H_
#define GATEHOUSE_SERVER_DECISION_RULE_MATCH_H_

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/decision/decision_source.h"

namespace gatehouse {

// Looks up a domain's own rule; null: nobody ever proved it. What it points to
// stays valid through MatchRule.
using FindRule = absl::FunctionRef<absl::StatusOr<const DomainRule*>(absl::string_view domain)>;

// Whether the rule covers subdomains: held, and enforced so.
bool CoversSubdomains(const DomainRule& rule);

// The rule that decides about addresses on `domain` (ASCII): its own, unless it
// has no enforcement of its own and the closest parent that covers subdomains
// belongs to whoever holds it, or to anybody if nobody does. A domain that
// another organization holds on the way up ends the search: theirs is what is
// below it. null: no rule.
absl::StatusOr<const DomainRule*> MatchRule(absl::string_view domain, FindRule find);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_DECISION_RULE_MATCH_H_
