// A user's own rule, over that of the domain (docs/architecture.md, rule 12).
#ifndef GATEHOUSE_POLICY_SSO_OVERRIDE_H_
#define GATEHOUSE_POLICY_SSO_OVERRIDE_H_

#include <string>

#include "absl/time/time.h"
#include "policy/ids.h"

namespace gatehouse {

// FOLLOW_DOMAIN is the absence of one. Persisted, never renumber.
enum class SsoOverrideMode {
  kRequireSso = 2,  // through `profile`, whether the domain is enforced or not
  kExempt = 3,      // kept off SSO
};

// At most one per user.
struct SsoOverride {
  OrganizationId organization;
  UserId user;
  SsoOverrideMode mode = SsoOverrideMode::kRequireSso;
  SsoProfileId profile;  // set if and only if the mode is kRequireSso
  std::string reason;    // for people; never empty with kExempt
  std::string approver;  // who set it: a user or a principal
  absl::Time create_time;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_SSO_OVERRIDE_H_
