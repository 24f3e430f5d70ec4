#include "server/decision/rule_table_reader.h"

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/status_macros.h"
#include "server/decision/domain_rules.h"
#include "server/decision/rule_match.h"
#include "server/decision/store_facts.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/sso_override_store.h"

namespace gatehouse {
namespace {

constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();

template <typename Value>
using Changes = std::vector<std::pair<std::string, std::optional<Value>>>;

int64_t Covers(const DomainRule* rule) {
  return rule != nullptr && CoversSubdomains(*rule) ? 1 : 0;
}

// Puts `changes`, each key once, into a part of a table.
template <typename Value>
void Apply(Changes<Value> changes, std::shared_ptr<const PartitionedMap<Value>>* map) {
  if (changes.empty()) return;
  std::vector<std::pair<std::string, std::shared_ptr<const Value>>> shared;
  for (auto& [key, value] : changes) {
    shared.emplace_back(std::move(key),
                        value ? std::make_shared<const Value>(*std::move(value)) : nullptr);
  }
  *map = std::make_shared<PartitionedMap<Value>>((*map)->With(shared));
}

void ApplyRules(RuleChanges changes, RuleTable* table) {
  for (const auto& [domain, rule] : changes) {
    table->covering_subdomains += Covers(rule ? &*rule : nullptr);
    table->covering_subdomains -= Covers(table->rules->Find(domain));
  }
  Apply(std::move(changes), &table->rules);
}

RuleTable EmptyTable() {
  return {.rules = std::make_shared<PartitionedMap<DomainRule>>(),
          .exemptions = std::make_shared<PartitionedMap<Exemption>>(),
          .overrides = std::make_shared<PartitionedMap<OverrideRule>>()};
}

// Adds to `changes` the overrides that send people to the profiles that changed.
absl::Status AddOverridesOfProfiles(storage::Reader& reader, const RuleTable& table,
                                    storage::PolicyChanges* changes) {
  if (table.overrides->size() == 0) return absl::OkStatus();  // those of this commit are known
  for (const auto& [organization, profile] : changes->profiles) {
    ASSIGN_OR_RETURN(auto overrides,
                     storage::SsoOverrideStore::List(reader, organization, "", kNoLimit));
    for (const auto& found : overrides) {
      if (found->profile == profile) changes->overrides.emplace(organization, found->user);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<RuleTable> ReadRuleTable(storage::Reader& reader) {
  ASSIGN_OR_RETURN(RuleChanges rules, ReadDomainRules(reader));
  Changes<Exemption> exemptions;
  RETURN_IF_ERROR(storage::ExemptionStore::ForEach(
      reader, [&](storage::Stored<Exemption> exemption) -> absl::Status {
        std::string key = UserKey(exemption->organization, exemption->user);
        exemptions.emplace_back(std::move(key), std::move(exemption.value));
        return absl::OkStatus();
      }));
  Changes<OverrideRule> overrides;
  RETURN_IF_ERROR(storage::SsoOverrideStore::ForEach(
      reader, [&](storage::Stored<SsoOverride> found) -> absl::Status {
        ASSIGN_OR_RETURN(auto rule, ReadOverrideRule(reader, found->organization, found->user));
        overrides.emplace_back(UserKey(found->organization, found->user), std::move(rule));
        return absl::OkStatus();
      }));
  RuleTable table = EmptyTable();
  ApplyRules(std::move(rules), &table);
  Apply(std::move(exemptions), &table.exemptions);
  Apply(std::move(overrides), &table.overrides);
  return table;
}

absl::StatusOr<RuleTable> ReadChangedRuleTable(storage::Reader& reader, RuleTable table,
                                               storage::PolicyChanges* changes) {
  ASSIGN_OR_RETURN(RuleChanges rules, ReadChangedDomainRules(reader, *changes));
  RETURN_IF_ERROR(AddOverridesOfProfiles(reader, table, changes));
  Changes<Exemption> exemptions;
  for (const auto& [organization, user] : changes->exemptions) {
    ASSIGN_OR_RETURN(auto exemption, storage::ExemptionStore::Find(reader, organization, user));
    exemptions.emplace_back(UserKey(organization, user),
                            exemption ? std::optional(std::move(exemption->value)) : std::nullopt);
  }
  Changes<OverrideRule> overrides;
  for (const auto& [organization, user] : changes->overrides) {
    ASSIGN_OR_RETURN(auto rule, ReadOverrideRule(reader, organization, user));
    overrides.emplace_back(UserKey(organization, user), std::move(rule));
  }
  ApplyRules(std::move(rules), &table);
  Apply(std::move(exemptions), &table.exemptions);
  Apply(std::move(overrides), &table.overrides);
  return table;
}

}  // namespace gatehouse
