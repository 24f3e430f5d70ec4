#include "server/decision/indexed_decision_source.h"

#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "policy/status_macros.h"
#include "server/decision/domain_rules.h"
#include "server/decision/rule_match.h"
#include "server/decision/store_facts.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/login_activity_store.h"
#include "storage/stores/policy_changes.h"
#include "storage/stores/sso_override_store.h"
#include "storage/stores/user_store.h"

namespace gatehouse {
namespace {

// How often a check looks again when it meets a commit between its write and
// its publication, before it reads a snapshot instead.
constexpr int kMaxAttempts = 4;
constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();

template <typename Value>
using Changes = std::vector<std::pair<std::string, std::optional<Value>>>;

int64_t Covers(const DomainRule* rule) {
  return rule != nullptr && CoversSubdomains(*rule) ? 1 : 0;
}

// Puts `changes` into the table, and keeps its counts.
void Apply(Changes<DomainRule> changes, RuleTable* table) {
  if (changes.empty()) return;
  for (const auto& [domain, rule] : changes) {
    table->covering_subdomains += Covers(rule ? &*rule : nullptr);
    table->covering_subdomains -= Covers(table->rules->Find(domain));
  }
  table->rules =
      std::make_shared<PartitionedMap<DomainRule>>(table->rules->With(std::move(changes)));
}

void Apply(Changes<Exemption> changes, RuleTable* table) {
  if (changes.empty()) return;
  table->exemptions =
      std::make_shared<PartitionedMap<Exemption>>(table->exemptions->With(std::move(changes)));
}

void Apply(Changes<OverrideRule> changes, RuleTable* table) {
  if (changes.empty()) return;
  for (const auto& [key, rule] : changes) {
    table->override_count += rule.has_value() ? 1 : 0;
    table->override_count -= table->overrides->Find(key) != nullptr ? 1 : 0;
  }
  table->overrides =
      std::make_shared<PartitionedMap<OverrideRule>>(table->overrides->With(std::move(changes)));
}

RuleTable EmptyTable() {
  return {.rules = std::make_shared<PartitionedMap<DomainRule>>(),
          .exemptions = std::make_shared<PartitionedMap<Exemption>>(),
          .overrides = std::make_shared<PartitionedMap<OverrideRule>>()};
}

absl::StatusOr<RuleTable> ReadAll(storage::Reader& reader) {
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
  Apply(std::move(rules), &table);
  Apply(std::move(exemptions), &table);
  Apply(std::move(overrides), &table);
  return table;
}

// Adds to `changes` the overrides that send people to the profiles that changed.
absl::Status AddOverridesOfProfiles(storage::Reader& reader, const RuleTable& table,
                                    storage::PolicyChanges* changes) {
  if (table.override_count == 0) return absl::OkStatus();  // those of this commit are known
  for (const auto& [organization, profile] : changes->profiles) {
    ASSIGN_OR_RETURN(auto overrides,
                     storage::SsoOverrideStore::List(reader, organization, "", kNoLimit));
    for (const auto& found : overrides) {
      if (found->profile == profile) changes->overrides.emplace(organization, found->user);
    }
  }
  return absl::OkStatus();
}

// The table after `changes`, which `reader` sees.
absl::StatusOr<RuleTable> ReadChanged(storage::Reader& reader, RuleTable table,
                                      storage::PolicyChanges changes) {
  ASSIGN_OR_RETURN(RuleChanges rules, ReadChangedDomainRules(reader, changes));
  RETURN_IF_ERROR(AddOverridesOfProfiles(reader, table, &changes));
  Changes<Exemption> exemptions;
  for (const auto& [organization, user] : changes.exemptions) {
    ASSIGN_OR_RETURN(auto exemption, storage::ExemptionStore::Find(reader, organization, user));
    exemptions.emplace_back(UserKey(organization, user),
                            exemption ? std::optional(std::move(exemption->value)) : std::nullopt);
  }
  Changes<OverrideRule> overrides;
  for (const auto& [organization, user] : changes.overrides) {
    ASSIGN_OR_RETURN(auto rule, ReadOverrideRule(reader, organization, user));
    overrides.emplace_back(UserKey(organization, user), std::move(rule));
  }
  Apply(std::move(rules), &table);
  Apply(std::move(exemptions), &table);
  Apply(std::move(overrides), &table);
  return table;
}

// Adds to the facts, whose rule is set, what the table knows about a user that
// was read; null: nobody has the address.
void AddUser(const RuleTable& table, const EmailAddress& email, const User* user,
             DecisionFacts* facts) {
  facts->rollout = RolloutFactsOf(*facts->rule, email, user == nullptr ? nullptr : &user->id);
  if (user == nullptr) return;
  facts->user = FactsOf(*user);
  const std::string key = UserKey(user->organization, user->id);
  facts->exemption = table.exemptions->Find(key);
  if (table.override_count != 0) facts->override_rule = table.overrides->Find(key);
}

// By the table, and what `reader` sees at the table's revision.
absl::StatusOr<DecisionFacts> FactsFrom(const RuleTable& table, storage::Reader& reader,
                                        const EmailAddress& email) {
  DecisionFacts facts{.rule = table.Match(email.domain())};
  if (facts.rule == nullptr) return facts;
  ASSIGN_OR_RETURN(auto user,
                   storage::UserStore::FindByEmail(reader, facts.rule->organization, email));
  AddUser(table, email, user ? &**user : nullptr, &facts);
  if (user && AsksForProof(*facts.rule)) {
    ASSIGN_OR_RETURN(auto activity,
                     storage::LoginActivityStore::Find(reader, (*user)->organization, (*user)->id));
    facts.rollout.proof_time = ProofOf(*facts.rule, activity);
  }
  return facts;
}

}  // namespace

absl::StatusOr<std::unique_ptr<IndexedDecisionSource>> IndexedDecisionSource::Open(
    storage::CommitFeed* feed) {
  auto source = std::unique_ptr<IndexedDecisionSource>(new IndexedDecisionSource(feed));
  std::lock_guard<std::mutex> lock(source->update_mutex_);
  feed->Subscribe(source.get());
  ASSIGN_OR_RETURN(auto reader, storage::SnapshotReader::Open(feed->engine()));
  ASSIGN_OR_RETURN(RuleTable table, ReadAll(reader));
  source->cell_.Set(std::make_shared<RuleTable>(std::move(table)), reader.revision());
  return source;
}

IndexedDecisionSource::~IndexedDecisionSource() { feed_->Unsubscribe(this); }

absl::Status IndexedDecisionSource::Load(
    const EmailAddress& email,
    absl::FunctionRef<void(const DecisionFacts&, storage::Revision)> use) const {
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    const storage::Revision revision = cell_.revision();
    const RuleTable* table = cell_.Get();
    if (table == nullptr) break;
    DecisionFacts facts{.rule = table->Match(email.domain())};
    if (facts.rule != nullptr) {
      ASSIGN_OR_RETURN(auto user, storage::FindUserNow(*engine_, facts.rule->organization, email));
      // Newer than the table may be: the same commit may have changed rules.
      if (user && user->mod_revision > revision) continue;
      AddUser(*table, email, user ? &**user : nullptr, &facts);
      if (user && AsksForProof(*facts.rule)) {
        ASSIGN_OR_RETURN(auto activity, storage::FindLoginActivityNow(
                                            *engine_, (*user)->organization, (*user)->id));
        if (activity && activity->mod_revision > revision) continue;
        facts.rollout.proof_time = ProofOf(*facts.rule, activity);
      }
    }
    use(facts, revision);
    return absl::OkStatus();
  }
  return from_store_.Load(email, use);
}

