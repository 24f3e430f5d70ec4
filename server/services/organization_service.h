// gRPC adapter of OrganizationManager.
#ifndef GATEHOUSE_SERVER_SERVICES_ORGANIZATION_SERVICE_H_
#define GATEHOUSE_SERVER_SERVICES_ORGANIZATION_SERVICE_H_

#include "gatehouse/v1/organization_service.grpc.pb.h"
#include "server/managers/organization_manager.h"
#include "server/services/call_runner.h"

namespace gatehouse {

class OrganizationService final : public v1::OrganizationService::CallbackService {
 public:
  // Both must outlive this.
  OrganizationService(CallRunner* calls, OrganizationManager* manager)
      : calls_(calls), manager_(manager) {}

  grpc::ServerUnaryReactor* CreateOrganization(grpc::CallbackServerContext* context,
                                               const v1::CreateOrganizationRequest* request,
                                               v1::Organization* response) override;
  grpc::ServerUnaryReactor* GetOrganization(grpc::CallbackServerContext* context,
                                            const v1::GetOrganizationRequest* request,
                                            v1::Organization* response) override;
  grpc::ServerUnaryReactor* ListOrganizations(grpc::CallbackServerContext* context,
                                              const v1::ListOrganizationsRequest* request,
                                              v1::ListOrganizationsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateOrganization(grpc::CallbackServerContext* context,
                                               const v1::UpdateOrganizationRequest* request,
                                               v1::Organization* response) override;
  grpc::ServerUnaryReactor* DeleteOrganization(grpc::CallbackServerContext* context,
                                               const v1::DeleteOrganizationRequest* request,
                                               google::protobuf::Empty* response) override;

 private:
  CallRunner* calls_;
  OrganizationManager* manager_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_ORGANIZATION_SERVICE_H_
