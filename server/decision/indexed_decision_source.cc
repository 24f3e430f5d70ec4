#include "server/decision/indexed_decision_source.h"

#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "policy/status_macros.h"
#include "server/decision/store_facts.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/policy_changes.h"
#include "storage/stores/user_store.h"

namespace gatehouse {
namespace {

// How often a check looks again when it meets a commit between its write and
// its publication, before it reads a snapshot instead.
constexpr int kMaxAttempts = 4;
constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();

template <typename Value>
using Changes = std::vector<std::pair<std::string, std::optional<Value>>>;

absl::StatusOr<RuleTable> ReadAll(storage::Reader& reader) {
  Changes<DomainRule> rules;
  RETURN_IF_ERROR(storage::DomainStore::ForEachHolder(
      reader, [&](const OrganizationId&, const DomainName& name) -> absl::Status {
        ASSIGN_OR_RETURN(std::optional<DomainRule> rule, ReadDomainRule(reader, name));
        rules.emplace_back(name.ascii(), std::move(rule));
        return absl::OkStatus();
      }));
  Changes<Exemption> exemptions;
  RETURN_IF_ERROR(storage::ExemptionStore::ForEach(
      reader, [&](storage::Stored<Exemption> exemption) -> absl::Status {
        std::string key = ExemptionKey(exemption->organization, exemption->user);
        exemptions.emplace_back(std::move(key), std::move(exemption.value));
        return absl::OkStatus();
      }));
  return RuleTable{.rules = std::make_shared<PartitionedMap<DomainRule>>(
                       PartitionedMap<DomainRule>().With(std::move(rules))),
                   .exemptions = std::make_shared<PartitionedMap<Exemption>>(
                       PartitionedMap<Exemption>().With(std::move(exemptions)))};
}

// The table after `changes`, which `reader` sees.
absl::StatusOr<RuleTable> ReadChanged(storage::Reader& reader, RuleTable table,
                                      storage::PolicyChanges changes) {
  for (const auto& [organization, profile] : changes.profiles) {
    ASSIGN_OR_RETURN(auto enforcements,
                     storage::EnforcementStore::List(reader, organization, "", kNoLimit));
    for (const auto& enforcement : enforcements) {
      if (enforcement->profile == profile) changes.domains.insert(enforcement->domain);
    }
  }
  Changes<DomainRule> rules;
  for (const DomainName& domain : changes.domains) {
    ASSIGN_OR_RETURN(std::optional<DomainRule> rule, ReadDomainRule(reader, domain));
    rules.emplace_back(domain.ascii(), std::move(rule));
  }
  Changes<Exemption> exemptions;
  for (const auto& [organization, user] : changes.exemptions) {
    ASSIGN_OR_RETURN(auto exemption, storage::ExemptionStore::Find(reader, organization, user));
    exemptions.emplace_back(ExemptionKey(organization, user),
                            exemption ? std::optional(std::move(exemption->value)) : std::nullopt);
  }
  if (!rules.empty()) {
    table.rules = std::make_shared<PartitionedMap<DomainRule>>(table.rules->With(std::move(rules)));
  }
  if (!exemptions.empty()) {
    table.exemptions =
        std::make_shared<PartitionedMap<Exemption>>(table.exemptions->With(std::move(exemptions)));
  }
  return table;
}

// Adds what the table knows to the facts of a user that was read.
void AddUser(const RuleTable& table, const std::optional<storage::Stored<User>>& user,
             DecisionFacts* facts) {
  if (!user) return;
  facts->user = FactsOf(**user);
  facts->exemption = table.exemptions->Find(ExemptionKey((*user)->organization, (*user)->id));
}

}  // namespace

absl::StatusOr<std::unique_ptr<IndexedDecisionSource>> IndexedDecisionSource::Open(
    storage::Engine* engine) {
  auto source = std::unique_ptr<IndexedDecisionSource>(new IndexedDecisionSource(engine));
  std::lock_guard<std::mutex> lock(source->update_mutex_);
  engine->SetListener(source.get());
  ASSIGN_OR_RETURN(auto reader, storage::SnapshotReader::Open(*engine));
  ASSIGN_OR_RETURN(RuleTable table, ReadAll(reader));
  source->cell_.Set(std::make_shared<RuleTable>(std::move(table)), reader.revision());
  return source;
}

IndexedDecisionSource::~IndexedDecisionSource() { engine_->SetListener(nullptr); }

absl::Status IndexedDecisionSource::Load(
    const EmailAddress& email,
    absl::FunctionRef<void(const DecisionFacts&, storage::Revision)> use) const {
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    const storage::Revision revision = cell_.revision();
    const RuleTable* table = cell_.Get();
    if (table == nullptr) break;
    DecisionFacts facts{.rule = table->rules->Find(email.domain().ascii())};
    if (facts.rule != nullptr) {
      ASSIGN_OR_RETURN(auto user, storage::FindUserNow(*engine_, facts.rule->organization, email));
      // Newer than the table may be: the same commit may have changed rules.
      if (user && user->mod_revision > revision) continue;
      AddUser(*table, user, &facts);
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
    for (size_t i = 0; i < emails.size(); ++i) {
      DecisionFacts facts{.rule = table->rules->Find(emails[i].domain().ascii())};
      if (facts.rule == nullptr) {
        use(i, facts);
        continue;
      }
      auto user = storage::UserStore::FindByEmail(reader, facts.rule->organization, emails[i]);
      if (!user.ok()) {
        use(i, user.status());
        continue;
      }
      AddUser(*table, *user, &facts);
      use(i, facts);
    }
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
