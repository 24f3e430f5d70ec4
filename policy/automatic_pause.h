// When an enforcement stops by itself because SSO fails (Rollout.automatic_pause).
#ifndef GATEHOUSE_POLICY_AUTOMATIC_PAUSE_H_
#define GATEHOUSE_POLICY_AUTOMATIC_PAUSE_H_

#include <cstdint>

#include "absl/time/time.h"
#include "policy/enforcement.h"
#include "policy/sso_profile.h"

namespace gatehouse {

// Sign-ins through SSO, as gateways reported them.
struct SsoOutcomes {
  int64_t successes = 0;
  int64_t failures = 0;
};

// From when sign-ins through `profile`, which `enforcement` sends people to, are
// counted: the last time that something changed for its users. That is a change
// of the enforcement or of the profile, and the moments, if they have come, at
// which the enforcement starts and at which its proof is no longer asked for.
absl::Time CountedSince(const Enforcement& enforcement, const SsoProfile& profile, absl::Time now);

// Whether `enforcement` is to be paused at `now`, by what was counted from
// `since` on. Never under OBSERVE, which refuses nobody, nor if it is paused.
bool IsPauseDue(const Enforcement& enforcement, absl::Time since, const SsoOutcomes& counted,
                absl::Time now);

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_AUTOMATIC_PAUSE_H_
