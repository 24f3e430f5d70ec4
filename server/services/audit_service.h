// gRPC adapter of AuditManager and AuditWatch.
#ifndef GATEHOUSE_SERVER_SERVICES_AUDIT_SERVICE_H_
#define GATEHOUSE_SERVER_SERVICES_AUDIT_SERVICE_H_

#include "gatehouse/v1/audit_service.grpc.pb.h"
#include "server/managers/audit_manager.h"
#include "server/managers/audit_watch.h"
#include "server/services/call_runner.h"

namespace gatehouse {

// Must outlive the server that it is registered with.
class AuditService final : public v1::AuditService::CallbackService {
 public:
  // All must outlive this.
  AuditService(CallRunner* calls, AuditManager* manager, AuditWatch* watch)
      : calls_(calls), manager_(manager), watch_(watch) {}

  grpc::ServerUnaryReactor* ListAuditEvents(grpc::CallbackServerContext* context,
                                            const v1::ListAuditEventsRequest* request,
                                            v1::ListAuditEventsResponse* response) override;
  grpc::ServerUnaryReactor* GetAuditChain(grpc::CallbackServerContext* context,
                                          const v1::GetAuditChainRequest* request,
                                          v1::AuditChain* response) override;
  grpc::ServerWriteReactor<v1::WatchAuditEventsResponse>* WatchAuditEvents(
      grpc::CallbackServerContext* context, const v1::WatchAuditEventsRequest* request) override;

 private:
  CallRunner* calls_;
  AuditManager* manager_;
  AuditWatch* watch_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_AUDIT_SERVICE_H_
