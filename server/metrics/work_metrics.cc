#include "server/metrics/work_metrics.h"

#include <cstdint>
#include <string>

namespace gatehouse {
namespace {

MetricSample Outcome(const char* outcome, int64_t count) {
  return {.labels = {{"outcome", outcome}}, .value = static_cast<double>(count)};
}

}  // namespace

std::vector<MetricFamily> WorkMetrics::Collect() {
  return {{.name = "gatehouse_revision",
           .help = "Revision of the newest commit.",
           .type = MetricFamily::Type::kGauge,
           .samples = {{.labels = {}, .value = static_cast<double>(engine_->revision())}}},
          {.name = "gatehouse_domain_checks_total",
           .help = "Checks of held domains, by what was found.",
           .type = MetricFamily::Type::kCounter,
           .samples = {Outcome("proven", domains_->checks(CheckOutcome::kProven)),
                       Outcome("not_proven", domains_->checks(CheckOutcome::kNotProven)),
                       Outcome("unknown", domains_->checks(CheckOutcome::kUnknown))}},
          {.name = "gatehouse_metadata_refreshes_total",
           .help = "Fetches of identity providers' metadata, by what came of them.",
           .type = MetricFamily::Type::kCounter,
           .samples = {Outcome("unchanged", metadata_->refreshes(RefreshOutcome::kUnchanged)),
                       Outcome("changed", metadata_->refreshes(RefreshOutcome::kChanged)),
                       Outcome("failed", metadata_->refreshes(RefreshOutcome::kFailed))}}};
}

}  // namespace gatehouse
