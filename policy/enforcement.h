// The binding of a domain to an SSO profile, and who is kept off it.
#ifndef GATEHOUSE_POLICY_ENFORCEMENT_H_
#define GATEHOUSE_POLICY_ENFORCEMENT_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/domain_name.h"
#include "policy/ids.h"

namespace gatehouse {

// Persisted, never renumber.
enum class EnforcementMode {
  kEnforce = 1,
  kObserve = 2,  // decide and count, never block
};

// What an address gets that the organization does not know. Persisted.
enum class UnmanagedUsers { kPassword = 1, kRequireSso = 2 };

struct Enforcement {
  OrganizationId organization;
  DomainName domain;
  SsoProfileId profile;
  EnforcementMode mode = EnforcementMode::kEnforce;
  UnmanagedUsers unmanaged_users = UnmanagedUsers::kPassword;
  UserId triggered_by;
  // Since when the domain is enforced without a gap: kept when it moves to
  // another profile.
  absl::Time enforce_time;
  // The commit that began it.
  uint64_t enforce_revision = 0;
};

// Persisted, never renumber.
enum class ExemptionKind { kTriggeringAdmin = 1, kBreakGlass = 2, kServiceAccount = 3 };

absl::string_view Name(EnforcementMode mode);
absl::string_view Name(ExemptionKind kind);  // "TRIGGERING_ADMIN", …

// A user kept off enforcement. At most one per user.
struct Exemption {
  OrganizationId organization;
  UserId user;  // also the exemption's id
  ExemptionKind kind = ExemptionKind::kBreakGlass;
  std::string note;
  absl::Time create_time;
  absl::Time expire_time = absl::InfiniteFuture();  // InfiniteFuture: never

  bool IsActiveAt(absl::Time now) const { return now < expire_time; }
};

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_ENFORCEMENT_H_
