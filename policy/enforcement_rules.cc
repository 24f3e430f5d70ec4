#include "policy/enforcement_rules.h"

#include "absl/strings/str_cat.h"
#include "policy/certificate_expiry.h"
#include "policy/errors.h"
#include "policy/rollout.h"

namespace gatehouse {
namespace {

std::string Day(absl::Time time) { return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone()); }

}  // namespace

std::vector<BlockingReason> BlockingReasons(const std::optional<Domain>& domain,
                                            const SsoProfile& profile, const Enforcement* current,
                                            const Enforcement& next, absl::Time now) {
  std::vector<BlockingReason> reasons;
  if (!domain.has_value()) {
    reasons.push_back({reason::kDomainNotVerified,
                       "the organization has not claimed the domain; add and verify it first"});
  } else if (domain->state != DomainState::kVerified &&
             !(domain->state == DomainState::kAtRisk && current != nullptr &&
               !Widens(*current, next, now))) {
    reasons.push_back(
        {reason::kDomainNotVerified, absl::StrCat("domain ", domain->name.ascii(), " is ",
                                                  Name(domain->state), "; verify it first")});
  }
  switch (TestStatusOf(profile)) {
    case TestStatus::kPassed:
      break;
    case TestStatus::kUntested:
      reasons.push_back({reason::kConnectionTestRequired,
                         absl::StrCat("no connection test of SSO profile ", profile.id.value(),
                                      " has passed; run one first")});
      break;
    case TestStatus::kStale:
      reasons.push_back({reason::kConnectionTestStale,
                         absl::StrCat("SSO profile ", profile.id.value(),
                                      " changed after its connection test; run one again")});
      break;
  }
  return reasons;
}

absl::string_view Name(WarningKind kind) {
  switch (kind) {
    case WarningKind::kDomainAtRisk:
      return "DOMAIN_AT_RISK";
    case WarningKind::kCertificateExpiresSoon:
      return "CERTIFICATE_EXPIRES_SOON";
    case WarningKind::kCertificateExpired:
      return "CERTIFICATE_EXPIRED";
  }
  return "UNKNOWN";
}

std::vector<Warning> Warnings(const std::optional<Domain>& domain,
                              absl::Span<const absl::Time> certificate_ends, absl::Time now) {
  std::vector<Warning> warnings;
  if (domain.has_value() && domain->state == DomainState::kAtRisk) {
    warnings.push_back({WarningKind::kDomainAtRisk,
                        absl::StrCat("the last check of ", domain->name.ascii(),
                                     " failed; if it is not verified again in time, its "
                                     "enforcement ends")});
  }
  for (const absl::Time end : certificate_ends) {
    const std::optional<int> days = ExpiryNoticeDays(end, now);
    if (days == 0) {
      warnings.push_back({WarningKind::kCertificateExpired,
                          absl::StrCat("a certificate of the IdP expired on ", Day(end))});
    } else if (days) {
      warnings.push_back(
          {WarningKind::kCertificateExpiresSoon,
           absl::StrCat("a certificate of the IdP expires on ", Day(end), ", within ", *days,
                        *days == 1 ? " day" : " days", "; add its successor to the profile")});
    }
  }
  return warnings;
}

}  // namespace gatehouse
