// The binding of a domain to an SSO profile, and who is kept off it.
#ifndef GATEHOUSE_POLICY_ENFORCEMENT_H_
#define GATEHOUSE_POLICY_ENFORCEMENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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

// What a gateway answers that cannot ask. Persisted, never renumber.
enum class UnavailablePolicy { kRequireSso = 1, kAllowPassword = 2, kDeny = 3 };

// When an enforcement stops by itself because SSO fails.
struct AutomaticPause {
  int min_failures = 1;                     // at least so many
  int failure_percent = 100;                // and so much of all that were reported
  absl::Duration window = absl::Hours(24);  // counted after a change

  friend bool operator==(const AutomaticPause&, const AutomaticPause&) = default;
};

// How an enforcement reaches its users step by step; each part narrows whom it
// covers now (policy/rollout.h).
struct Rollout {
  absl::Time start_time = absl::InfinitePast();        // InfinitePast: at once
  int percent = 100;                                   // of addresses; 0: of `users` alone
  std::vector<UserId> users;                           // covered whatever `percent` says; sorted
  bool require_proof = false;                          // only whoever has signed in through SSO
  absl::Time proof_deadline = absl::InfiniteFuture();  // and from then on everybody
  std::optional<AutomaticPause> automatic_pause;

  friend bool operator==(const Rollout&, const Rollout&) = default;
};

// An enforcement that stands still for users without a proven sign-in.
struct Pause {
  absl::Time time;
  bool automatic = false;
  std::string reason;
  std::string actor;

  friend bool operator==(const Pause&, const Pause&) = default;
};

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
  // Covers subdomains that nobody else holds and that are not enforced
  // themselves.
  bool match_subdomains = false;
  Rollout rollout;
  std::optional<Pause> pause;
  UnavailablePolicy on_unavailable = UnavailablePolicy::kRequireSso;
  // When any of this was last changed: from then an automatic pause counts.
  absl::Time change_time = absl::InfinitePast();
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
  std::string reason;    // for people
  std::string approver;  // who made it: a user or a principal
  absl::Time create_time;
  absl::Time expire_time = absl::InfiniteFuture();  // InfiniteFuture: never

  bool IsActiveAt(absl::Time now) const { return now < expire_time; }
};

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_ENFORCEMENT_H_
