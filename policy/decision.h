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
};

absl::string_view Name(Verdict verdict);
absl::string_view Name(DecisionReason reason);

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
  std::optional<DomainState> domain_state;
  const Enforcement* enforcement = nullptr;  // of that domain; null: none
  const UserFacts* user = nullptr;           // null: the organization does not know the address
  const Exemption* exemption = nullptr;      // of that user; null: none
};

struct Decision {
  Verdict verdict = Verdict::kDeny;
  DecisionReason reason = DecisionReason::kDomainNotEnforced;
  // Set under OBSERVE, whatever the rule: what the verdict would be under
  // ENFORCE. The verdict itself is then what it would be with no enforcement.
  std::optional<Verdict> observed_verdict;
  // Since when this user is enforced: the later of the enforcement's start and
  // the user's claim. Set when the reason is kEnforced or
  // kUnmanagedAddressEnforced.
  std::optional<absl::Time> enforced_since;
  // Until when the answer stands if nobody changes anything: the end of the
  // exemption that it rests on.
  absl::Time valid_until = absl::InfiniteFuture();
};

// The rules, in order; a domain is held while VERIFIED or AT_RISK:
//  1. A suspended user of the organization that holds the domain is denied,
//     under any enforcement and without one.
//  2. Without an enforcement on a held domain: ALLOW_PASSWORD. An enforcement on
//     a domain that is PENDING or EXPIRED counts as none.
//  3. EMAIL_CHANGE to an address on an enforced domain, whoever has it now: DENY.
//  4. An independent user is never enforced: ALLOW_PASSWORD.
//  5. A user with an active exemption: ALLOW_PASSWORD.
//  6. A managed user: REQUIRE_SSO.
//  7. An unknown address: as the enforcement's unmanaged_users says.
// OBSERVE turns what rules 3, 6 and 7 would refuse into ALLOW_PASSWORD and
// reports it as observed_verdict.
Decision Decide(const DecisionInputs& inputs, LoginAction action, absl::Time now);

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_DECISION_H_
