#include "server/services/health_service.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace gatehouse {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

HealthCheckRequest Of(const std::string& service) {
  HealthCheckRequest request;
  request.set_service(service);
  return request;
}

class HealthServiceTest : public ::testing::Test {
 protected:
  // A watch, and the context that it lives in.
  struct Watching {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<HealthCheckResponse>> stream;

    // The next status; UNKNOWN if the stream has ended.
    HealthCheckResponse::ServingStatus Next() {
      HealthCheckResponse response;
      return stream->Read(&response) ? response.status() : HealthCheckResponse::UNKNOWN;
    }
  };

  void SetUp() override {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    stub_ = Health::NewStub(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials()));
  }

  static void SetDeadline(grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  }

  std::unique_ptr<Watching> Watch(const std::string& service) {
    auto watching = std::make_unique<Watching>();
    SetDeadline(watching->context);
    watching->stream = stub_->Watch(&watching->context, Of(service));
    return watching;
  }

  grpc::Status Check(const std::string& service, HealthCheckResponse* response) {
    grpc::ClientContext context;
    SetDeadline(context);
    return stub_->Check(&context, Of(service), response);
  }

  HealthService service_{{"a.Service", "b.Service"}};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Health::Stub> stub_;
};

TEST_F(HealthServiceTest, ChecksEachServiceAndTheWholeServer) {
  for (const char* service : {"", "a.Service", "b.Service"}) {
    HealthCheckResponse response;
    EXPECT_TRUE(Check(service, &response).ok()) << service;
    EXPECT_EQ(response.status(), HealthCheckResponse::SERVING) << service;
  }
  HealthCheckResponse response;
  EXPECT_EQ(Check("c.Service", &response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(HealthServiceTest, TellsAWatchOfTheDrainAndEndsIt) {
  std::vector<std::unique_ptr<Watching>> watches;
  for (const char* service : {"", "a.Service", "b.Service"}) watches.push_back(Watch(service));
  for (const auto& watch : watches) EXPECT_EQ(watch->Next(), HealthCheckResponse::SERVING);
  service_.Drain();
  for (const auto& watch : watches) {
    EXPECT_EQ(watch->Next(), HealthCheckResponse::NOT_SERVING);
    EXPECT_EQ(watch->Next(), HealthCheckResponse::UNKNOWN);
    EXPECT_EQ(watch->stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  }
  HealthCheckResponse response;
  EXPECT_TRUE(Check("a.Service", &response).ok());
  EXPECT_EQ(response.status(), HealthCheckResponse::NOT_SERVING);
}

TEST_F(HealthServiceTest, TellsAWatchThatBeginsAfterTheDrain) {
  service_.Drain();
  const auto watch = Watch("a.Service");
  EXPECT_EQ(watch->Next(), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(watch->stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(HealthServiceTest, KeepsAWatchOfWhatItDoesNotKnow) {
  const auto watch = Watch("c.Service");
  EXPECT_EQ(watch->Next(), HealthCheckResponse::SERVICE_UNKNOWN);
  service_.Drain();
  EXPECT_EQ(watch->Next(), HealthCheckResponse::UNKNOWN);
  EXPECT_EQ(watch->stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(HealthServiceTest, ForgetsAWatchThatItsCallerLeaves) {
  const auto watch = Watch("a.Service");
  EXPECT_EQ(watch->Next(), HealthCheckResponse::SERVING);
  watch->context.TryCancel();
  EXPECT_EQ(watch->stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  server_->Shutdown();  // returns once no call is left
}

TEST_F(HealthServiceTest, ADrainAmongCallersWhoComeAndGoLeavesNoCall) {
  for (int round = 0; round < 50; ++round) {
    std::vector<std::unique_ptr<Watching>> watches;
    for (int i = 0; i < 4; ++i) watches.push_back(Watch("a.Service"));
    if (round % 2 == 0) {
      EXPECT_NE(watches[0]->Next(), HealthCheckResponse::UNKNOWN);
    }
    if (round == 25) service_.Drain();
    for (const auto& watch : watches) watch->context.TryCancel();
    for (const auto& watch : watches) watch->stream->Finish();
  }
  server_->Shutdown();
}

}  // namespace
}  // namespace gatehouse
