// The guard against lockout: who can always get in without the IdP (docs/architecture.md, rule 9).
//
// A change (a new or wider enforcement, the end of an exemption, a suspension, a
// demotion) is refused if it would leave an organization with no lasting way in.
// The caller asks user by user, with the facts as they would be after the
// change, and stops at the first answer other than kNone:
//
//   for (const User& user : admins_and_break_glass_holders) {
//     if (WayInOf(inputs_after(user), user.role) != WayIn::kNone) return absl::OkStatus();
//   }
//   return WouldLockOut();
#ifndef GATEHOUSE_POLICY_WAY_IN_H_
#define GATEHOUSE_POLICY_WAY_IN_H_

#include "policy/decision.h"
#include "policy/user.h"

namespace gatehouse {

// How one user gets in when the IdP does not work.
enum class WayIn {
  kNone,            // not at all, not for good, or without a say in the organization
  kUncoveredAdmin,  // an admin or owner whom no enforcement blocks
  kExemptAdmin,     // an admin or owner with an exemption or override that has no end
  kBreakGlass,      // anybody with a BREAK_GLASS exemption that has no end
};

// The lasting way in of the user whom `inputs` describes, whose role is `role`.
// It is Decide() that judges whether a password sign-in is allowed, so the two
// never disagree. An exemption with an end counts as none: at its end nobody
// would get in; so does what a rollout or a pause leaves out for now.
// `inputs.user` must be set.
WayIn WayInOf(const DecisionInputs& inputs, Role role);

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_WAY_IN_H_
