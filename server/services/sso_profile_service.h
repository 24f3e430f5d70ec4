// gRPC adapter of SsoProfileManager and ConnectionTestManager.
#ifndef GATEHOUSE_SERVER_SERVICES_SSO_PROFILE_SERVICE_H_
#define GATEHOUSE_SERVER_SERVICES_SSO_PROFILE_SERVICE_H_

#include "gatehouse/v1/sso_profile_service.grpc.pb.h"
#include "server/managers/connection_test_manager.h"
#include "server/managers/sso_profile_manager.h"
#include "server/services/call_runner.h"

namespace gatehouse {

class SsoProfileService final : public v1::SsoProfileService::CallbackService {
 public:
  // All must outlive this.
  SsoProfileService(CallRunner* calls, SsoProfileManager* profiles, ConnectionTestManager* tests)
      : calls_(calls), profiles_(profiles), tests_(tests) {}

  grpc::ServerUnaryReactor* CreateSsoProfile(grpc::CallbackServerContext* context,
                                             const v1::CreateSsoProfileRequest* request,
                                             v1::SsoProfile* response) override;
  grpc::ServerUnaryReactor* GetSsoProfile(grpc::CallbackServerContext* context,
                                          const v1::GetSsoProfileRequest* request,
                                          v1::SsoProfile* response) override;
  grpc::ServerUnaryReactor* ListSsoProfiles(grpc::CallbackServerContext* context,
                                            const v1::ListSsoProfilesRequest* request,
                                            v1::ListSsoProfilesResponse* response) override;
  grpc::ServerUnaryReactor* UpdateSsoProfile(grpc::CallbackServerContext* context,
                                             const v1::UpdateSsoProfileRequest* request,
                                             v1::SsoProfile* response) override;
  grpc::ServerUnaryReactor* DeleteSsoProfile(grpc::CallbackServerContext* context,
                                             const v1::DeleteSsoProfileRequest* request,
                                             google::protobuf::Empty* response) override;
  grpc::ServerUnaryReactor* GetServiceProviderMetadata(
      grpc::CallbackServerContext* context, const v1::GetServiceProviderMetadataRequest* request,
      v1::ServiceProviderMetadata* response) override;
  grpc::ServerUnaryReactor* StartConnectionTest(grpc::CallbackServerContext* context,
                                                const v1::StartConnectionTestRequest* request,
                                                v1::ConnectionTest* response) override;
  grpc::ServerUnaryReactor* CompleteConnectionTest(grpc::CallbackServerContext* context,
                                                   const v1::CompleteConnectionTestRequest* request,
                                                   v1::ConnectionTest* response) override;
  grpc::ServerUnaryReactor* GetConnectionTest(grpc::CallbackServerContext* context,
                                              const v1::GetConnectionTestRequest* request,
                                              v1::ConnectionTest* response) override;

 private:
  CallRunner* calls_;
  SsoProfileManager* profiles_;
  ConnectionTestManager* tests_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_SSO_PROFILE_SERVICE_H_
