// Publishes metrics to Prometheus: `GET /metrics` on a port of its own.
#ifndef GATEHOUSE_SERVER_METRICS_PROMETHEUS_ENDPOINT_H_
#define GATEHOUSE_SERVER_METRICS_PROMETHEUS_ENDPOINT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/metrics/metric.h"

namespace gatehouse {

class PrometheusEndpoint {
 public:
  // Listens on `address` ("127.0.0.1:9464"; port 0 picks one). The sources must
  // outlive the endpoint. UNAVAILABLE: the address cannot be listened on.
  static absl::StatusOr<std::unique_ptr<PrometheusEndpoint>> Start(
      const std::string& address, std::vector<MetricSource*> sources);
  // Ends what is being answered.
  ~PrometheusEndpoint();

  int port() const;

 private:
  class Impl;
  explicit PrometheusEndpoint(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_METRICS_PROMETHEUS_ENDPOINT_H_
