#include "tests/benchmark/floor_server.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gatehouse/v1/login_service.grpc.pb.h"
#include "policy/status_macros.h"
#include "server/runtime/clock.h"
#include "server/runtime/json_logger.h"
#include "server/services/health_service.h"
#include "server/transport/certificate_reloader.h"
#include "server/transport/tls_credentials.h"
#include "tests/benchmark/population.h"

namespace gatehouse::benchmark {
namespace {

class Answers {
 public:
  explicit Answers(const v1::BatchCheckLoginResponse& answers)
      : enforced_(answers.results(0).decision()), open_(answers.results(1).decision()) {}

  const v1::CheckLoginResponse& To(const v1::CheckLoginRequest& request) const {
    return Population::IsEnforced(request.email()) ? enforced_ : open_;
  }

 private:
  v1::CheckLoginResponse enforced_;
  v1::CheckLoginResponse open_;
};

absl::Status CheckOptions(const FloorOptions& options) {
  if (options.answers.results_size() == 2) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("got ", options.answers.results_size(), " answers, expected two"));
}

// What a server needs of TLS for as long as it lives.
class Transport {
 public:
  absl::Status SetUp(const std::optional<CertificateFiles>& tls) {
    if (!tls) return absl::OkStatus();
    ASSIGN_OR_RETURN(certificates_,
                     CertificateReloader::Start(*tls, kReload, &clock_, logger_.get()));
    credentials_ = NewTlsCredentials(certificates_.get(), ClientCertificates::kOff);
    return absl::OkStatus();
  }

  const std::shared_ptr<grpc::ServerCredentials>& credentials() const { return credentials_; }

 private:
  static constexpr absl::Duration kReload = absl::Seconds(60);

  SystemClock clock_;
  std::unique_ptr<Logger> logger_ = NewJsonLogger(LogLevel::kError);
  std::unique_ptr<CertificateReloader> certificates_;
  std::shared_ptr<grpc::ServerCredentials> credentials_ = grpc::InsecureServerCredentials();
};

// As GatehouseServer listens, with the defaults of its configuration. `health`
// and `transport` must outlive the server.
void Configure(const FloorOptions& options, const Transport& transport, HealthService* health,
               grpc::ServerBuilder* builder, int* port) {
  grpc::EnableDefaultHealthCheckService(options.health == Health::kGrpcs);
  if (options.health == Health::kOurs) builder->RegisterService(health);
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 1'000);
  builder->SetMaxReceiveMessageSize(4 << 20);
  builder->AddListeningPort(options.listen, transport.credentials(), port);
}

absl::Status CannotListen(const FloorOptions& options) {
  return absl::UnavailableError(absl::StrCat("cannot listen on ", options.listen));
}

class CallbackFloor final : public FloorServer {
 public:
  explicit CallbackFloor(const v1::BatchCheckLoginResponse& answers) : service_(answers) {}

  absl::Status Listen(const FloorOptions& options) {
    RETURN_IF_ERROR(transport_.SetUp(options.tls));
    grpc::ServerBuilder builder;
    Configure(options, transport_, &health_, &builder, &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    return server_ == nullptr ? CannotListen(options) : absl::OkStatus();
  }

  ~CallbackFloor() override {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
  }

  int port() const override { return port_; }

 private:
  class Service final : public v1::LoginService::CallbackService {
   public:
    explicit Service(const v1::BatchCheckLoginResponse& answers) : answers_(answers) {}

    grpc::ServerUnaryReactor* CheckLogin(grpc::CallbackServerContext* context,
                                         const v1::CheckLoginRequest* request,
                                         v1::CheckLoginResponse* response) override {
      grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
      *response = answers_.To(*request);
      reactor->Finish(grpc::Status::OK);
      return reactor;
    }

   private:
    Answers answers_;
  };

  Service service_;
  Transport transport_;
  HealthService health_{{v1::LoginService::service_full_name()}};
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

class AsyncFloor final : public FloorServer {
 public:
  explicit AsyncFloor(const v1::BatchCheckLoginResponse& answers) : answers_(answers) {}

  absl::Status Listen(const FloorOptions& options) {
    RETURN_IF_ERROR(transport_.SetUp(options.tls));
    grpc::ServerBuilder builder;
    Configure(options, transport_, &health_, &builder, &port_);
    builder.RegisterService(&service_);
    queue_ = builder.AddCompletionQueue();
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) return CannotListen(options);
    thread_ = std::thread([this] { Serve(); });
    return absl::OkStatus();
  }

  ~AsyncFloor() override {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now());
    queue_->Shutdown();
    thread_.join();
  }

  int port() const override { return port_; }

 private:
  // Calls that may wait to be taken: as many as the loads have under way.
  static constexpr int kSlots = 1024;

  // One call at a time, over and over.
  class Slot {
   public:
    Slot(v1::LoginService::AsyncService* service, grpc::ServerCompletionQueue* queue,
         const Answers* answers)
        : service_(service), queue_(queue), answers_(answers) {
      Await();
    }

    void Proceed() {
      if (answered_) {
        Await();
        return;
      }
      answered_ = true;
      response_ = answers_->To(request_);
      writer_->Finish(response_, grpc::Status::OK, this);
    }

   private:
    void Await() {
      answered_ = false;
      writer_.reset();
      context_.emplace();
      writer_.emplace(&*context_);
      service_->RequestCheckLogin(&*context_, &request_, &*writer_, queue_, queue_, this);
    }

    v1::LoginService::AsyncService* service_;
    grpc::ServerCompletionQueue* queue_;
    const Answers* answers_;
    std::optional<grpc::ServerContext> context_;
    std::optional<grpc::ServerAsyncResponseWriter<v1::CheckLoginResponse>> writer_;
    v1::CheckLoginRequest request_;
    v1::CheckLoginResponse response_;
    bool answered_ = false;
  };

  void Serve() {
    std::vector<std::unique_ptr<Slot>> slots;
    for (int i = 0; i < kSlots; ++i) {
      slots.push_back(std::make_unique<Slot>(&service_, queue_.get(), &answers_));
    }
    void* tag;
    bool ok;
    // Not ok: the server shuts down, or the client is gone before its answer.
    while (queue_->Next(&tag, &ok)) {
      if (ok) static_cast<Slot*>(tag)->Proceed();
    }
  }

  Answers answers_;
  v1::LoginService::AsyncService service_;
  Transport transport_;
  HealthService health_{{v1::LoginService::service_full_name()}};
  int port_ = 0;
  std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
  std::thread thread_;
};

template <typename Floor>
absl::StatusOr<std::unique_ptr<FloorServer>> Start(const FloorOptions& options) {
  RETURN_IF_ERROR(CheckOptions(options));
  auto floor = std::make_unique<Floor>(options.answers);
  RETURN_IF_ERROR(floor->Listen(options));
  return floor;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FloorServer>> StartCallbackFloor(const FloorOptions& options) {
  return Start<CallbackFloor>(options);
}

absl::StatusOr<std::unique_ptr<FloorServer>> StartAsyncFloor(const FloorOptions& options) {
  return Start<AsyncFloor>(options);
}

}  // namespace gatehouse::benchmark
