// The rules and exceptions that decide, in memory, as an immutable table.
#ifndef GATEHOUSE_SERVER_DECISION_RULE_TABLE_H_
#define GATEHOUSE_SERVER_DECISION_RULE_TABLE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "server/decision/decision_source.h"

namespace gatehouse {

// A persistent hash map: a change copies the pointers of one of its 256 parts.
// Immutable, so safe for concurrent use.
template <typename Value>
class PartitionedMap {
 public:
  const Value* Find(absl::string_view key) const {
    const size_t hash = Hash(key);
    const std::shared_ptr<const Part>& part = parts_[hash % kParts];
    if (part == nullptr) return nullptr;
    const auto found = part->find(key, hash);
    return found == part->end() ? nullptr : found->second.get();
  }

  // This map with each key put, or erased if it has no value.
  PartitionedMap With(std::vector<std::pair<std::string, std::optional<Value>>> changes) const {
    PartitionedMap changed = *this;
    std::array<std::shared_ptr<Part>, kParts> copies;
    for (auto& [key, value] : changes) {
      const size_t index = Hash(key) % kParts;
      if (copies[index] == nullptr) {
        copies[index] =
            parts_[index] ? std::make_shared<Part>(*parts_[index]) : std::make_shared<Part>();
        changed.parts_[index] = copies[index];
      }
      if (value) {
        copies[index]->insert_or_assign(key, std::make_shared<const Value>(*std::move(value)));
      } else {
        copies[index]->erase(key);
      }
    }
    return changed;
  }

 private:
  static constexpr size_t kParts = 256;
  using Part = absl::flat_hash_map<std::string, std::shared_ptr<const Value>>;

  static size_t Hash(absl::string_view key) { return typename Part::hasher()(key); }

  std::array<std::shared_ptr<const Part>, kParts> parts_;
};

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
  // Overrides. While there is none, none is looked up.
  int64_t override_count = 0;

  // The rule that decides about addresses on `domain`; null: none.
  const DomainRule* Match(const DomainName& domain) const;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_DECISION_RULE_TABLE_H_
