#include "policy/automatic_pause.h"

#include <algorithm>

namespace gatehouse {

absl::Time CountedSince(const Enforcement& enforcement, const SsoProfile& profile, absl::Time now) {
  absl::Time since = std::max(enforcement.change_time, profile.update_time);
  for (const absl::Time widens :
       {enforcement.rollout.start_time, enforcement.rollout.proof_deadline}) {
    if (widens <= now) since = std::max(since, widens);
  }
  return since;
}

bool IsPauseDue(const Enforcement& enforcement, absl::Time since, const SsoOutcomes& counted,
                absl::Time now) {
  const std::optional<AutomaticPause>& rule = enforcement.rollout.automatic_pause;
  if (!rule || enforcement.pause || enforcement.mode != EnforcementMode::kEnforce) return false;
  if (now >= since + rule->window || counted.failures < rule->min_failures) return false;
  return counted.failures * 100 >= rule->failure_percent * (counted.failures + counted.successes);
}

}  // namespace gatehouse
