// gRPC adapter of DomainManager.
#ifndef GATEHOUSE_SERVER_SERVICES_DOMAIN_SERVICE_H_
#define GATEHOUSE_SERVER_SERVICES_DOMAIN_SERVICE_H_

#include "gatehouse/v1/domain_service.grpc.pb.h"
#include "server/managers/domain_manager.h"
#include "server/services/call_runner.h"

namespace gatehouse {

class DomainService final : public v1::DomainService::CallbackService {
 public:
  // Both must outlive this.
  DomainService(CallRunner* calls, DomainManager* manager) : calls_(calls), manager_(manager) {}

  grpc::ServerUnaryReactor* AddDomain(grpc::CallbackServerContext* context,
                                      const v1::AddDomainRequest* request,
                                      v1::Domain* response) override;
  grpc::ServerUnaryReactor* GetDomain(grpc::CallbackServerContext* context,
                                      const v1::GetDomainRequest* request,
                                      v1::Domain* response) override;
  grpc::ServerUnaryReactor* ListDomains(grpc::CallbackServerContext* context,
                                        const v1::ListDomainsRequest* request,
                                        v1::ListDomainsResponse* response) override;
  grpc::ServerUnaryReactor* VerifyDomain(grpc::CallbackServerContext* context,
                                         const v1::VerifyDomainRequest* request,
                                         v1::Domain* response) override;
  grpc::ServerUnaryReactor* RemoveDomain(grpc::CallbackServerContext* context,
                                         const v1::RemoveDomainRequest* request,
                                         google::protobuf::Empty* response) override;

 private:
  CallRunner* calls_;
  DomainManager* manager_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_DOMAIN_SERVICE_H_
