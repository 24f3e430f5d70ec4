// How many calls each method had, how they ended and how long they took, under
// the names that go-grpc-prometheus has made usual:
//
//   grpc_server_started_total{grpc_service, grpc_method}
//   grpc_server_handled_total{grpc_service, grpc_method, grpc_code}
//   grpc_server_handling_seconds{grpc_service, grpc_method}
#ifndef GATEHOUSE_SERVER_METRICS_CALL_METRICS_H_
#define GATEHOUSE_SERVER_METRICS_CALL_METRICS_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/metrics/metric.h"
#include "server/runtime/thread_number.h"

namespace gatehouse {

// Counting takes no lock and allocates nothing.
class CallMetrics final : public MetricSource {
 public:
  // `methods`: "gatehouse.v1.DomainService/GetDomain". Calls name them without
  // the package, as logs do; others are not counted.
  explicit CallMetrics(const std::vector<std::string>& methods);

  void Started(absl::string_view method);
  void Handled(absl::string_view method, absl::StatusCode code, absl::Duration duration);

  std::vector<MetricFamily> Collect() override;

 private:
  static constexpr size_t kShards = 16;
  static constexpr size_t kCodes = 17;  // OK to UNAUTHENTICATED
  static constexpr std::array<double, 11> kBounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.01,
                                                     0.025,  0.1,     0.25,   1,     10};
  struct Counts {
    std::atomic<uint64_t> started{0};
    std::array<std::atomic<uint64_t>, kCodes> handled{};
    std::array<std::atomic<uint64_t>, kBounds.size() + 1> buckets{};
    std::atomic<uint64_t> nanoseconds{0};
  };
  struct Method {
    std::string service;  // "gatehouse.v1.DomainService"
    std::string name;     // "GetDomain"
  };

  // Null for a method that is not counted.
  Counts* Find(absl::string_view method);

  std::vector<Method> methods_;
  absl::flat_hash_map<std::string, size_t> index_;  // by "DomainService/GetDomain"
  std::array<std::unique_ptr<Counts[]>, kShards> shards_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_METRICS_CALL_METRICS_H_
