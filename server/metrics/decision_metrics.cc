#include "server/metrics/decision_metrics.h"

#include <string>
#include <utility>

namespace gatehouse {

void DecisionMetrics::Count(const Decision& decision) {
  const auto verdict = static_cast<size_t>(decision.verdict);
  const size_t observed =
      decision.observed_verdict ? static_cast<size_t>(*decision.observed_verdict) : 0;
  const auto reason = static_cast<size_t>(decision.reason);
  if (verdict >= kVerdicts || observed >= kVerdicts || reason >= kReasons) return;
  shards_[ThreadNumber() % kShards]
      .counts[(verdict * kVerdicts + observed) * kReasons + reason]
      .fetch_add(1, std::memory_order_relaxed);
}

std::vector<MetricFamily> DecisionMetrics::Collect() {
  MetricFamily decisions{.name = "gatehouse_decisions_total",
                         .help = "Decisions that CheckLogin and BatchCheckLogin gave.",
                         .type = MetricFamily::Type::kCounter,
                         .samples = {}};
  for (size_t i = 0; i < shards_[0].counts.size(); ++i) {
    uint64_t count = 0;
    for (const Shard& shard : shards_) count += shard.counts[i].load(std::memory_order_relaxed);
    if (count == 0) continue;
    const size_t observed = i / kReasons % kVerdicts;
    decisions.samples.push_back(
        {.labels = {{"verdict", std::string(Name(static_cast<Verdict>(i / kReasons / kVerdicts)))},
                    {"observed_verdict",
                     observed == 0 ? "" : std::string(Name(static_cast<Verdict>(observed)))},
                    {"reason", std::string(Name(static_cast<DecisionReason>(i % kReasons)))}},
         .value = static_cast<double>(count)});
  }
  return {std::move(decisions)};
}

}  // namespace gatehouse
