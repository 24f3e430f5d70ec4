// Metrics as plain values: what is measured, apart from who publishes it.
#ifndef GATEHOUSE_SERVER_METRICS_METRIC_H_
#define GATEHOUSE_SERVER_METRICS_METRIC_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse {

// One series: its labels, and its value now.
struct MetricSample {
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;  // of a counter or a gauge
  // Of a histogram: how many observations, their sum, and how many were at most
  // each bound; the bound +Inf is left out.
  uint64_t count = 0;
  double sum = 0;
  std::vector<std::pair<double, uint64_t>> buckets;
};

// A metric with all its series. Names and units follow Prometheus: seconds,
// bytes, `_total` of what only grows.
struct MetricFamily {
  enum class Type { kCounter, kGauge, kHistogram };
  std::string name;
  std::string help;
  Type type = Type::kCounter;
  std::vector<MetricSample> samples;
};

// Whoever measures something. Thread-safe. Label sets are bounded.
class MetricSource {
 public:
  virtual ~MetricSource() = default;
  // The values now; may read the store.
  virtual std::vector<MetricFamily> Collect() = 0;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_METRICS_METRIC_H_
