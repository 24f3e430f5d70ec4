#include "policy/way_in.h"

#include "absl/time/time.h"

namespace gatehouse {

WayIn WayInOf(const DecisionInputs& inputs, Role role) {
  // Decide() denies a suspended user only on a domain that the organization
  // holds: elsewhere the address may be somebody else's to judge.
  if (inputs.user->suspended) return WayIn::kNone;
  DecisionInputs lasting = inputs;
  if (inputs.exemption != nullptr && inputs.exemption->expire_time != absl::InfiniteFuture()) {
    lasting.exemption = nullptr;
  }
  // With no exemption that ends, the answer is the same at any time.
  const Decision decision = Decide(lasting, LoginAction::kSignIn, absl::InfinitePast());
  if (decision.verdict != Verdict::kAllowPassword) return WayIn::kNone;
  if (lasting.exemption != nullptr && lasting.exemption->kind == ExemptionKind::kBreakGlass) {
    return WayIn::kBreakGlass;
  }
  if (!IsAdmin(role)) return WayIn::kNone;
  const bool exempt = decision.reason == DecisionReason::kExemptTriggeringAdmin ||
                      decision.reason == DecisionReason::kExemptServiceAccount;
  return exempt ? WayIn::kExemptAdmin : WayIn::kUncoveredAdmin;
}

}  // namespace gatehouse
