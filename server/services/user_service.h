// gRPC adapter of UserManager and UserImporter.
#ifndef GATEHOUSE_SERVER_SERVICES_USER_SERVICE_H_
#define GATEHOUSE_SERVER_SERVICES_USER_SERVICE_H_

#include "gatehouse/v1/user_service.grpc.pb.h"
#include "server/managers/manager_context.h"
#include "server/managers/user_manager.h"
#include "server/services/call_runner.h"

namespace gatehouse {

class UserService final : public v1::UserService::CallbackService {
 public:
  // Both pointers must outlive this. `context`: for imports.
  // Imports run by `imports`; null: as all others.
  UserService(CallRunner* calls, UserManager* manager, const ManagerContext& context,
              CallRunner* imports = nullptr)
      : calls_(calls),
        imports_(imports == nullptr ? calls : imports),
        manager_(manager),
        context_(context) {}

  grpc::ServerUnaryReactor* CreateUser(grpc::CallbackServerContext* context,
                                       const v1::CreateUserRequest* request,
                                       v1::User* response) override;
  grpc::ServerUnaryReactor* GetUser(grpc::CallbackServerContext* context,
                                    const v1::GetUserRequest* request, v1::User* response) override;
  grpc::ServerUnaryReactor* LookupUser(grpc::CallbackServerContext* context,
                                       const v1::LookupUserRequest* request,
                                       v1::User* response) override;
  grpc::ServerUnaryReactor* ListUsers(grpc::CallbackServerContext* context,
                                      const v1::ListUsersRequest* request,
                                      v1::ListUsersResponse* response) override;
  grpc::ServerUnaryReactor* UpdateUser(grpc::CallbackServerContext* context,
                                       const v1::UpdateUserRequest* request,
                                       v1::User* response) override;
  grpc::ServerUnaryReactor* DeleteUser(grpc::CallbackServerContext* context,
                                       const v1::DeleteUserRequest* request,
                                       google::protobuf::Empty* response) override;
  grpc::ServerReadReactor<v1::ImportUsersRequest>* ImportUsers(
      grpc::CallbackServerContext* context, v1::ImportUsersResponse* response) override;

 private:
  CallRunner* calls_;
  CallRunner* imports_;
  UserManager* manager_;
  ManagerContext context_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_USER_SERVICE_H_
