// gRPC adapter of LoginManager, LoginReportManager and PolicyWatch.
#ifndef GATEHOUSE_SERVER_SERVICES_LOGIN_SERVICE_H_
#define GATEHOUSE_SERVER_SERVICES_LOGIN_SERVICE_H_

#include "gatehouse/v1/login_service.grpc.pb.h"
#include "server/managers/login_manager.h"
#include "server/managers/login_report_manager.h"
#include "server/managers/policy_watch.h"
#include "server/services/call_runner.h"

namespace gatehouse {

// As v1::LoginService::CallbackService, but that WatchPolicy takes and gives bytes:
// streams share what they send.
using LoginServiceOfBytes = v1::LoginService::WithCallbackMethod_CheckLogin<
    v1::LoginService::WithCallbackMethod_BatchCheckLogin<
        v1::LoginService::WithCallbackMethod_ReportLogin<
            v1::LoginService::WithRawCallbackMethod_WatchPolicy<v1::LoginService::Service>>>>;

class LoginService final : public LoginServiceOfBytes {
 public:
  // All must outlive this.
  LoginService(CallRunner* calls, const LoginManager* manager, LoginReportManager* reports,
               PolicyWatch* watch)
      : calls_(calls), manager_(manager), reports_(reports), watch_(watch) {}

  // Runs on gRPC's own thread: a check takes microseconds and waits for nobody,
  // so handing it to another thread would be most of its cost.
  grpc::ServerUnaryReactor* CheckLogin(grpc::CallbackServerContext* context,
                                       const v1::CheckLoginRequest* request,
                                       v1::CheckLoginResponse* response) override;
  grpc::ServerUnaryReactor* BatchCheckLogin(grpc::CallbackServerContext* context,
                                            const v1::BatchCheckLoginRequest* request,
                                            v1::BatchCheckLoginResponse* response) override;
  grpc::ServerUnaryReactor* ReportLogin(grpc::CallbackServerContext* context,
                                        const v1::ReportLoginRequest* request,
                                        v1::ReportLoginResponse* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchPolicy(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* request) override;

 private:
  absl::Status Check(const v1::CheckLoginRequest& request, v1::CheckLoginResponse* response) const;
  absl::Status CheckBatch(const v1::BatchCheckLoginRequest& request,
                          v1::BatchCheckLoginResponse* response) const;

  CallRunner* calls_;
  const LoginManager* manager_;
  LoginReportManager* reports_;
  PolicyWatch* watch_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_LOGIN_SERVICE_H_
