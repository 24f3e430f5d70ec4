// Who follows the rules, and what they are sent:
//
//   gatehouse_policy_watchers                      streams of WatchPolicy now
//   gatehouse_policy_watch_messages_total{content} sent: rules, or a heartbeat
//   gatehouse_policy_watches_too_slow_total        streams ended as WATCH_TOO_SLOW
#ifndef GATEHOUSE_SERVER_METRICS_WATCH_METRICS_H_
#define GATEHOUSE_SERVER_METRICS_WATCH_METRICS_H_

#include <vector>

#include "server/managers/policy_watch.h"
#include "server/metrics/metric.h"

namespace gatehouse {

class WatchMetrics final : public MetricSource {
 public:
  // `watch` must outlive this.
  explicit WatchMetrics(const PolicyWatch* watch) : watch_(watch) {}

  std::vector<MetricFamily> Collect() override;

 private:
  const PolicyWatch* watch_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_METRICS_WATCH_METRICS_H_
