#include "server/managers/user_view.h"

#include <utility>

#include "policy/domain.h"
#include "policy/status_macros.h"

namespace gatehouse {
namespace {

bool IsExempt(DecisionReason reason) {
  return reason == DecisionReason::kExemptTriggeringAdmin ||
         reason == DecisionReason::kExemptBreakGlass ||
         reason == DecisionReason::kExemptServiceAccount;
}

}  // namespace

SsoStatus SsoStatusOf(const Decision& decision) {
  if (decision.verdict == Verdict::kDeny) return SsoStatus::kDenied;
  if (decision.verdict == Verdict::kRequireSso) return SsoStatus::kEnforced;
  const bool only_observed = decision.observed_verdict.has_value();
  return IsExempt(decision.reason) && !only_observed ? SsoStatus::kExempt : SsoStatus::kNotEnforced;
}

absl::StatusOr<UserView> ViewOf(StoreFacts& facts, storage::Stored<User> user, absl::Time now) {
  ASSIGN_OR_RETURN(DecisionFacts known, facts.ForUser(*user));
  const bool managed = user->claimed && known.rule != nullptr && IsHeld(known.rule->state);
  return UserView{.user = std::move(user),
                  .type = managed ? UserType::kManaged : UserType::kIndependent,
                  .decision = Decide(known.Inputs(), LoginAction::kSignIn, now)};
}

}  // namespace gatehouse
