// How a claim's state follows the checks of its proof (docs/architecture.md):
//
//   PENDING ──proven──▶ VERIFIED ◀──proven── AT_RISK ──not proven, too late──▶ EXPIRED
//                           │                   ▲                                 │
//                           └────not proven─────┘        ◀────VerifyDomain────────┘
#ifndef GATEHOUSE_POLICY_DOMAIN_LIFECYCLE_H_
#define GATEHOUSE_POLICY_DOMAIN_LIFECYCLE_H_

#include <string>

#include "absl/time/time.h"
#include "policy/domain.h"

namespace gatehouse {

// What looking for a proof came to.
enum class CheckOutcome {
  kProven,
  kNotProven,  // somebody answered, and the proof was not in the answer
  kUnknown,    // nobody answered: no word about the proof
};

// From the first check that finds no proof to the end of the claim.
inline constexpr absl::Duration kAtRiskPeriod = absl::Hours(24 * 30);

// `domain`, proven by `method` at the organization's request: VERIFIED, from
// whatever state.
Domain AfterProof(Domain domain, VerificationMethod method, absl::Time now);

// `domain` after a check that the server made by itself.
//
// Only a held domain changes: a claim begins, and an EXPIRED one returns, by the
// organization's request alone. kUnknown changes nothing, however long it lasts:
// an outage, of ours or of a registrar, must not end anybody's enforcement; the
// claim ends at the first check after its time that finds no proof.
Domain AfterCheck(Domain domain, CheckOutcome outcome, absl::Time now);

// The checks of one claim; kept apart from it, so that a check that changes
// nothing outdates no plan.
struct DomainCheck {
  OrganizationId organization;
  DomainName name;
  absl::Time check_time = absl::InfinitePast();       // of the last; InfinitePast: none yet
  absl::Time next_check_time = absl::InfinitePast();  // InfinitePast: not set
  std::string failure;  // what the last found, for people; empty: the proof
};

// When a held domain is to be checked next, by checks that are `interval` apart.
absl::Time CheckDueTime(const Domain& domain, const DomainCheck& check, absl::Duration interval);

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_DOMAIN_LIFECYCLE_H_
