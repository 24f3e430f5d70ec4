#include "server/metrics/policy_metrics.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "policy/domain.h"
#include "policy/enforcement.h"
#include "policy/status_macros.h"
#include "server/connectors/certificates.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/sso_profile_store.h"
#include "storage/stores/transaction.h"

namespace gatehouse {
namespace {

constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();
constexpr size_t kOrganizationsAtOnce = 100;

struct Tally {
  int64_t organizations = 0;
  std::map<DomainState, int64_t> domains;
  std::map<std::pair<EnforcementMode, bool>, int64_t> enforcements;
  std::map<ExemptionKind, int64_t> exemptions;
  int64_t staged_profiles = 0;
  std::vector<MetricSample> certificates;
};

// When the first of the IdP's certificates ends; nullopt: there is none.
std::optional<absl::Time> FirstEnd(const SsoProfile& profile) {
  std::optional<absl::Time> end;
  for (const std::string& pem : profile.saml.idp_certificates) {
    const auto certificate = ParseCertificate("idp_certificates", pem);
    if (certificate.ok() && (!end || certificate->not_after < *end)) end = certificate->not_after;
  }
  return end;
}

absl::Status CountOrganization(storage::Reader& reader, const OrganizationId& organization,
                               absl::Time now, Tally& tally) {
  ++tally.organizations;
  ASSIGN_OR_RETURN(auto domains, storage::DomainStore::List(reader, organization, "", kNoLimit));
  for (const auto& domain : domains) ++tally.domains[domain->state];
  ASSIGN_OR_RETURN(auto enforcements,
                   storage::EnforcementStore::List(reader, organization, "", kNoLimit));
  for (const auto& enforcement : enforcements) {
    ++tally.enforcements[{enforcement->mode, enforcement->pause.has_value()}];
  }
  ASSIGN_OR_RETURN(auto exemptions,
                   storage::ExemptionStore::List(reader, organization, "", kNoLimit));
  for (const auto& exemption : exemptions) {
    if (exemption->IsActiveAt(now)) ++tally.exemptions[exemption->kind];
  }
  ASSIGN_OR_RETURN(auto profiles,
                   storage::SsoProfileStore::List(reader, organization, "", kNoLimit));
  for (const auto& profile : profiles) {
    if (profile->staged) ++tally.staged_profiles;
    const std::optional<absl::Time> end = FirstEnd(*profile);
    if (!end) continue;
    tally.certificates.push_back(
        {.labels = {{"organization", organization.value()}, {"profile", profile->id.value()}},
         .value = absl::ToDoubleHours(*end - now) / 24});
  }
  return absl::OkStatus();
}

MetricFamily Gauge(std::string name, std::string help, std::vector<MetricSample> samples) {
  return {.name = std::move(name),
          .help = std::move(help),
          .type = MetricFamily::Type::kGauge,
          .samples = std::move(samples)};
}

std::vector<MetricFamily> Render(Tally tally) {
  // Every series is there, at zero if need be: an alert then sees it change.
  std::vector<MetricSample> domains;
  for (DomainState state : {DomainState::kPending, DomainState::kVerified, DomainState::kAtRisk,
                            DomainState::kExpired}) {
    domains.push_back({.labels = {{"state", std::string(Name(state))}},
                       .value = static_cast<double>(tally.domains[state])});
  }
  std::vector<MetricSample> enforcements;
  for (EnforcementMode mode : {EnforcementMode::kEnforce, EnforcementMode::kObserve}) {
    for (bool paused : {false, true}) {
      enforcements.push_back(
          {.labels = {{"mode", std::string(Name(mode))}, {"paused", paused ? "true" : "false"}},
           .value = static_cast<double>(tally.enforcements[{mode, paused}])});
    }
  }
  std::vector<MetricSample> exemptions;
  for (ExemptionKind kind : {ExemptionKind::kTriggeringAdmin, ExemptionKind::kBreakGlass,
                             ExemptionKind::kServiceAccount}) {
    exemptions.push_back({.labels = {{"kind", std::string(Name(kind))}},
                          .value = static_cast<double>(tally.exemptions[kind])});
  }
  std::vector<MetricSample>& certificates = tally.certificates;
  std::sort(certificates.begin(), certificates.end(),
            [](const auto& a, const auto& b) { return a.value < b.value; });
  if (certificates.size() > PolicyMetrics::kMaxProfiles) {
    certificates.resize(PolicyMetrics::kMaxProfiles);
  }
  return {Gauge("gatehouse_organizations", "Organizations.",
                {{.labels = {}, .value = static_cast<double>(tally.organizations)}}),
          Gauge("gatehouse_domains", "Claims on domains, by their state.", std::move(domains)),
          Gauge("gatehouse_enforcements", "Enforced domains.", std::move(enforcements)),
          Gauge("gatehouse_exemptions", "Exemptions that hold now.", std::move(exemptions)),
          Gauge("gatehouse_staged_profiles",
                "SSO profiles whose IdP has new settings that wait for a connection test.",
                {{.labels = {}, .value = static_cast<double>(tally.staged_profiles)}}),
          Gauge("gatehouse_certificate_days_left",
                "Days until the first of an SSO profile's IdP certificates ends; negative: ended.",
                std::move(certificates))};
}

}  // namespace

std::vector<MetricFamily> PolicyMetrics::Collect() {
  std::lock_guard<std::mutex> lock(mutex_);
  const absl::Time now = clock_->Now();
  // Also counts anew if the clock was set back.
  if (now - counted_ < kMaxAge && now >= counted_) return last_;
  absl::StatusOr<std::vector<MetricFamily>> counted = Count(now);
  if (!counted.ok()) {
    logger_->Log(LogLevel::kError, "cannot count the policy for metrics",
                 {{"message", std::string(counted.status().message())}});
    return {};
  }
  counted_ = now;
  last_ = *std::move(counted);
  return last_;
}

absl::StatusOr<std::vector<MetricFamily>> PolicyMetrics::Count(absl::Time now) const {
  ASSIGN_OR_RETURN(auto reader, storage::SnapshotReader::Open(*engine_));
  Tally tally;
  std::string after;
  while (true) {
    ASSIGN_OR_RETURN(auto organizations,
                     storage::OrganizationStore::List(reader, after, kOrganizationsAtOnce));
    for (const auto& organization : organizations) {
      RETURN_IF_ERROR(CountOrganization(reader, organization->id, now, tally));
    }
    if (organizations.size() < kOrganizationsAtOnce) break;
    after = organizations.back()->id.value();
  }
  return Render(std::move(tally));
}

}  // namespace gatehouse
