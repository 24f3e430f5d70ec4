// What the process takes, under the names that Prometheus has for it:
//
//   process_cpu_seconds_total       user and system
//   process_resident_memory_bytes
//   process_virtual_memory_bytes
//   process_start_time_seconds      since 1970
//   process_open_fds
//   process_max_fds
//   process_threads
#ifndef GATEHOUSE_SERVER_METRICS_PROCESS_METRICS_H_
#define GATEHOUSE_SERVER_METRICS_PROCESS_METRICS_H_

#include <vector>

#include "server/metrics/metric.h"

namespace gatehouse {

// Of this process. What the system does not tell has no series.
class ProcessMetrics final : public MetricSource {
 public:
  std::vector<MetricFamily> Collect() override;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_METRICS_PROCESS_METRICS_H_
