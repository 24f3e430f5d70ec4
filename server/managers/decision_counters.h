// How often CheckLogin decided what, per enforcement.
#ifndef GATEHOUSE_SERVER_MANAGERS_DECISION_COUNTERS_H_
#define GATEHOUSE_SERVER_MANAGERS_DECISION_COUNTERS_H_

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "policy/decision.h"
#include "policy/enforcement.h"
#include "server/managers/manager_context.h"
#include "storage/stores/enforcement_counts_store.h"

namespace gatehouse {

// Counts in memory, in shards that belong to a few threads each, and adds what
// came together to the store when told to: a crash loses what came since. Counts
// are of one enforcement in one mode; when it begins anew or changes its mode,
// they begin at zero. Thread-safe.
class DecisionCounters {
 public:
  explicit DecisionCounters(const ManagerContext& context) : context_(context) {}

  // For the path of every check: waits neither for a commit nor for the store,
  // and allocates only for a kind that its shard has not seen since the last
  // flush.
  void Count(const Enforcement& enforcement, const Decision& decision);

  // Adds everything counted so far to the store. After an error what is not in
  // the store is kept for the next flush.
  absl::Status Flush();

  // What was counted of `enforcement`, in the store and here; by reason, then
  // verdict.
  absl::StatusOr<std::vector<storage::DecisionCount>> CountsOf(const Enforcement& enforcement);

 private:
  struct Tally {
    OrganizationId organization;
    DomainName domain;
    uint64_t enforce_revision = 0;
    EnforcementMode mode = EnforcementMode::kEnforce;
    absl::Time change_time = absl::InfinitePast();
    std::vector<storage::DecisionCount> counts;

    bool IsOf(const Enforcement& enforcement) const;
  };
  using Tallies = absl::flat_hash_map<std::string, Tally>;  // by domain

  static constexpr size_t kShards = 64;
  // Apart in memory, so that shards do not share cache lines.
  struct alignas(64) Shard {
    std::mutex mutex;
    Tallies tallies;
  };

  // The tally of `enforcement`; null if there is one of what came after it.
  static Tally* TallyOf(Tallies& tallies, const Enforcement& enforcement);
  // Moves what the shards hold to `unsaved_`.
  void Collect();
  // Adds `tallies` to the store, in one commit.
  absl::Status Save(const std::vector<const Tally*>& tallies);

  ManagerContext context_;
  std::array<Shard, kShards> shards_;
  std::mutex flush_mutex_;  // guards unsaved_; no shard's is held while waiting for it
  Tallies unsaved_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_DECISION_COUNTERS_H_
