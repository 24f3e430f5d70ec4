// Decide(): the rules of enforcement, as one pure function.
//
// It answers: may this address sign in with a password, or must it go through
// SSO, and why? No I/O, no clock, no allocation beyond the answer. Everything
// that decides stands in DecisionInputs; the caller loads them at one revision.
#ifndef GATEHOUSE_POLICY_DECISION_H_
#define GATEHOUSE_POLICY_DECISION_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/domain.h"
#include "policy/enforcement.h"
#include "policy/rollout.h"
#include "policy/sso_override.h"
#include "policy/user.h"

namespace gatehouse {

// What the person is about to do (docs/architecture.md, rule 6).
enum class LoginAction {
  kSignIn = 1,
  kPasswordReset = 2,
  kEmailChange = 3,  // change their address *to* the one asked about
};

enum class Verdict {
  kAllowPassword = 1,
  kRequireSso = 2,
  kDeny = 3,
};

// Why. Names and numbers as gatehouse.v1.DecisionReason.
enum class DecisionReason {
  kDomainNotEnforced = 1,         // no organization holds the domain, or none enforces it
  kDomainExpired = 2,             // the claim ran out, which ended any enforcement (rule 1)
  kEnforced = 3,                  // a managed user on an enforced domain
  kIndependentUser = 4,           // known to the organization, not managed: never enforced
  kUnmanagedAddress = 5,          // not known; enforcement covers managed users only (rule 11)
  kUnmanagedAddressEnforced = 6,  // not known; the enforcement covers everybody (rule 11)
  kExemptTriggeringAdmin = 7,
  kExemptBreakGlass = 8,
  kExemptServiceAccount = 9,
  kUserSuspended = 10,
  kEmailChangeToEnforcedDomain = 11,  // nobody takes such an address by a change (rule 6)
  kEnforcementScheduled = 12,         // the enforcement begins later
  kNotInWave = 13,                    // it covers a part of the users so far
  kAwaitingSsoSignIn = 14,            // it waits for the user's first SSO sign-in
  kEnforcementPaused = 15,            // it is paused for users without a proven one
  kOverrideRequireSso = 16,           // the user's own rule (rule 12)
  kOverrideExempt = 17,
};

absl::string_view Name(Verdict verdict);
absl::string_view Name(DecisionReason reason);

// Whether the reason is that the user is kept off SSO: exempt, in one way or
// the other.
bool IsExempt(DecisionReason reason);

// What is known of the address's user in the organization that holds its domain.
struct UserFacts {
  bool claimed = false;
  bool suspended = false;
  absl::Time claim_time = absl::InfinitePast();
};

// Everything that decides, read at one revision.
struct DecisionInputs {
  // State of the holding organization's claim on the address's domain (or its
  // last state, if it expired); nullopt: no claim was ever proven.
  // For an address on a subdomain that a parent's enforcement covers: of the
  // parent's claim, and so are the others.
  std::optional<DomainState> domain_state;
  const Enforcement* enforcement = nullptr;   // of that domain; null: none
  const UserFacts* user = nullptr;            // null: the organization does not know the address
  const Exemption* exemption = nullptr;       // of that user; null: none
  const SsoOverride* sso_override = nullptr;  // of that user; null: none
  RolloutFacts rollout;                       // of the address, for the enforcement
};

struct Decision {
  Verdict verdict = Verdict::kDeny;
  DecisionReason reason = DecisionReason::kDomainNotEnforced;
  // Set under OBSERVE, whatever the rule: what the verdict would be under
  // ENFORCE. The verdict itself is then what it would be with no enforcement.
  std::optional<Verdict> observed_verdict;
  // Since when this user is enforced: the latest of the enforcement's start, the
  // user's claim, and what the rollout waited for; of an override: of its making
  // and the claim. Set when the reason is kEnforced, kUnmanagedAddressEnforced
  // or kOverrideRequireSso.
  std::optional<absl::Time> enforced_since;
  // From when this user will be enforced, if nothing changes. Set while the
  // enforcement waits for a time that will come; never under OBSERVE.
  std::optional<absl::Time> enforcement_scheduled_at;
  // Until when the answer stands if nobody changes anything: the end of the
  // exemption that it rests on, or the time that the rollout waits for.
  absl::Time valid_until = absl::InfiniteFuture();
};

// The rules, in order; a domain is held while VERIFIED or AT_RISK:
//  1. On a domain that nobody holds there is no rule: ALLOW_PASSWORD. An
//     enforcement on a domain that is PENDING or EXPIRED counts as none.
//  2. A suspended user of the organization that holds the domain is denied,
//     under any enforcement and without one.
//  3. EMAIL_CHANGE to an address on a domain whose enforcement has started,
//     whoever has it now, in whatever wave, exempt or not: DENY.
//  4. A user with the override EXEMPT, managed or not: ALLOW_PASSWORD.
//  5. A managed user with an active exemption: ALLOW_PASSWORD. It comes before
//     the next rule, so that no override closes a way in.
//  6. A managed user with the override REQUIRE_SSO: REQUIRE_SSO, whatever the
//     domain's enforcement says, or whether it has one.
//  7. Without an enforcement: ALLOW_PASSWORD.
//  8. An independent user is never enforced: ALLOW_PASSWORD.
//  9. An unknown address, if the enforcement's unmanaged_users is PASSWORD:
//     ALLOW_PASSWORD.
// 10. Whoever the rollout does not cover yet: ALLOW_PASSWORD (policy/rollout.h).
//     An unknown address counts as unproven.
// 11. Everybody else: REQUIRE_SSO.
// OBSERVE turns what rules 3 and 11 would refuse into ALLOW_PASSWORD and reports
// it as observed_verdict; an override and a suspension stand as they are.
Decision Decide(const DecisionInputs& inputs, LoginAction action, absl::Time now);

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_DECISION_H_
