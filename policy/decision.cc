#include "policy/decision.h"

#include <algorithm>

namespace gatehouse {
namespace {

// nullopt for a kind that does not exist: a damaged exemption exempts nobody.
std::optional<DecisionReason> ReasonOf(ExemptionKind kind) {
  switch (kind) {
    case ExemptionKind::kTriggeringAdmin:
      return DecisionReason::kExemptTriggeringAdmin;
    case ExemptionKind::kBreakGlass:
      return DecisionReason::kExemptBreakGlass;
    case ExemptionKind::kServiceAccount:
      return DecisionReason::kExemptServiceAccount;
  }
  return std::nullopt;
}

Decision Answer(Verdict verdict, DecisionReason reason) {
  Decision decision;
  decision.verdict = verdict;
  decision.reason = reason;
  return decision;
}

Decision AnswerEnforced(DecisionReason reason, absl::Time since) {
  Decision decision = Answer(Verdict::kRequireSso, reason);
  decision.enforced_since = since;
  return decision;
}

// Rules 3 to 7, on a held domain, as if the mode were ENFORCE.
Decision DecideEnforced(const Enforcement& enforcement, const UserFacts* user,
                        const Exemption* exemption, LoginAction action, absl::Time now) {
  if (action == LoginAction::kEmailChange) {
    return Answer(Verdict::kDeny, DecisionReason::kEmailChangeToEnforcedDomain);
  }
  if (user != nullptr && !user->claimed) {
    return Answer(Verdict::kAllowPassword, DecisionReason::kIndependentUser);
  }
  if (user != nullptr && exemption != nullptr && exemption->IsActiveAt(now)) {
    if (const std::optional<DecisionReason> reason = ReasonOf(exemption->kind)) {
      Decision decision = Answer(Verdict::kAllowPassword, *reason);
      decision.valid_until = exemption->expire_time;
      return decision;
    }
  }
  if (user != nullptr) {
    return AnswerEnforced(DecisionReason::kEnforced,
                          std::max(enforcement.enforce_time, user->claim_time));
  }
  if (enforcement.unmanaged_users == UnmanagedUsers::kPassword) {
    return Answer(Verdict::kAllowPassword, DecisionReason::kUnmanagedAddress);
  }
  return AnswerEnforced(DecisionReason::kUnmanagedAddressEnforced, enforcement.enforce_time);
}

}  // namespace

absl::string_view Name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAllowPassword:
      return "ALLOW_PASSWORD";
    case Verdict::kRequireSso:
      return "REQUIRE_SSO";
    case Verdict::kDeny:
      return "DENY";
  }
  return "UNKNOWN";
}

absl::string_view Name(DecisionReason reason) {
  switch (reason) {
    case DecisionReason::kDomainNotEnforced:
      return "DOMAIN_NOT_ENFORCED";
    case DecisionReason::kDomainExpired:
      return "DOMAIN_EXPIRED";
    case DecisionReason::kEnforced:
      return "ENFORCED";
    case DecisionReason::kIndependentUser:
      return "INDEPENDENT_USER";
    case DecisionReason::kUnmanagedAddress:
      return "UNMANAGED_ADDRESS";
    case DecisionReason::kUnmanagedAddressEnforced:
      return "UNMANAGED_ADDRESS_ENFORCED";
    case DecisionReason::kExemptTriggeringAdmin:
      return "EXEMPT_TRIGGERING_ADMIN";
    case DecisionReason::kExemptBreakGlass:
      return "EXEMPT_BREAK_GLASS";
    case DecisionReason::kExemptServiceAccount:
      return "EXEMPT_SERVICE_ACCOUNT";
    case DecisionReason::kUserSuspended:
      return "USER_SUSPENDED";
    case DecisionReason::kEmailChangeToEnforcedDomain:
      return "EMAIL_CHANGE_TO_ENFORCED_DOMAIN";
  }
  return "UNKNOWN";
}

Decision Decide(const DecisionInputs& inputs, LoginAction action, absl::Time now) {
  const bool held = inputs.domain_state.has_value() && IsHeld(*inputs.domain_state);
  const Enforcement* const enforcement = held ? inputs.enforcement : nullptr;
  Decision decision;
  if (held && inputs.user != nullptr && inputs.user->suspended) {
    decision = Answer(Verdict::kDeny, DecisionReason::kUserSuspended);
  } else if (enforcement != nullptr) {
    decision = DecideEnforced(*enforcement, inputs.user, inputs.exemption, action, now);
  } else {
    decision = Answer(Verdict::kAllowPassword, inputs.domain_state == DomainState::kExpired
                                                   ? DecisionReason::kDomainExpired
                                                   : DecisionReason::kDomainNotEnforced);
  }
  if (enforcement != nullptr && enforcement->mode == EnforcementMode::kObserve) {
    decision.observed_verdict = decision.verdict;
    // A suspension denies by itself, with or without an enforcement.
    if (decision.reason != DecisionReason::kUserSuspended) {
      decision.verdict = Verdict::kAllowPassword;
    }
  }
  return decision;
}

}  // namespace gatehouse
