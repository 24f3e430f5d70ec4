// What stands in the way of enforcing a domain through a profile, and what an
// admin should know beforehand. PlanEnforcement shows both; EnforceDomains is
// refused by the first.
#ifndef GATEHOUSE_POLICY_ENFORCEMENT_RULES_H_
#define GATEHOUSE_POLICY_ENFORCEMENT_RULES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "policy/domain.h"
#include "policy/enforcement.h"
#include "policy/sso_profile.h"

namespace gatehouse {

struct BlockingReason {
  absl::string_view reason;  // one of reason::k… (policy/errors.h)
  std::string description;   // for the admin: what is wrong, and what to do
};

// Rules 1 and 2 of docs/architecture.md, for `next`, an enforcement through
// `profile` of a domain of which the organization has the claim `domain`
// (nullopt: none) and the enforcement `current` (null: none). Empty: nothing is
// in the way.
//   kDomainNotVerified       not claimed, or not VERIFIED. AT_RISK keeps what
//                            is enforced, also through another profile or for
//                            fewer, but refuses a new enforcement and one that
//                            would block whom it did not (Widens)
//   kConnectionTestRequired  no test of the profile has passed
//   kConnectionTestStale     its settings changed after the test that passed
std::vector<BlockingReason> BlockingReasons(const std::optional<Domain>& domain,
                                            const SsoProfile& profile, const Enforcement* current,
                                            const Enforcement& next, absl::Time now);

enum class WarningKind {
  kDomainAtRisk = 1,            // the enforcement ends when the domain's claim does
  kCertificateExpiresSoon = 2,  // within 30 days (ExpiryNoticeDays)
  kCertificateExpired = 3,
};

absl::string_view Name(WarningKind kind);  // "DOMAIN_AT_RISK", …

struct Warning {
  WarningKind kind;
  std::string description;
};

// `certificate_ends` are the notAfter times of the profile's certificates. A
// warning names the notice that is due: 30, 14, 7 or 1 days, or expired.
std::vector<Warning> Warnings(const std::optional<Domain>& domain,
                              absl::Span<const absl::Time> certificate_ends, absl::Time now);

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_ENFORCEMENT_RULES_H_
