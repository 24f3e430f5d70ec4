#include "server/managers/decision_counters.h"

#include <algorithm>
#include <tuple>

#include "policy/caller.h"
#include "policy/status_macros.h"
#include "server/runtime/thread_number.h"
#include "storage/stores/enforcement_store.h"

namespace gatehouse {
namespace {

// Enforcements per commit of a flush.
constexpr size_t kBatch = 100;

void AddAll(std::vector<storage::DecisionCount>& counts,
            const std::vector<storage::DecisionCount>& more) {
  for (const storage::DecisionCount& count : more) storage::AddCount(counts, count);
}

}  // namespace

bool DecisionCounters::Tally::IsOf(const Enforcement& enforcement) const {
  return organization == enforcement.organization &&
         enforce_revision == enforcement.enforce_revision && mode == enforcement.mode;
}

DecisionCounters::Tally* DecisionCounters::TallyOf(Tallies& tallies,
                                                   const Enforcement& enforcement) {
  auto found = tallies.find(enforcement.domain.ascii());
  if (found == tallies.end()) {
    found = tallies.try_emplace(enforcement.domain.ascii()).first;
  } else if (found->second.IsOf(enforcement)) {
    return &found->second;
  } else if (enforcement.change_time < found->second.change_time) {
    return nullptr;
  }
  found->second = Tally{.organization = enforcement.organization,
                        .domain = enforcement.domain,
                        .enforce_revision = enforcement.enforce_revision,
                        .mode = enforcement.mode,
                        .change_time = enforcement.change_time,
                        .counts = {}};
  return &found->second;
}

void DecisionCounters::Count(const Enforcement& enforcement, const Decision& decision) {
  Shard& shard = shards_[ThreadNumber() % kShards];
  std::lock_guard<std::mutex> lock(shard.mutex);
  Tally* const tally = TallyOf(shard.tallies, enforcement);
  if (tally == nullptr) return;
  storage::AddCount(tally->counts, {.verdict = decision.verdict,
                                    .observed_verdict = decision.observed_verdict,
                                    .reason = decision.reason,
                                    .count = 1});
}

void DecisionCounters::Collect() {
  for (Shard& shard : shards_) {
    Tallies collected;
    {
      std::lock_guard<std::mutex> lock(shard.mutex);
      collected.swap(shard.tallies);
    }
    for (auto& [domain, tally] : collected) {
      const Enforcement counted{.organization = tally.organization,
                                .domain = tally.domain,
                                .mode = tally.mode,
                                .enforce_revision = tally.enforce_revision,
                                .change_time = tally.change_time};
      if (Tally* const sum = TallyOf(unsaved_, counted)) AddAll(sum->counts, tally.counts);
    }
  }
}

absl::Status DecisionCounters::Save(const std::vector<const Tally*>& tallies) {
  auto add = [&](storage::Transaction& tx) -> absl::Status {
    for (const Tally* tally : tallies) {
      ASSIGN_OR_RETURN(auto enforcement,
                       storage::EnforcementStore::Find(tx, tally->organization, tally->domain));
      // Counted just before it ended or changed its mode.
      if (!enforcement || !tally->IsOf(**enforcement)) continue;
      ASSIGN_OR_RETURN(
          storage::EnforcementCounts counts,
          storage::EnforcementCountsStore::Get(tx, tally->organization, tally->domain));
      counts.StartDecisionsOf(**enforcement);
      AddAll(counts.decisions, tally->counts);
      storage::EnforcementCountsStore::Put(tx, tally->organization, tally->domain, counts);
    }
    return absl::OkStatus();
  };
  // The enforcements of a batch belong to several organizations; that none of
  // them changes meanwhile is a condition of the commit.
  const Caller caller = Caller::System("decision-counts", context_.clock->Now());
  return context_.transactions->Run(caller, OrganizationId(), add).status();
}

absl::Status DecisionCounters::Flush() {
  std::lock_guard<std::mutex> lock(flush_mutex_);
  Collect();
  while (!unsaved_.empty()) {
    std::vector<const Tally*> batch;
    for (const auto& [domain, tally] : unsaved_) {
      if (batch.size() == kBatch) break;
      batch.push_back(&tally);
    }
    RETURN_IF_ERROR(Save(batch));
    for (const Tally* saved : batch) {
      const std::string domain = saved->domain.ascii();
      unsaved_.erase(domain);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<storage::DecisionCount>> DecisionCounters::CountsOf(
    const Enforcement& enforcement) {
  // No flush moves counts from here to the store in between.
  std::lock_guard<std::mutex> lock(flush_mutex_);
  Collect();
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  ASSIGN_OR_RETURN(
      storage::EnforcementCounts stored,
      storage::EnforcementCountsStore::Get(reader, enforcement.organization, enforcement.domain));
  stored.StartDecisionsOf(enforcement);
  const auto found = unsaved_.find(enforcement.domain.ascii());
  if (found != unsaved_.end() && found->second.IsOf(enforcement)) {
    AddAll(stored.decisions, found->second.counts);
  }
  std::sort(stored.decisions.begin(), stored.decisions.end(),
            [](const storage::DecisionCount& left, const storage::DecisionCount& right) {
              return std::tie(left.reason, left.verdict, left.observed_verdict) <
                     std::tie(right.reason, right.verdict, right.observed_verdict);
            });
  return std::move(stored.decisions);
}

}  // namespace gatehouse
