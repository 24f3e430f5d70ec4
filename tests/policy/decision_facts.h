// What the tests of Decide() build their inputs from.
#ifndef GATEHOUSE_TESTS_POLICY_DECISION_FACTS_H_
#define GATEHOUSE_TESTS_POLICY_DECISION_FACTS_H_

#include <optional>
#include <ostream>

#include "absl/time/time.h"
#include "policy/decision.h"
#include "policy/domain.h"
#include "policy/enforcement.h"

namespace gatehouse {

// For GoogleTest's messages.
inline void PrintTo(Verdict verdict, std::ostream* out) { *out << Name(verdict); }
inline void PrintTo(DecisionReason reason, std::ostream* out) { *out << Name(reason); }

inline const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
inline const absl::Time kEnforcedAt = kNow - absl::Hours(100);
inline const absl::Time kClaimedBefore = kNow - absl::Hours(200);
inline const absl::Time kClaimedAfter = kNow - absl::Hours(50);
inline const absl::Time kForever = absl::InfiniteFuture();

inline Enforcement Enforced(EnforcementMode mode = EnforcementMode::kEnforce,
                            UnmanagedUsers unmanaged = UnmanagedUsers::kPassword) {
  Enforcement enforcement;
  enforcement.mode = mode;
  enforcement.unmanaged_users = unmanaged;
  enforcement.enforce_time = kEnforcedAt;
  return enforcement;
}

inline UserFacts Managed(absl::Time claim_time = kClaimedBefore) {
  return {.claimed = true, .suspended = false, .claim_time = claim_time};
}

inline Exemption Exempt(ExemptionKind kind, absl::Time expire_time = kForever) {
  Exemption exemption;
  exemption.kind = kind;
  exemption.expire_time = expire_time;
  return exemption;
}

inline SsoOverride OwnRule(SsoOverrideMode mode, absl::Time create_time = kEnforcedAt) {
  SsoOverride own;
  own.mode = mode;
  own.create_time = create_time;
  return own;
}

// Owns what DecisionInputs points to.
struct Facts {
  std::optional<DomainState> state;
  std::optional<Enforcement> enforcement;
  std::optional<UserFacts> user;
  std::optional<Exemption> exemption;
  std::optional<SsoOverride> sso_override = std::nullopt;
  RolloutFacts rollout = {};

  DecisionInputs Inputs() const {
    return {.domain_state = state,
            .enforcement = enforcement ? &*enforcement : nullptr,
            .user = user ? &*user : nullptr,
            .exemption = exemption ? &*exemption : nullptr,
            .sso_override = sso_override ? &*sso_override : nullptr,
            .rollout = rollout};
  }
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_POLICY_DECISION_FACTS_H_
