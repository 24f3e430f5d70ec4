#include "server/metrics/decision_index_metrics.h"

namespace gatehouse {
namespace {

MetricFamily Gauge(const char* name, const char* help, double value) {
  return {.name = name,
          .help = help,
          .type = MetricFamily::Type::kGauge,
          .samples = {{.labels = {}, .value = value}}};
}

}  // namespace

std::vector<MetricFamily> DecisionIndexMetrics::Collect() {
  return {Gauge("gatehouse_decision_index_loaded",
                "Whether every known address is in memory; until then, checks read the store.",
                index_->loaded() ? 1 : 0),
          Gauge("gatehouse_decision_index_addresses", "Addresses in memory.",
                static_cast<double>(index_->address_count())),
          Gauge("gatehouse_decision_index_bytes", "Memory that the addresses take.",
                static_cast<double>(index_->address_bytes()))};
}

}  // namespace gatehouse
