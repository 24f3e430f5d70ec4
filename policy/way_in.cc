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
  // A rollout lets people in that it will not let in when it is complete.
  Enforcement complete;
  if (inputs.enforcement != nullptr &&
      (inputs.enforcement->rollout != Rollout() || inputs.enforcement->pause)) {
    complete = *inputs.enforcement;
    complete.rollout = Rollout();
    complete.pause.reset();
    lasting.enforcement = &complete;
  }
  // With no rollout and no exemption that ends, the answer is the same at any
  // time.
  const Decision decision = Decide(lasting, LoginAction::kSignIn, absl::InfinitePast());
  if (decision.verdict != Verdict::kAllowPassword) return WayIn::kNone;
  if (lasting.exemption != nullptr && lasting.exemption->kind == ExemptionKind::kBreakGlass) {
    return WayIn::kBreakGlass;
  }
  if (!IsAdmin(role)) return WayIn::kNone;
  return IsExempt(decision.reason) ? WayIn::kExemptAdmin : WayIn::kUncoveredAdmin;
}

}  // namespace gatehouse
