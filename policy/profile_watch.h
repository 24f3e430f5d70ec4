// What following an SSO profile's identity provider found: its metadata, and
// certificates near their end.
#ifndef GATEHOUSE_POLICY_PROFILE_WATCH_H_
#define GATEHOUSE_POLICY_PROFILE_WATCH_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "policy/ids.h"

namespace gatehouse {

// Kept apart from the profile, so that a fetch outdates no plan.
struct ProfileWatch {
  OrganizationId organization;
  SsoProfileId profile;
  // When the metadata was last asked for, whatever came of it; InfinitePast: never.
  absl::Time metadata_fetch_time = absl::InfinitePast();
  // When it is to be asked for next; InfinitePast: at once.
  absl::Time next_metadata_fetch_time = absl::InfinitePast();
  std::string metadata_fetch_failure;  // of the last fetch, for people; empty: none

  // The last warning that was given of a certificate near its end.
  struct Warned {
    std::string sha256_fingerprint;
    int days = 0;  // 30, 14, 7, 1, or 0: expired

    friend bool operator==(const Warned&, const Warned&) = default;
  };
  std::vector<Warned> warned;

  friend bool operator==(const ProfileWatch&, const ProfileWatch&) = default;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_PROFILE_WATCH_H_
