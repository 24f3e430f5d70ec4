// Changes to who is enforced, as steps of a transaction.
//
// EnforcementManager plans and commits them; SsoProfileManager makes them part
// of an edit of a profile. They check the rules of enforcement (docs/architecture.md, rules 1
// to 9) against what the transaction sees, its own writes included. Their cost
// does not depend on the number of users.
#ifndef GATEHOUSE_SERVER_MANAGERS_ENFORCEMENT_CHANGES_H_
#define GATEHOUSE_SERVER_MANAGERS_ENFORCEMENT_CHANGES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "policy/email_address.h"
#include "policy/enforcement.h"
#include "policy/errors.h"
#include "policy/sso_profile.h"
#include "storage/stores/transaction.h"

namespace gatehouse {

struct EnforceCommand {
  OrganizationId organization;
  std::vector<DomainName> domains;  // no repetition
  SsoProfileId profile;
  UserId acting_admin;
  EnforcementMode mode = EnforcementMode::kEnforce;
  UnmanagedUsers unmanaged_users = UnmanagedUsers::kPassword;
  bool match_subdomains = false;
  Rollout rollout;
  UnavailablePolicy on_unavailable = UnavailablePolicy::kRequireSso;
  // When the acting admin's exemption ends; InfiniteFuture: never.
  absl::Time exemption_expire_time = absl::InfiniteFuture();
};

struct EnforcementWarning {
  std::string reason;       // a name that EnforcementPlan.Issue.reason lists
  std::string resource;     // what it is about
  std::string description;  // what it means and what to do
};

// What an enforcement does once its rollout is complete, and what stands in its
// way.
struct EnforcementEffect {
  std::vector<PreconditionViolation> blocking;  // empty: it may be committed
  std::vector<EnforcementWarning> warnings;
  // Users whom the enforcement decides about, after the change.
  int64_t covered = 0;   // managed, and must use SSO
  int64_t exempt = 0;    // managed, and kept off by an exemption or an override
  int64_t left_out = 0;  // independent
  // Written by this change; unset if the acting admin is not covered or has a
  // lasting exemption already.
  std::optional<Exemption> new_exemption;
  std::optional<EmailAddress> new_exemption_email;  // of its user; set with it
};

// Writes the enforcement of every domain and the acting admin's exemption into
// `tx`, and says what it does. With a non-empty `blocking`, `tx` must not be
// committed. The admin is exempted if managed on one of the domains and the
// mode is ENFORCE.
//
// NOT_FOUND: the profile. INVALID_ARGUMENT: an exemption that ends in the past;
// a rollout that contradicts itself (CheckRollout).
absl::StatusOr<EnforcementEffect> ApplyEnforcement(storage::Transaction& tx,
                                                   const EnforceCommand& command, absl::Time now);

// FAILED_PRECONDITION with every blocking reason; the first is the error's.
// OK if there is none.
absl::Status BlockedBy(const EnforcementEffect& effect);

// Ends the enforcement of every domain. FAILED_PRECONDITION (DOMAIN_NOT_ENFORCED)
// naming each that is not enforced, or WOULD_LOCK_OUT: a parent's rule would take
// over and leave no way in. `tx` must then not be committed.
absl::Status ApplyRelease(storage::Transaction& tx, const OrganizationId& organization,
                          const std::vector<DomainName>& domains);

// Makes `domains` the domains enforced through the profile: enforces those
// added, with the defaults of EnforceCommand, and releases those removed. All or
// none (docs/architecture.md, rule 7). Errors as the two above.
absl::Status SetEnforcedDomains(storage::Transaction& tx, const OrganizationId& organization,
                                const SsoProfileId& profile, const std::vector<DomainName>& domains,
                                const UserId& acting_admin, absl::Time now);

// The domains enforced through a profile, in order.
absl::StatusOr<std::vector<DomainName>> EnforcedDomains(storage::Reader& reader,
                                                        const OrganizationId& organization,
                                                        const SsoProfileId& profile);

// INVALID_ARGUMENT unless `domains` are 1 to 100 without repetition.
absl::Status CheckDomainList(absl::string_view field, const std::vector<DomainName>& domains);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_ENFORCEMENT_CHANGES_H_
