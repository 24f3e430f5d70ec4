#include "policy/domain_lifecycle.h"

namespace gatehouse {

Domain AfterProof(Domain domain, VerificationMethod method, absl::Time now) {
  domain.state = DomainState::kVerified;
  domain.verify_method = method;
  domain.verify_time = now;
  domain.expire_time = absl::InfiniteFuture();
  return domain;
}

Domain AfterCheck(Domain domain, CheckOutcome outcome, absl::Time now) {
  if (domain.state == DomainState::kVerified && outcome == CheckOutcome::kNotProven) {
    domain.state = DomainState::kAtRisk;
    domain.expire_time = now + kAtRiskPeriod;
    return domain;
  }
  if (domain.state != DomainState::kAtRisk) return domain;
  if (outcome == CheckOutcome::kProven) return AfterProof(domain, domain.verify_method, now);
  if (outcome == CheckOutcome::kNotProven && now >= domain.expire_time) {
    domain.state = DomainState::kExpired;
    domain.expire_time = absl::InfiniteFuture();
  }
  return domain;
}

absl::Time CheckDueTime(const Domain& domain, const DomainCheck& check, absl::Duration interval) {
  // A proof by request stands for a check.
  const absl::Time after_proof = domain.verify_time + interval;
  if (check.check_time < domain.verify_time) return after_proof;
  return check.next_check_time;
}

}  // namespace gatehouse
