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

// Of whoever is not covered.
DecisionReason ReasonOf(Coverage coverage) {
  if (coverage == Coverage::kNotInWave) return DecisionReason::kNotInWave;
  if (coverage == Coverage::kPaused) return DecisionReason::kEnforcementPaused;
  if (coverage == Coverage::kAwaitingProof) return DecisionReason::kAwaitingSsoSignIn;
  return DecisionReason::kEnforcementScheduled;
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

// The answer to somebody whom the rollout does not cover at `now`.
Decision AnswerNotYet(DecisionReason reason, absl::Time from) {
  Decision decision = Answer(Verdict::kAllowPassword, reason);
  decision.valid_until = from;
  if (from != absl::InfiniteFuture()) decision.enforcement_scheduled_at = from;
  return decision;
}

// nullopt: there is no active exemption.
std::optional<Decision> AnswerExempt(const Exemption* exemption, absl::Time now) {
  if (exemption == nullptr || !exemption->IsActiveAt(now)) return std::nullopt;
  const std::optional<DecisionReason> reason = ReasonOf(exemption->kind);
  if (!reason) return std::nullopt;
  Decision decision = Answer(Verdict::kAllowPassword, *reason);
  decision.valid_until = exemption->expire_time;
  return decision;
}

// Rules 4 to 6, of the user alone, on a held domain. nullopt: none applies.
std::optional<Decision> DecideByUser(const DecisionInputs& inputs, absl::Time now) {
  const UserFacts* const user = inputs.user;
  const SsoOverride* const own = inputs.sso_override;
  if (user == nullptr) return std::nullopt;
  if (own != nullptr && own->mode == SsoOverrideMode::kExempt) {
    return Answer(Verdict::kAllowPassword, DecisionReason::kOverrideExempt);
  }
  if (!user->claimed || (own == nullptr && inputs.enforcement == nullptr)) return std::nullopt;
  if (std::optional<Decision> exempt = AnswerExempt(inputs.exemption, now)) return exempt;
  if (own == nullptr) return std::nullopt;
  return AnswerEnforced(DecisionReason::kOverrideRequireSso,
                        std::max(own->create_time, user->claim_time));
}

// Rules 10 and 11.
Decision DecideByRollout(const DecisionInputs& inputs, absl::Time now) {
  const CoverageAt at = CoverageOf(*inputs.enforcement, inputs.rollout, now);
  if (at.coverage != Coverage::kCovered) return AnswerNotYet(ReasonOf(at.coverage), at.time);
  const absl::Time since = std::max(inputs.enforcement->enforce_time, at.time);
  if (inputs.user == nullptr) {
    return AnswerEnforced(DecisionReason::kUnmanagedAddressEnforced, since);
  }
  return AnswerEnforced(DecisionReason::kEnforced, std::max(since, inputs.user->claim_time));
}

// Rules 2 to 11, on a held domain, as if the mode were ENFORCE.
Decision DecideHeld(const DecisionInputs& inputs, LoginAction action, absl::Time now) {
  const Enforcement* const enforcement = inputs.enforcement;
  if (inputs.user != nullptr && inputs.user->suspended) {
    return Answer(Verdict::kDeny, DecisionReason::kUserSuspended);
  }
  // A change of address to one on the domain is of no wave and waits for no
  // proof: nobody has it to prove.
  const bool takes_address = enforcement != nullptr && action == LoginAction::kEmailChange;
  if (takes_address && enforcement->rollout.start_time <= now) {
    return Answer(Verdict::kDeny, DecisionReason::kEmailChangeToEnforcedDomain);
  }
  std::optional<Decision> decision = DecideByUser(inputs, now);
  if (takes_address) {
    if (!decision) {
      decision =
          AnswerNotYet(DecisionReason::kEnforcementScheduled, enforcement->rollout.start_time);
    }
    decision->valid_until = std::min(decision->valid_until, enforcement->rollout.start_time);
  }
  if (decision) return *decision;
  if (enforcement == nullptr) {
    return Answer(Verdict::kAllowPassword, DecisionReason::kDomainNotEnforced);
  }
  if (inputs.user != nullptr && !inputs.user->claimed) {
    return Answer(Verdict::kAllowPassword, DecisionReason::kIndependentUser);
  }
  if (inputs.user == nullptr && enforcement->unmanaged_users == UnmanagedUsers::kPassword) {
    return Answer(Verdict::kAllowPassword, DecisionReason::kUnmanagedAddress);
  }
  return DecideByRollout(inputs, now);
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
    case DecisionReason::kEnforcementScheduled:
      return "ENFORCEMENT_SCHEDULED";
    case DecisionReason::kNotInWave:
      return "NOT_IN_WAVE";
    case DecisionReason::kAwaitingSsoSignIn:
      return "AWAITING_SSO_SIGN_IN";
    case DecisionReason::kEnforcementPaused:
      return "ENFORCEMENT_PAUSED";
    case DecisionReason::kOverrideRequireSso:
      return "OVERRIDE_REQUIRE_SSO";
    case DecisionReason::kOverrideExempt:
      return "OVERRIDE_EXEMPT";
  }
  return "UNKNOWN";
}

bool IsExempt(DecisionReason reason) {
  return reason == DecisionReason::kExemptTriggeringAdmin ||
         reason == DecisionReason::kExemptBreakGlass ||
         reason == DecisionReason::kExemptServiceAccount ||
         reason == DecisionReason::kOverrideExempt;
}

Decision Decide(const DecisionInputs& inputs, LoginAction action, absl::Time now) {
  if (!inputs.domain_state.has_value() || !IsHeld(*inputs.domain_state)) {
    return Answer(Verdict::kAllowPassword, inputs.domain_state == DomainState::kExpired
                                               ? DecisionReason::kDomainExpired
                                               : DecisionReason::kDomainNotEnforced);
  }
  Decision decision = DecideHeld(inputs, action, now);
  if (inputs.enforcement != nullptr && inputs.enforcement->mode == EnforcementMode::kObserve) {
    decision.observed_verdict = decision.verdict;
    // Nobody will be enforced by an enforcement that only looks.
    decision.enforcement_scheduled_at.reset();
    // These two need no enforcement.
    if (decision.reason != DecisionReason::kUserSuspended &&
        decision.reason != DecisionReason::kOverrideRequireSso) {
      decision.verdict = Verdict::kAllowPassword;
    }
  }
  return decision;
}

}  // namespace gatehouse
