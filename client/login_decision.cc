#include "client/login_decision.h"

namespace gatehouse::client {

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
    case DecisionReason::kUnknown:
      return "UNKNOWN";
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
    case DecisionReason::kServiceUnavailable:
      return "SERVICE_UNAVAILABLE";
  }
  return "UNKNOWN";
}

}  // namespace gatehouse::client
