// A user of an organization.
#ifndef GATEHOUSE_POLICY_USER_H_
#define GATEHOUSE_POLICY_USER_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/email_address.h"
#include "policy/ids.h"

namespace gatehouse {

// Persisted, never renumber. Admins and owners may act for the organization.
enum class Role { kMember = 1, kAdmin = 2, kOwner = 3 };

absl::string_view Name(Role role);  // "MEMBER", …

struct User {
  OrganizationId organization;
  UserId id;
  EmailAddress email;
  std::string display_name;
  Role role = Role::kMember;
  bool suspended = false;
  // Whether the organization claimed the user: created or imported while it
  // held the email's domain, or a parent of it and nobody a closer one. A
  // claimed user is *managed* while the organization holds that domain, or a
  // parent whose enforcement covers subdomains, and independent while it does
  // not; nobody rewrites users when a domain comes or goes.
  bool claimed = false;
  absl::Time claim_time = absl::InfinitePast();
  absl::Time create_time;
  absl::Time update_time;
};

// The claim_time of a user claimed at `now`: its whole millisecond. Whoever keeps
// the times of millions of users can keep these exactly.
inline absl::Time ClaimTimeAt(absl::Time now) {
  return absl::FromUnixMillis(absl::ToUnixMillis(now));
}

inline bool IsAdmin(Role role) { return role == Role::kAdmin || role == Role::kOwner; }

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_USER_H_
