#include "server/decision/rule_match.h"

#include "policy/status_macros.h"

namespace gatehouse {

bool CoversSubdomains(const DomainRule& rule) {
  return IsHeld(rule.state) && rule.enforcement && rule.enforcement->match_subdomains;
}

absl::StatusOr<const DomainRule*> MatchRule(absl::string_view domain, FindRule find) {
  ASSIGN_OR_RETURN(const DomainRule* const own, find(domain));
  const DomainRule* holder = own != nullptr && IsHeld(own->state) ? own : nullptr;
  if (holder != nullptr && holder->enforcement) return own;
  // One label alone is nobody's domain.
  for (size_t dot = domain.find('.'); dot != absl::string_view::npos; dot = domain.find('.')) {
    domain.remove_prefix(dot + 1);
    if (domain.find('.') == absl::string_view::npos) break;
    ASSIGN_OR_RETURN(const DomainRule* const parent, find(domain));
    if (parent == nullptr || !IsHeld(parent->state)) continue;
    if (holder != nullptr && holder->organization != parent->organization) break;
    if (CoversSubdomains(*parent)) return parent;
    holder = parent;
  }
  return own;
}

}  // namespace gatehouse