absl::StatusOr<storage::Revision> IndexedDecisionSource::LoadMany(
    absl::Span<const EmailAddress> emails,
    absl::FunctionRef<void(size_t, const absl::StatusOr<DecisionFacts>&)> use) const {
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    const storage::Revision revision = cell_.revision();
    const RuleTable* table = cell_.Get();
    if (table == nullptr) break;
    ASSIGN_OR_RETURN(auto reader, storage::SnapshotReader::Open(*engine_));
    // A table newer than `revision` was published after its commit became
    // visible, so the snapshot would show that commit too.
    if (reader.revision() != revision) continue;
    for (size_t i = 0; i < emails.size(); ++i) use(i, FactsFrom(*table, reader, emails[i]));
    return revision;
  }
  return from_store_.LoadMany(emails, use);
}

void IndexedDecisionSource::OnCommits(const std::vector<storage::Change>& changes) {
  std::lock_guard<std::mutex> lock(update_mutex_);
  const storage::Revision revision = changes.back().revision;
  storage::PolicyChanges policy = storage::PolicyChangesOf(changes);
  const RuleTable* old = cell_.Get();
  if (policy.empty() && old != nullptr) {
    cell_.SetRevision(revision);
    return;
  }
  auto read = [&]() -> absl::StatusOr<RuleTable> {
    ASSIGN_OR_RETURN(auto reader, storage::SnapshotReader::Open(*engine_));
    return old == nullptr ? ReadAll(reader) : ReadChanged(reader, *old, std::move(policy));
  };
  absl::StatusOr<RuleTable> table = read();
  cell_.Set(table.ok() ? std::make_shared<RuleTable>(*std::move(table)) : nullptr, revision);
}

}  // namespace gatehouse
