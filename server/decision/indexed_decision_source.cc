#include "server/decision/indexed_decision_source.h"

#include <utility>
#include <vector>

#include "policy/status_macros.h"
#include "server/decision/store_facts.h"
#include "storage/stores/login_activity_store.h"
#include "storage/stores/user_store.h"

namespace gatehouse {
namespace {

// How often a check looks again when it meets a commit between its write and
// its publication, before it reads a snapshot instead.
constexpr int kMaxAttempts = 4;

// Adds to the facts, whose rule is set, what the table knows about a user that
// was read; null: nobody has the address.
void AddExceptions(const RuleTable& rules, const EmailAddress& email, const User* user,
                   DecisionFacts* facts) {
  facts->rollout = RolloutFactsOf(*facts->rule, email, user == nullptr ? nullptr : &user->id);
  if (user == nullptr) return;
  facts->user = FactsOf(*user);
  const std::string key = UserKey(user->organization, user->id);
  facts->exemption = rules.exemptions->Find(key);
  if (rules.overrides->size() != 0) facts->override_rule = rules.overrides->Find(key);
}

// By the rules, and what `reader` sees at their revision.
absl::StatusOr<DecisionFacts> FactsFrom(const RuleTable& rules, storage::Reader& reader,
                                        const EmailAddress& email) {
  DecisionFacts facts{.rule = rules.Match(email.domain())};
  if (facts.rule == nullptr) return facts;
  ASSIGN_OR_RETURN(auto user,
                   storage::UserStore::FindByEmail(reader, facts.rule->organization, email));
  AddExceptions(rules, email, user ? &**user : nullptr, &facts);
  if (user && AsksForProof(*facts.rule)) {
    ASSIGN_OR_RETURN(auto activity,
                     storage::LoginActivityStore::Find(reader, (*user)->organization, (*user)->id));
    facts.rollout.proof_time = ProofOf(*facts.rule, activity);
  }
  return facts;
}

// Whether the rule asks for more about a known user than an entry tells.
bool AsksForRecord(const DomainRule& rule, const AddressEntry& entry) {
  if (entry.kind == AddressEntry::Kind::kIndependent) return false;  // never enforced
  if (entry.kind != AddressEntry::Kind::kManaged) return true;
  if (!rule.enforcement) return false;
  const bool asks_for_name =
      AsksForBucket(*rule.enforcement) && !rule.enforcement->rollout.users.empty();
  if (AsksForProof(rule) || asks_for_name) return true;
  // An earlier claim than the enforcement makes no difference to anything.
  return !entry.exact && entry.claim_time > rule.enforcement->enforce_time;
}

// The facts of `rule`, by the address's entry (nullopt: nobody has it); nullopt:
// the user's record is asked for.
std::optional<DecisionFacts> FactsOf(const DomainRule& rule, const EmailAddress& email,
                                     const std::optional<AddressEntry>& entry) {
  if (entry && AsksForRecord(rule, *entry)) return std::nullopt;
  DecisionFacts facts{.rule = &rule};
  facts.rollout = RolloutFactsOf(rule, email, nullptr);
  if (entry) {
    facts.user = UserFacts{.claimed = entry->kind == AddressEntry::Kind::kManaged,
                           .claim_time = entry->claim_time};
  }
  return facts;
}

}  // namespace

absl::StatusOr<std::unique_ptr<IndexedDecisionSource>> IndexedDecisionSource::Open(
    storage::CommitFeed* feed, std::string hash_key) {
  std::unique_ptr<IndexedDecisionSource> source(
      new IndexedDecisionSource(&feed->engine(), std::move(hash_key)));
  ASSIGN_OR_RETURN(source->follower_, IndexFollower::Start(feed, &source->index_));
  return source;
}

absl::Status IndexedDecisionSource::Load(
    const EmailAddress& email,
    absl::FunctionRef<void(const DecisionFacts&, storage::Revision)> use) const {
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    const DecisionIndex::Look look(index_);
    if (look.rules() == nullptr) break;
    std::optional<DecisionFacts> facts = DecisionFacts{.rule = look.rules()->Match(email.domain())};
    if (facts->rule != nullptr) {
      ASSIGN_OR_RETURN(facts, AddUser(look, email, *std::move(facts)));
    }
    if (!facts || !look.IsConsistent()) continue;
    use(*facts, look.revision());
    return absl::OkStatus();
  }
  return from_store_.Load(email, use);
}

absl::StatusOr<std::optional<DecisionFacts>> IndexedDecisionSource::AddUser(
    const DecisionIndex::Look& look, const EmailAddress& email, DecisionFacts facts) const {
  if (look.addresses_loaded()) {
    const auto entry = look.Find(facts.rule->organization, email);
    if (auto known = FactsOf(*facts.rule, email, entry)) return known;
  }
  // A record that is newer than the look, or gone since, may be of a commit that
  // changed rules too.
  ASSIGN_OR_RETURN(auto user, storage::FindUserNow(*engine_, facts.rule->organization, email));
  if (user ? user->mod_revision > look.revision() : engine_->revision() > look.revision()) {
    return std::nullopt;
  }
  AddExceptions(*look.rules(), email, user ? &**user : nullptr, &facts);
  if (user && AsksForProof(*facts.rule)) {
    ASSIGN_OR_RETURN(auto activity,
                     storage::FindLoginActivityNow(*engine_, (*user)->organization, (*user)->id));
    if (activity && activity->mod_revision > look.revision()) return std::nullopt;
    facts.rollout.proof_time = ProofOf(*facts.rule, activity);
  }
  return facts;
}

absl::StatusOr<storage::Revision> IndexedDecisionSource::LoadMany(
    absl::Span<const EmailAddress> emails,
    absl::FunctionRef<void(size_t, const absl::StatusOr<DecisionFacts>&)> use) const {
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    const DecisionIndex::Look look(index_);
    if (look.rules() == nullptr) break;
    // Nothing is used before all of it is known to be of one time.
    std::vector<std::optional<DecisionFacts>> known(emails.size());
    bool all_known = true;
    for (size_t i = 0; i < emails.size(); ++i) {
      const DomainRule* const rule = look.rules()->Match(emails[i].domain());
      if (rule == nullptr) {
        known[i].emplace();
      } else if (look.addresses_loaded()) {
        known[i] = FactsOf(*rule, emails[i], look.Find(rule->organization, emails[i]));
      }
      all_known = all_known && known[i].has_value();
    }
    std::optional<storage::SnapshotReader> reader;
    if (!all_known) {
      ASSIGN_OR_RETURN(reader, storage::SnapshotReader::Open(*engine_));
      // Rules newer than the look were published after their commit became
      // visible, so the snapshot would show that commit too.
      if (reader->revision() != look.revision()) continue;
    }
    if (!look.IsConsistentForMany()) continue;
    for (size_t i = 0; i < emails.size(); ++i) {
      use(i, known[i] ? absl::StatusOr<DecisionFacts>(*std::move(known[i]))
                      : FactsFrom(*look.rules(), *reader, emails[i]));
    }
    return look.revision();
  }
  return from_store_.LoadMany(emails, use);
}

}  // namespace gatehouse
