// What gateways reported of a user's sign-ins.
#ifndef GATEHOUSE_POLICY_LOGIN_ACTIVITY_H_
#define GATEHOUSE_POLICY_LOGIN_ACTIVITY_H_

#include <cstdint>
#include <map>

#include "absl/time/time.h"
#include "policy/ids.h"

namespace gatehouse {

// Times are InfinitePast if it never happened. All but `proofs` and the use of
// an exemption are kept to within an hour, so that a sign-in seldom costs a
// commit.
struct LoginActivity {
  OrganizationId organization;
  UserId user;
  absl::Time last_sign_in_time = absl::InfinitePast();  // by any method
  absl::Time last_sso_sign_in_time = absl::InfinitePast();
  SsoProfileId last_sso_profile;
  absl::Time last_sso_failure_time = absl::InfinitePast();  // since the last that succeeded
  // The first sign-in that succeeded through each profile: what proof-gated
  // waves ask for. At most kMaxProofs, the newest.
  std::map<SsoProfileId, absl::Time> proofs;
  int64_t exemption_use_count = 0;  // of the exemption made at exemption_create_time
  absl::Time last_exemption_use_time = absl::InfinitePast();
  absl::Time exemption_create_time = absl::InfinitePast();

  static constexpr int kMaxProofs = 10;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_LOGIN_ACTIVITY_H_
