#include "server/services/audit_service.h"

#include <memory>
#include <utility>

#include "policy/status_macros.h"
#include "server/names/audit_names.h"
#include "server/services/audit_rendering.h"
#include "server/services/requests.h"
#include "server/services/watch_reactor.h"

namespace gatehouse {
namespace {

constexpr char kWatchMethod[] = "AuditService/WatchAuditEvents";

absl::StatusOr<AuditWatch::Command> ParseWatch(const v1::WatchAuditEventsRequest& request) {
  AuditWatch::Command command{.after_revision = request.after_revision()};
  ASSIGN_OR_RETURN(command.parent, ParseAuditParent("parent", request.parent()));
  ASSIGN_OR_RETURN(command.filter, ParseAuditFilter(request.filter()));
  return command;
}

class AuditWatcher final : public WatchReactor<AuditWatch, v1::WatchAuditEventsResponse>,
                           public AuditSubscriber {
 public:
  using WatchReactor::WatchReactor;

  void Send(AuditWatchBatch batch) override {
    v1::WatchAuditEventsResponse response;
    response.set_revision(static_cast<int64_t>(batch.revision));
    for (const storage::AuditEvent& event : batch.events) {
      absl::StatusOr<v1::AuditEvent> rendered = RenderAuditEvent(event, false);
      if (!rendered.ok()) return FinishWith(rendered.status());
      *response.add_audit_events() = *std::move(rendered);
    }
    Write(std::move(response));
  }
  void End(const absl::Status& status) override { FinishWith(status); }
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
  const auto watcher = std::make_shared<AuditWatcher>(watch_, calls_, kWatchMethod, context);
  watcher->Hold();
  calls_->Start(
      context, kWatchMethod, *request,
      [this, request, watcher](const Caller& caller) -> absl::Status {
        ASSIGN_OR_RETURN(const AuditWatch::Command command, ParseWatch(*request));
        return watcher->Open([&] { return watch_->Open(caller, command, watcher); });
      },
      [watcher](const grpc::Status& status) { watcher->Opened(status); });
  return watcher.get();
}

}  // namespace gatehouse
