#include "server/services/health_service.h"

#include <utility>

namespace gatehouse {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

namespace {

std::set<std::string> WithWholeServer(const std::vector<std::string>& services) {
  std::set<std::string> all(services.begin(), services.end());
  all.insert("");
  return all;
}

}  // namespace

// One watch. At most one write or the finish is under way at a time; whatever
// ends a write decides on the next step.
class HealthService::Watcher final : public grpc::ServerWriteReactor<HealthCheckResponse>,
                                     public std::enable_shared_from_this<Watcher> {
 public:
  Watcher(HealthService* service, HealthCheckResponse::ServingStatus status)
      : service_(service), status_(status) {}

  void Start() {
    Advance([] {});
  }
  void End() {
    Advance([this] {
      if (status_ == HealthCheckResponse::SERVING) status_ = HealthCheckResponse::NOT_SERVING;
      ending_ = true;
    });
  }
  void OnWriteDone(bool ok) override {
    Advance([this, ok] {
      busy_ = false;
      cancelled_ = cancelled_ || !ok;
    });
  }
  void OnCancel() override {
    Advance([this] { cancelled_ = true; });
  }
  void OnDone() override { service_->Remove(shared_from_this()); }

 private:
  // Applies `change` and takes the step that is due, if any. The step is taken
  // outside the lock: gRPC may call back from inside it, on this thread.
  template <typename Change>
  void Advance(Change change) {
    const std::shared_ptr<Watcher> self = shared_from_this();  // OnDone may come before the return
    std::unique_lock<std::mutex> lock(mutex_);
    change();
    if (busy_) return;
    if (cancelled_) {
      busy_ = true;
      lock.unlock();
      Finish(grpc::Status(grpc::StatusCode::CANCELLED, "cancelled by the caller"));
    } else if (sent_ != status_) {
      busy_ = true;
      sent_ = status_;
      response_.set_status(status_);
      lock.unlock();
      StartWrite(&response_);
    } else if (ending_) {
      busy_ = true;
      lock.unlock();
      Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the server is shutting down"));
    }
  }

  HealthService* const service_;
  std::mutex mutex_;
  bool busy_ = false;  // a write is under way, or the finish
  bool cancelled_ = false;
  bool ending_ = false;
  HealthCheckResponse::ServingStatus status_;
  HealthCheckResponse::ServingStatus sent_ = HealthCheckResponse::UNKNOWN;
  HealthCheckResponse response_;
};

HealthService::HealthService(const std::vector<std::string>& services)
    : services_(WithWholeServer(services)) {}

HealthService::~HealthService() = default;

void HealthService::Drain() {
  std::set<std::shared_ptr<Watcher>> watchers;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    draining_ = true;
    watchers = watchers_;
  }
  for (const std::shared_ptr<Watcher>& watcher : watchers) watcher->End();
}

grpc::ServerUnaryReactor* HealthService::Check(grpc::CallbackServerContext* context,
                                               const HealthCheckRequest* request,
                                               HealthCheckResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  if (services_.count(request->service()) == 0) {
    reactor->Finish(grpc::Status(grpc::StatusCode::NOT_FOUND, "no such service"));
    return reactor;
  }
  {
    std::lock_guard<std::mutex> lock(mutex_);
    response->set_status(draining_ ? HealthCheckResponse::NOT_SERVING
                                   : HealthCheckResponse::SERVING);
  }
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext*, const HealthCheckRequest* request) {
  const auto watcher = std::make_shared<Watcher>(this, services_.count(request->service()) > 0
                                                           ? HealthCheckResponse::SERVING
                                                           : HealthCheckResponse::SERVICE_UNKNOWN);
  bool draining = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    watchers_.insert(watcher);
    draining = draining_;
  }
  if (draining) {
    watcher->End();
  } else {
    watcher->Start();
  }
  return watcher.get();
}

void HealthService::Remove(const std::shared_ptr<Watcher>& watcher) {
  std::lock_guard<std::mutex> lock(mutex_);
  watchers_.erase(watcher);
}

}  // namespace gatehouse
