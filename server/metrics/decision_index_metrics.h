// What the decision index holds, and whether checks are answered from it:
//
//   gatehouse_decision_index_loaded     0: checks read the store
//   gatehouse_decision_index_addresses
//   gatehouse_decision_index_bytes
#ifndef GATEHOUSE_SERVER_METRICS_DECISION_INDEX_METRICS_H_
#define GATEHOUSE_SERVER_METRICS_DECISION_INDEX_METRICS_H_

#include <vector>

#include "server/decision/decision_index.h"
#include "server/metrics/metric.h"

namespace gatehouse {

class DecisionIndexMetrics final : public MetricSource {
 public:
  // `index` must outlive this.
  explicit DecisionIndexMetrics(const DecisionIndex* index) : index_(index) {}

  std::vector<MetricFamily> Collect() override;

 private:
  const DecisionIndex* index_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_METRICS_DECISION_INDEX_METRICS_H_
