#include "client/domain_rule_table.h"

namespace gatehouse::client {
namespace {

using v1::Domain;
using v1::DomainRule;

bool IsHeld(const DomainRule& rule) {
  return rule.state() == Domain::STATE_VERIFIED || rule.state() == Domain::STATE_AT_RISK;
}

bool CoversSubdomains(const DomainRule& rule) {
  return IsHeld(rule) && rule.has_enforcement() && rule.enforcement().match_subdomains();
}

int64_t Covers(const DomainRule* rule) {
  return rule != nullptr && CoversSubdomains(*rule) ? 1 : 0;
}

}  // namespace

const DomainRule* DomainRuleTable::Match(absl::string_view domain) const {
  const DomainRule* const own = rules_.Find(domain);
  if (covering_subdomains_ == 0) return own;
  const DomainRule* holder = own != nullptr && IsHeld(*own) ? own : nullptr;
  if (holder != nullptr && holder->has_enforcement()) return own;
  // One label alone is nobody's domain.
  for (size_t dot = domain.find('.'); dot != absl::string_view::npos; dot = domain.find('.')) {
    domain.remove_prefix(dot + 1);
    if (domain.find('.') == absl::string_view::npos) break;
    const DomainRule* const parent = rules_.Find(domain);
    if (parent == nullptr || !IsHeld(*parent)) continue;
    if (holder != nullptr && holder->organization() != parent->organization()) break;
    if (CoversSubdomains(*parent)) return parent;
    holder = parent;
  }
  return own;
}

DomainRuleTable DomainRuleTable::With(const DomainRuleChanges& changes) const {
  DomainRuleTable changed = changes.reset ? DomainRuleTable() : *this;
  for (const auto& [domain, rule] : changes.rules) {
    changed.covering_subdomains_ += Covers(rule.get());
    changed.covering_subdomains_ -= Covers(changed.rules_.Find(domain));
  }
  changed.rules_ = changed.rules_.With(changes.rules);
  return changed;
}

}  // namespace gatehouse::client
