// grpc.health.v1.Health, whose watches end when the server drains. gRPC's own
// health service leaves them open, so that one load balancer that watches would
// hold every shutdown to its deadline.
#ifndef GATEHOUSE_SERVER_SERVICES_HEALTH_SERVICE_H_
#define GATEHOUSE_SERVER_SERVICES_HEALTH_SERVICE_H_

#include <grpc/health/v1/health.grpc.pb.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace gatehouse {

// Thread-safe. Must outlive the server that it is registered with.
class HealthService final : public grpc::health::v1::Health::CallbackService {
 public:
  // Tells of `services`, by their full names, and of the server as a whole (""):
  // SERVING until Drain.
  explicit HealthService(const std::vector<std::string>& services);
  ~HealthService() override;

  // From now on all are NOT_SERVING. Each watch is told so and then ended with
  // UNAVAILABLE; a new one likewise.
  void Drain();

  // NOT_FOUND: not one of the services.
  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) override;
  // Of what is not one of the services: SERVICE_UNKNOWN, and no end before Drain.
  grpc::ServerWriteReactor<grpc::health::v1::HealthCheckResponse>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::health::v1::HealthCheckRequest* request) override;

 private:
  class Watcher;

  void Remove(const std::shared_ptr<Watcher>& watcher);

  const std::set<std::string> services_;
  std::mutex mutex_;
  bool draining_ = false;
  std::set<std::shared_ptr<Watcher>> watchers_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_HEALTH_SERVICE_H_
