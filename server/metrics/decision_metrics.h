// How many decisions of each kind were given, over all domains:
//
//   gatehouse_decisions_total{verdict, observed_verdict, reason}
#ifndef GATEHOUSE_SERVER_METRICS_DECISION_METRICS_H_
#define GATEHOUSE_SERVER_METRICS_DECISION_METRICS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "policy/decision.h"
#include "server/metrics/metric.h"
#include "server/runtime/thread_number.h"

namespace gatehouse {

// Counting takes no lock and allocates nothing.
class DecisionMetrics final : public MetricSource {
 public:
  void Count(const Decision& decision);

  std::vector<MetricFamily> Collect() override;

 private:
  static constexpr size_t kShards = 16;
  static constexpr size_t kVerdicts = 4;  // none, and the three
  static constexpr size_t kReasons = 32;  // more than there are
  // Apart in memory, so that shards do not share cache lines.
  struct alignas(64) Shard {
    std::array<std::atomic<uint64_t>, kVerdicts * kVerdicts * kReasons> counts{};
  };

  std::array<Shard, kShards> shards_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_METRICS_DECISION_METRICS_H_
