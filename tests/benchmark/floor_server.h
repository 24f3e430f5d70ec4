// The floor: a LoginService that decides nothing. Each answer is one that a
// Gatehouse server gave before (RecordAnswers), so that it has the same size.
//
// What it costs is the RPC itself; what Gatehouse costs more is its own doing.
// The callback variant is built and set up as //server/assembly builds and sets
// up its server: API style, channel arguments, TLS, health service. The binary links
// the same allocator. Whatever changes there must change here.
#ifndef GATEHOUSE_TESTS_BENCHMARK_FLOOR_SERVER_H_
#define GATEHOUSE_TESTS_BENCHMARK_FLOOR_SERVER_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "gatehouse/v1/login_service.pb.h"
#include "server/transport/certificate_files.h"

namespace gatehouse::benchmark {

// Stops when destroyed.
class FloorServer {
 public:
  virtual ~FloorServer() = default;
  virtual int port() const = 0;
};

// Who answers grpc.health.v1.Health.
enum class Health {
  kOurs,   // server/services/health_service.h, as in Gatehouse
  kGrpcs,  // the default health service that comes with gRPC
  kNone,
};

struct FloorOptions {
  std::string listen = "127.0.0.1:0";
  Health health = Health::kOurs;
  std::optional<CertificateFiles> tls;  // nullopt: plain text
  // As RecordAnswers returns them.
  v1::BatchCheckLoginResponse answers;
};

// INVALID_ARGUMENT: `answers` are not two. FAILED_PRECONDITION: the certificate
// cannot be used. UNAVAILABLE: cannot listen.
absl::StatusOr<std::unique_ptr<FloorServer>> StartCallbackFloor(const FloorOptions& options);
// The same answers by the asynchronous API: one completion queue, one thread.
absl::StatusOr<std::unique_ptr<FloorServer>> StartAsyncFloor(const FloorOptions& options);

}  // namespace gatehouse::benchmark

#endif  // GATEHOUSE_TESTS_BENCHMARK_FLOOR_SERVER_H_
