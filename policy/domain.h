// A claim of an organization on an email domain, and the states it goes through.
#ifndef GATEHOUSE_POLICY_DOMAIN_H_
#define GATEHOUSE_POLICY_DOMAIN_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/domain_name.h"
#include "policy/ids.h"

namespace gatehouse {

// Persisted, never renumber.
enum class DomainState {
  kPending = 1,   // claimed, not proven
  kVerified = 2,  // proven; can be enforced
  kAtRisk = 3,    // a re-check failed; keeps existing enforcement, refuses new
  kExpired = 4,   // not proven again in time; ends enforcement
};

// "VERIFIED", …
absl::string_view Name(DomainState state);

// How a claim is proven. Persisted, never renumber.
enum class VerificationMethod { kDns = 1, kHttpsFile = 2 };

struct Domain {
  OrganizationId organization;
  DomainName name;
  DomainState state = DomainState::kPending;
  std::string verification_token;  // 32 hex digits
  absl::Time create_time;
  absl::Time verify_time = absl::InfinitePast();                // last proven; InfinitePast: never
  VerificationMethod verify_method = VerificationMethod::kDns;  // of the last proof
  // When AT_RISK: from when it is EXPIRED unless proven again.
  absl::Time expire_time = absl::InfiniteFuture();
};

// Whether the organization holds the domain: at most one does at a time.
inline bool IsHeld(DomainState state) {
  return state == DomainState::kVerified || state == DomainState::kAtRisk;
}

// The TXT record that proves a claim.
std::string VerificationRecordName(const DomainName& name);  // _gatehouse.<domain>
std::string VerificationRecordValue(
    absl::string_view token);  // gatehouse-domain-verification=<token>
// The file that proves it by the second method; its content is the record value.
// https://<domain>/.well-known/gatehouse-domain-verification.txt
std::string VerificationFileUrl(const DomainName& name);

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_DOMAIN_H_
