#include "client/domain_rule_table.h"

#include <utility>

#include "absl/hash/hash.h"

namespace gatehouse::client {
namespace {

using v1::Domain;
using v1::DomainRule;

// By the high bits: the maps go by the low ones.
size_t PartOf(size_t hash) { return hash >> (8 * sizeof(hash) - 8); }

bool IsHeld(const DomainRule& rule) {
  return rule.state() == Domain::STATE_VERIFIED || rule.state() == Domain::STATE_AT_RISK;
}

bool CoversSubdomains(const DomainRule& rule) {
  return IsHeld(rule) && rule.has_enforcement() && rule.enforcement().match_subdomains();
}

size_t HashOf(absl::string_view domain) { return absl::Hash<absl::string_view>()(domain); }

}  // namespace

const DomainRule* DomainRuleTable::Find(absl::string_view domain) const {
  const size_t hash = HashOf(domain);
  const Part* const part = parts_[PartOf(hash)].get();
  if (part == nullptr) return nullptr;
  const auto found = part->find(domain, hash);
  return found == part->end() ? nullptr : found->second.get();
}

const DomainRule* DomainRuleTable::Match(absl::string_view domain) const {
  const DomainRule* const own = Find(domain);
  if (covering_subdomains_ == 0) return own;
  const DomainRule* holder = own != nullptr && IsHeld(*own) ? own : nullptr;
  if (holder != nullptr && holder->has_enforcement()) return own;
  // One label alone is nobody's domain.
  for (size_t dot = domain.find('.'); dot != absl::string_view::npos; dot = domain.find('.')) {
    domain.remove_prefix(dot + 1);
    if (domain.find('.') == absl::string_view::npos) break;
    const DomainRule* const parent = Find(domain);
    if (parent == nullptr || !IsHeld(*parent)) continue;
    if (holder != nullptr && holder->organization() != parent->organization()) break;
    if (CoversSubdomains(*parent)) return parent;
    holder = parent;
  }
  return own;
}

DomainRuleTable DomainRuleTable::With(const DomainRuleChanges& changes) const {
  DomainRuleTable changed = changes.reset ? DomainRuleTable() : *this;
  std::array<std::shared_ptr<Part>, kParts> copies;
  for (const auto& [domain, rule] : changes.rules) {
    const size_t part = PartOf(HashOf(domain));
    if (copies[part] == nullptr) {
      copies[part] = changed.parts_[part] == nullptr
                         ? std::make_shared<Part>()
                         : std::make_shared<Part>(*changed.parts_[part]);
      changed.parts_[part] = copies[part];
    }
    Part& rules = *copies[part];
    if (const auto old = rules.find(domain); old != rules.end()) {
      --changed.size_;
      changed.covering_subdomains_ -= CoversSubdomains(*old->second) ? 1 : 0;
      rules.erase(old);
    }
    if (rule == nullptr) continue;
    ++changed.size_;
    changed.covering_subdomains_ += CoversSubdomains(*rule) ? 1 : 0;
    rules.emplace(domain, rule);
  }
  return changed;
}

}  // namespace gatehouse::client
