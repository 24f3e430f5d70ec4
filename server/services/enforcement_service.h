// gRPC adapter of EnforcementManager, ExemptionManager and
// EnforcementReportManager.
#ifndef GATEHOUSE_SERVER_SERVICES_ENFORCEMENT_SERVICE_H_
#define GATEHOUSE_SERVER_SERVICES_ENFORCEMENT_SERVICE_H_

#include "gatehouse/v1/enforcement_service.grpc.pb.h"
#include "server/managers/enforcement_manager.h"
#include "server/managers/enforcement_report_manager.h"
#include "server/managers/exemption_manager.h"
#include "server/services/call_runner.h"

namespace gatehouse {

class EnforcementService final : public v1::EnforcementService::CallbackService {
 public:
  // All must outlive this.
  EnforcementService(CallRunner* calls, EnforcementManager* enforcements,
                     ExemptionManager* exemptions, EnforcementReportManager* reports)
      : calls_(calls), enforcements_(enforcements), exemptions_(exemptions), reports_(reports) {}

  grpc::ServerUnaryReactor* PlanEnforcement(grpc::CallbackServerContext* context,
                                            const v1::PlanEnforcementRequest* request,
                                            v1::EnforcementPlan* response) override;
  grpc::ServerUnaryReactor* EnforceDomains(grpc::CallbackServerContext* context,
                                           const v1::EnforceDomainsRequest* request,
                                           v1::EnforceDomainsResponse* response) override;
  grpc::ServerUnaryReactor* ReleaseDomains(grpc::CallbackServerContext* context,
                                           const v1::ReleaseDomainsRequest* request,
                                           v1::ReleaseDomainsResponse* response) override;
  grpc::ServerUnaryReactor* PauseEnforcement(grpc::CallbackServerContext* context,
                                             const v1::PauseEnforcementRequest* request,
                                             v1::Enforcement* response) override;
  grpc::ServerUnaryReactor* ResumeEnforcement(grpc::CallbackServerContext* context,
                                              const v1::ResumeEnforcementRequest* request,
                                              v1::Enforcement* response) override;
  grpc::ServerUnaryReactor* GetEnforcementReport(grpc::CallbackServerContext* context,
                                                 const v1::GetEnforcementReportRequest* request,
                                                 v1::EnforcementReport* response) override;
  grpc::ServerUnaryReactor* GetEnforcement(grpc::CallbackServerContext* context,
                                           const v1::GetEnforcementRequest* request,
                                           v1::Enforcement* response) override;
  grpc::ServerUnaryReactor* ListEnforcements(grpc::CallbackServerContext* context,
                                             const v1::ListEnforcementsRequest* request,
                                             v1::ListEnforcementsResponse* response) override;
  grpc::ServerUnaryReactor* CreateExemption(grpc::CallbackServerContext* context,
                                            const v1::CreateExemptionRequest* request,
                                            v1::Exemption* response) override;
  grpc::ServerUnaryReactor* ListExemptions(grpc::CallbackServerContext* context,
                                           const v1::ListExemptionsRequest* request,
                                           v1::ListExemptionsResponse* response) override;
  grpc::ServerUnaryReactor* DeleteExemption(grpc::CallbackServerContext* context,
                                            const v1::DeleteExemptionRequest* request,
                                            google::protobuf::Empty* response) override;

 private:
  CallRunner* calls_;
  EnforcementManager* enforcements_;
  ExemptionManager* exemptions_;
  EnforcementReportManager* reports_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_ENFORCEMENT_SERVICE_H_
