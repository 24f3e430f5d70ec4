#include "server/metrics/watch_metrics.h"

namespace gatehouse {

std::vector<MetricFamily> WatchMetrics::Collect() {
  const PolicyWatch::Counts counts = watch_->counts();
  return {{.name = "gatehouse_policy_watchers",
           .help = "Streams that follow the rules now.",
           .type = MetricFamily::Type::kGauge,
           .samples = {{.labels = {}, .value = static_cast<double>(counts.streams)}}},
          {.name = "gatehouse_policy_watch_messages_total",
           .help = "Messages sent to those who follow the rules.",
           .type = MetricFamily::Type::kCounter,
           .samples = {{.labels = {{"content", "rules"}},
                        .value = static_cast<double>(counts.rule_updates)},
                       {.labels = {{"content", "heartbeat"}},
                        .value = static_cast<double>(counts.heartbeats)}}},
          {.name = "gatehouse_policy_watches_too_slow_total",
           .help = "Streams that were ended because they were not read fast enough.",
           .type = MetricFamily::Type::kCounter,
           .samples = {{.labels = {}, .value = static_cast<double>(counts.ended_too_slow)}}}};
}

}  // namespace gatehouse
