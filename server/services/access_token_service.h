// gRPC adapter of AccessTokenManager.
#ifndef GATEHOUSE_SERVER_SERVICES_ACCESS_TOKEN_SERVICE_H_
#define GATEHOUSE_SERVER_SERVICES_ACCESS_TOKEN_SERVICE_H_

#include "gatehouse/v1/access_token_service.grpc.pb.h"
#include "server/managers/access_token_manager.h"
#include "server/services/call_runner.h"

namespace gatehouse {

class AccessTokenService final : public v1::AccessTokenService::CallbackService {
 public:
  // Both must outlive this.
  AccessTokenService(CallRunner* calls, AccessTokenManager* manager)
      : calls_(calls), manager_(manager) {}

  grpc::ServerUnaryReactor* CreateAccessToken(grpc::CallbackServerContext* context,
                                              const v1::CreateAccessTokenRequest* request,
                                              v1::CreateAccessTokenResponse* response) override;
  grpc::ServerUnaryReactor* GetAccessToken(grpc::CallbackServerContext* context,
                                           const v1::GetAccessTokenRequest* request,
                                           v1::AccessToken* response) override;
  grpc::ServerUnaryReactor* ListAccessTokens(grpc::CallbackServerContext* context,
                                             const v1::ListAccessTokensRequest* request,
                                             v1::ListAccessTokensResponse* response) override;
  grpc::ServerUnaryReactor* RotateAccessToken(grpc::CallbackServerContext* context,
                                              const v1::RotateAccessTokenRequest* request,
                                              v1::CreateAccessTokenResponse* response) override;
  grpc::ServerUnaryReactor* RevokeAccessToken(grpc::CallbackServerContext* context,
                                              const v1::RevokeAccessTokenRequest* request,
                                              v1::AccessToken* response) override;

 private:
  CallRunner* calls_;
  AccessTokenManager* manager_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_ACCESS_TOKEN_SERVICE_H_
