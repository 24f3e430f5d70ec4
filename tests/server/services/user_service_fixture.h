// A UserService behind a real gRPC server on a loopback port.
#ifndef GATEHOUSE_TESTS_SERVER_SERVICES_USER_SERVICE_FIXTURE_H_
#define GATEHOUSE_TESTS_SERVER_SERVICES_USER_SERVICE_FIXTURE_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gatehouse/v1/user_service.grpc.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "server/runtime/logger.h"
#include "server/runtime/worker_pool.h"
#include "server/services/call_runner.h"
#include "server/services/user_service.h"
#include "tests/fakes/failing_engine.h"
#include "tests/fakes/open_access_gate.h"
#include "tests/server/managers/user_test_world.h"

namespace gatehouse {

class SilentLogger final : public Logger {
 public:
  void Log(LogLevel, absl::string_view, LogFields) override {}
  bool IsEnabled(LogLevel) const override { return false; }
};

class UserServiceFixture : public ::testing::Test {
 protected:
  explicit UserServiceFixture(size_t max_queued = 1000) : pool_(2, {.max_queued = max_queued}) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::UserService::NewStub(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  }

  // Waits until every call has ended, however long its reactor lives.
  void ShutDown() {
    if (server_ != nullptr) server_->Shutdown();
    server_.reset();
  }
  void TearDown() override { ShutDown(); }

  template <typename Request, typename Response>
  using Method = grpc::Status (v1::UserService::Stub::*)(grpc::ClientContext*, const Request&,
                                                         Response*);

  // The response of a call that must succeed.
  template <typename Request, typename Response>
  Response Call(Method<Request, Response> method, const Request& request) {
    grpc::ClientContext context;
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  // The status of a call that must fail.
  template <typename Request, typename Response>
  grpc::Status Fail(Method<Request, Response> method, const Request& request) {
    grpc::ClientContext context;
    Response response;
    grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    EXPECT_FALSE(status.ok());
    return status;
  }

  template <typename Detail>
  static bool FindDetail(const grpc::Status& status, Detail* detail) {
    google::rpc::Status details;
    if (!details.ParseFromString(status.error_details())) return false;
    for (const auto& any : details.details()) {
      if (any.UnpackTo(detail)) return true;
    }
    return false;
  }
  static std::string ReasonIn(const grpc::Status& status) {
    google::rpc::ErrorInfo info;
    return FindDetail(status, &info) ? info.reason() : "";
  }
  static void ExpectInvalid(const grpc::Status& status, const std::string& field) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << field;
    EXPECT_EQ(ReasonIn(status), "INVALID_FIELD") << field;
    google::rpc::BadRequest bad;
    ASSERT_TRUE(FindDetail(status, &bad)) << field;
    EXPECT_EQ(bad.field_violations(0).field(), field) << status.error_message();
  }

  storage::FailingEngine* engine_ = new storage::FailingEngine(storage::NewMemoryEngine());
  UserTestWorld world_{std::unique_ptr<storage::Engine>(engine_)};
  SilentLogger logger_;
  WorkerPool pool_;
  OpenAccessGate gate_;
  CallRunner calls_{&pool_, &logger_, &gate_};
  UserService service_{&calls_, &world_.users, world_.context};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::UserService::Stub> stub_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_SERVER_SERVICES_USER_SERVICE_FIXTURE_H_
