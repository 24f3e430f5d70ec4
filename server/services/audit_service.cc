#include "server/services/audit_service.h"

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/names/audit_names.h"
#include "server/services/audit_rendering.h"
#include "server/services/requests.h"
#include "server/services/status_rendering.h"

namespace gatehouse {
namespace {

constexpr char kWatchMethod[] = "AuditService/WatchAuditEvents";

absl::StatusOr<AuditWatch::Command> ParseWatch(const v1::WatchAuditEventsRequest& request) {
  AuditWatch::Command command{.after_revision = request.after_revision()};
  ASSIGN_OR_RETURN(command.parent, ParseAuditParent("parent", request.parent()));
  ASSIGN_OR_RETURN(command.filter, ParseAuditFilter(request.filter()));
  return command;
}

// One stream. At most one write or the finish is under way at a time. Lives
// until gRPC is done with it and the watch has let go of it.
class Watcher final : public grpc::ServerWriteReactor<v1::WatchAuditEventsResponse>,
                      public AuditSubscriber,
                      public std::enable_shared_from_this<Watcher> {
 public:
  Watcher(AuditWatch* watch, CallRunner* calls, grpc::CallbackServerContext* context)
      : watch_(watch), calls_(calls), context_(context) {}

  // Keeps itself alive from here to OnDone.
  void Hold() { self_ = shared_from_this(); }

  absl::Status Open(const Caller& caller, const v1::WatchAuditEventsRequest& request) {
    ASSIGN_OR_RETURN(const AuditWatch::Command command, ParseWatch(request));
    // The first batch may come before Open returns; it waits for this lock.
    std::lock_guard<std::mutex> lock(mutex_);
    ASSIGN_OR_RETURN(stream_, watch_->Open(caller, command, shared_from_this()));
    return absl::OkStatus();
  }

  // After Open, or in its place.
  void Opened(const grpc::Status& status) {
    std::unique_lock<std::mutex> lock(mutex_);
    opening_ = false;
    if (!status.ok()) return FinishOnce(lock, status);
    if (cancelled_ && !writing_) FinishOnce(lock, Cancelled());
  }

  void Send(AuditWatchBatch batch) override {
    v1::WatchAuditEventsResponse response;
    response.set_revision(static_cast<int64_t>(batch.revision));
    for (const storage::AuditEvent& event : batch.events) {
      absl::StatusOr<v1::AuditEvent> rendered = RenderAuditEvent(event, false);
      if (!rendered.ok()) return End(rendered.status());
      *response.add_audit_events() = *std::move(rendered);
    }
    std::unique_lock<std::mutex> lock(mutex_);
    if (finished_) return;
    // A stream may outlive the credential that it was opened with.
    if (const absl::Status status = calls_->Check(*context_, kWatchMethod);
        absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status)) {
      return FinishOnce(lock, RenderStatus(status));
    }
    writing_ = true;
    response_ = std::move(response);
    lock.unlock();
    StartWrite(&response_);
  }

  void End(const absl::Status& status) override {
    std::unique_lock<std::mutex> lock(mutex_);
    end_ = RenderStatus(status);
    if (!writing_) return FinishOnce(lock, *end_);
    // The reader does not read: nothing else would end this write.
    context_->TryCancel();
  }

  void OnWriteDone(bool ok) override {
    std::unique_lock<std::mutex> lock(mutex_);
    writing_ = false;
    if (end_) return FinishOnce(lock, *end_);
    if (!ok || cancelled_) return FinishOnce(lock, Cancelled());
    const std::shared_ptr<AuditWatch::Stream> stream = stream_;
    lock.unlock();
    watch_->Sent(stream);
  }

  void OnCancel() override {
    std::unique_lock<std::mutex> lock(mutex_);
    cancelled_ = true;
    if (!writing_ && !opening_) FinishOnce(lock, Cancelled());
  }

  void OnDone() override {
    std::unique_lock<std::mutex> lock(mutex_);
    const std::shared_ptr<AuditWatch::Stream> stream = std::move(stream_);
    const std::shared_ptr<Watcher> self = std::move(self_);
    lock.unlock();
    if (stream != nullptr) watch_->Close(stream);
  }

 private:
  static grpc::Status Cancelled() {
    return grpc::Status(grpc::StatusCode::CANCELLED, "cancelled by the caller");
  }

  // Outside the lock: gRPC may call back from inside Finish, on this thread.
  void FinishOnce(std::unique_lock<std::mutex>& lock, const grpc::Status& status) {
    if (finished_) return;
    finished_ = true;
    const std::shared_ptr<Watcher> self = self_;
    lock.unlock();
    Finish(status);
  }

  AuditWatch* const watch_;
  CallRunner* const calls_;
  grpc::CallbackServerContext* const context_;
  std::mutex mutex_;
  std::shared_ptr<Watcher> self_;
  std::shared_ptr<AuditWatch::Stream> stream_;
  std::optional<grpc::Status> end_;
  bool opening_ = true;
  bool writing_ = false;
  bool cancelled_ = false;
  bool finished_ = false;
  v1::WatchAuditEventsResponse response_;
};

}  // namespace

grpc::ServerUnaryReactor* AuditService::ListAuditEvents(grpc::CallbackServerContext* context,
                                                        const v1::ListAuditEventsRequest* request,
                                                        v1::ListAuditEventsResponse* response) {
  return calls_->Unary(
      context, "AuditService/ListAuditEvents", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<v1::ListAuditEventsResponse> {
        AuditManager::ListCommand command;
        ASSIGN_OR_RETURN(command.parent, ParseAuditParent("parent", request->parent()));
        ASSIGN_OR_RETURN(command.filter, ParseAuditFilter(request->filter()));
        const std::string filter = request->filter().SerializeAsString();
        const absl::string_view records = request->include_records() ? "records" : "";
        ASSIGN_OR_RETURN(command.page,
                         ParsePage(request->page_size(), request->page_token(),
                                   {"auditEvents", request->parent(), filter, records}));
        ASSIGN_OR_RETURN(const auto page, manager_->List(caller, command));
        v1::ListAuditEventsResponse list;
        for (const storage::AuditEvent& event : page.items) {
          ASSIGN_OR_RETURN(*list.add_audit_events(),
                           RenderAuditEvent(event, request->include_records()));
        }
        list.set_next_page_token(
            RenderPageToken(page.next, {"auditEvents", request->parent(), filter, records}));
        return list;
      });
}

grpc::ServerUnaryReactor* AuditService::GetAuditChain(grpc::CallbackServerContext* context,
                                                      const v1::GetAuditChainRequest* request,
                                                      v1::AuditChain* response) {
  return calls_->Unary(context, "AuditService/GetAuditChain", *request, response,
                       [this, request](const Caller&) -> absl::StatusOr<v1::AuditChain> {
                         ASSIGN_OR_RETURN(const OrganizationId chain,
                                          ParseAuditChainName("name", request->name()));
                         ASSIGN_OR_RETURN(const AuditChainView view, manager_->GetChain(chain));
                         return RenderAuditChain(view);
                       });
}

grpc::ServerWriteReactor<v1::WatchAuditEventsResponse>* AuditService::WatchAuditEvents(
    grpc::CallbackServerContext* context, const v1::WatchAuditEventsRequest* request) {
  const auto watcher = std::make_shared<Watcher>(watch_, calls_, context);
  watcher->Hold();
  calls_->Start(
      context, kWatchMethod, *request,
      [request, watcher](const Caller& caller) { return watcher->Open(caller, *request); },
      [watcher](const grpc::Status& status) { watcher->Opened(status); });
  return watcher.get();
}

}  // namespace gatehouse
