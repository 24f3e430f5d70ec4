// What was counted of enforcements: decisions, and sign-ins through SSO.
#ifndef GATEHOUSE_STORAGE_STORES_ENFORCEMENT_COUNTS_STORE_H_
#define GATEHOUSE_STORAGE_STORES_ENFORCEMENT_COUNTS_STORE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "policy/decision.h"
#include "policy/enforcement.h"
#include "storage/stores/stored.h"
#include "storage/stores/transaction.h"

namespace gatehouse::storage {

// Decisions of one kind.
struct DecisionCount {
  Verdict verdict = Verdict::kAllowPassword;
  std::optional<Verdict> observed_verdict;
  DecisionReason reason = DecisionReason::kDomainNotEnforced;
  int64_t count = 0;

  bool IsSameKind(const DecisionCount& other) const {
    return verdict == other.verdict && observed_verdict == other.observed_verdict &&
           reason == other.reason;
  }
};

// Adds `more` to the count of its kind, or begins one.
void AddCount(std::vector<DecisionCount>& counts, const DecisionCount& more);

struct EnforcementCounts {
  // Made under the enforcement that began at `enforce_revision`, in `mode`.
  std::vector<DecisionCount> decisions;
  uint64_t enforce_revision = 0;
  EnforcementMode mode = EnforcementMode::kEnforce;
  // Reported since the change at `since_time`.
  int64_t sso_successes = 0;
  int64_t sso_failures = 0;
  absl::Time since_time = absl::InfinitePast();

  // Drops the decisions unless they were made under this enforcement and mode.
  void StartDecisionsOf(const Enforcement& enforcement);
  // Drops the counts of sign-ins unless they began at `since`.
  void StartSignInsAt(absl::Time since);
};

// At most one record per enforcement; its end deletes it (EnforcementStore). No
// write touches the policy guard: counting outdates no plan.
struct EnforcementCountsStore {
  // All zero if nothing was counted yet.
  static absl::StatusOr<EnforcementCounts> Get(Reader& reader, const OrganizationId& organization,
                                               const DomainName& domain);
  static void Put(Transaction& tx, const OrganizationId& organization, const DomainName& domain,
                  const EnforcementCounts& counts);
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_ENFORCEMENT_COUNTS_STORE_H_
