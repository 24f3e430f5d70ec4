// The load generator against servers that misbehave, each for a moment.
#include "tests/benchmark/load_generator.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gatehouse/v1/login_service.grpc.pb.h"

namespace gatehouse::benchmark {
namespace {

LoadTarget On(int port) { return {.address = absl::StrCat("127.0.0.1:", port)}; }

LoadOptions ShortLoad(int port) {
  return {.target = On(port),
          .population = {.users = 40, .domains = 4},
          .clients = 3,
          .threads = 2,
          .warmup = absl::Milliseconds(100),
          .duration = absl::Milliseconds(500),
          .server_pid = getpid()};
}

v1::Verdict VerdictOn(const std::string& email) {
  return Population::IsEnforced(email) ? v1::VERDICT_REQUIRE_SSO : v1::VERDICT_ALLOW_PASSWORD;
}

// Answers in turn; one call in the middle holds up all others.
class StallingService final : public v1::LoginService::Service {
 public:
  StallingService(int stalled_call, absl::Duration stall)
      : stalled_call_(stalled_call), stall_(stall) {}

  grpc::Status CheckLogin(grpc::ServerContext*, const v1::CheckLoginRequest* request,
                          v1::CheckLoginResponse* response) override {
    std::lock_guard<std::mutex> lock(mutex_);
    if (++calls_ == stalled_call_) std::this_thread::sleep_for(absl::ToChronoNanoseconds(stall_));
    response->set_verdict(VerdictOn(request->email()));
    return grpc::Status::OK;
  }

 private:
  const int stalled_call_;
  const absl::Duration stall_;
  std::mutex mutex_;
  int calls_ = 0;
};

struct Listening {
  explicit Listening(grpc::Service* service) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service);
    server = builder.BuildAndStart();
  }
  ~Listening() { server->Shutdown(std::chrono::system_clock::now()); }

  int port = 0;
  std::unique_ptr<grpc::Server> server;
};

TEST(LoadGenerator, LetsEveryCallThatWasDueInAStallFeelIt) {
  StallingService service(/*stalled_call=*/50, /*stall=*/absl::Milliseconds(400));
  Listening server(&service);
  LoadOptions options = ShortLoad(server.port);
  options.warmup = absl::ZeroDuration();
  options.duration = absl::Seconds(1);
  const absl::StatusOr<LoadResult> result = RunOpenLoop(options, 200);
  ASSERT_TRUE(result.ok()) << result.status();
  // Of about 200 calls, 40 were due in the first half of the stall, and so
  // waited for more than its second half. A closed loop would see a handful.
  EXPECT_GE(result->latency.Quantile(0.9), absl::Milliseconds(200));
  EXPECT_GE(result->latency.max(), absl::Milliseconds(390));
}

TEST(LoadGenerator, ShowsARateAboveTheCapacityAsLatencyAndTooFewCalls) {
  class Slow final : public v1::LoginService::Service {
    grpc::Status CheckLogin(grpc::ServerContext*, const v1::CheckLoginRequest* request,
                            v1::CheckLoginResponse* response) override {
      std::lock_guard<std::mutex> lock(mutex_);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      response->set_verdict(VerdictOn(request->email()));
      return grpc::Status::OK;
    }
    std::mutex mutex_;
  } service;  // at most 500 a second
  Listening server(&service);
  LoadOptions options = ShortLoad(server.port);
  options.warmup = absl::ZeroDuration();
  const absl::StatusOr<LoadResult> result = RunOpenLoop(options, 1000);
  ASSERT_TRUE(result.ok()) << result.status();
  // About 500 were due in half a second, which last a second.
  EXPECT_LE(result->calls, 250);
  EXPECT_GE(result->latency.count(), 400);
  EXPECT_GE(result->latency.Quantile(0.99), absl::Milliseconds(300));
}

TEST(LoadGenerator, HasNoFiguresIfAnAnswerIsWrong) {
  class Permissive final : public v1::LoginService::Service {
    grpc::Status CheckLogin(grpc::ServerContext*, const v1::CheckLoginRequest*,
                            v1::CheckLoginResponse* response) override {
      response->set_verdict(v1::VERDICT_ALLOW_PASSWORD);
      return grpc::Status::OK;
    }
  } service;
  Listening server(&service);
  const auto closed = RunClosedLoop(ShortLoad(server.port), 4);
  EXPECT_EQ(closed.status().code(), absl::StatusCode::kAborted) << closed.status();
  const auto open = RunOpenLoop(ShortLoad(server.port), 200);
  EXPECT_EQ(open.status().code(), absl::StatusCode::kAborted) << open.status();
}

TEST(LoadGenerator, HasNoFiguresIfACallFails) {
  v1::LoginService::Service unimplemented;
  Listening server(&unimplemented);
  const auto result = RunClosedLoop(ShortLoad(server.port), 4);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kAborted) << result.status();
}

// Right answers, at once.
class RightService : public v1::LoginService::Service {
 public:
  grpc::Status CheckLogin(grpc::ServerContext*, const v1::CheckLoginRequest* request,
                          v1::CheckLoginResponse* response) override {
    response->set_verdict(VerdictOn(request->email()));
    return grpc::Status::OK;
  }
  grpc::Status BatchCheckLogin(grpc::ServerContext*, const v1::BatchCheckLoginRequest* request,
                               v1::BatchCheckLoginResponse* response) override {
    for (const std::string& email : request->emails()) {
      response->add_results()->mutable_decision()->set_verdict(VerdictOn(email));
    }
    return grpc::Status::OK;
  }
};

TEST(LoadGenerator, CountsTheAddressesOfBatches) {
  RightService service;
  Listening server(&service);
  LoadOptions options = ShortLoad(server.port);
  options.addresses_per_call = 7;
  const auto result = RunClosedLoop(options, 2);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->addresses, 7 * result->calls);
}

TEST(LoadGenerator, HasNoFiguresIfOneAddressOfABatchIsAnsweredWronglyOrNotAtAll) {
  class OneWrong final : public RightService {
   public:
    explicit OneWrong(bool leave_out) : leave_out_(leave_out) {}
    grpc::Status BatchCheckLogin(grpc::ServerContext* context,
                                 const v1::BatchCheckLoginRequest* request,
                                 v1::BatchCheckLoginResponse* response) override {
      RightService::BatchCheckLogin(context, request, response);
      if (leave_out_) {
        response->mutable_results()->RemoveLast();
      } else {
        response->mutable_results(request->emails_size() - 1)
            ->mutable_decision()
            ->set_verdict(v1::VERDICT_DENY);
      }
      return grpc::Status::OK;
    }

   private:
    const bool leave_out_;
  };
  for (bool leave_out : {false, true}) {
    OneWrong service(leave_out);
    Listening server(&service);
    LoadOptions options = ShortLoad(server.port);
    options.addresses_per_call = 7;
    const auto result = RunClosedLoop(options, 2);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kAborted) << result.status();
  }
}

TEST(LoadGenerator, ShowsItsTokenWithEveryCall) {
  class WithToken final : public RightService {
    grpc::Status CheckLogin(grpc::ServerContext* context, const v1::CheckLoginRequest* request,
                            v1::CheckLoginResponse* response) override {
      const auto& metadata = context->client_metadata();
      const auto found = metadata.find("authorization");
      if (found == metadata.end() || found->second != "Bearer sesame") {
        return {grpc::StatusCode::UNAUTHENTICATED, "no token"};
      }
      return RightService::CheckLogin(context, request, response);
    }
  } service;
  Listening server(&service);
  LoadOptions options = ShortLoad(server.port);
  EXPECT_EQ(RunClosedLoop(options, 2).status().code(), absl::StatusCode::kAborted);
  options.target.token = "sesame";
  const auto result = RunClosedLoop(options, 2);
  EXPECT_TRUE(result.ok()) << result.status();
}

TEST(LoadGenerator, EndsEarlyWhenToldAndHasItsFiguresUpToThen) {
  class StoppingService final : public RightService {
   public:
    std::atomic<bool> counting{false};
    std::atomic<bool> stop{false};

   private:
    grpc::Status CheckLogin(grpc::ServerContext* context, const v1::CheckLoginRequest* request,
                            v1::CheckLoginResponse* response) override {
      if (counting && ++calls_ == 30) stop = true;
      return RightService::CheckLogin(context, request, response);
    }
    std::atomic<int> calls_{0};
  } service;
  Listening server(&service);
  LoadOptions options = ShortLoad(server.port);
  options.duration = absl::Hours(1);
  options.stop = &service.stop;
  const auto result = RunOpenLoop(options, 200, [&service] { service.counting = true; });
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_LT(result->elapsed, absl::Minutes(10));
  EXPECT_GT(result->latency.count(), 0);
}

TEST(LoadGenerator, AwaitsTheFirstAnswerOfAServerThatIsBeingStarted) {
  class LateService final : public RightService {
    grpc::Status CheckLogin(grpc::ServerContext* context, const v1::CheckLoginRequest* request,
                            v1::CheckLoginResponse* response) override {
      if (++calls_ < 3) return {grpc::StatusCode::UNAVAILABLE, "not yet"};
      return RightService::CheckLogin(context, request, response);
    }
    std::atomic<int> calls_{0};
  } service;
  Listening server(&service);
  const Population population{.users = 40, .domains = 4};
  EXPECT_EQ(AwaitAnswer(On(server.port), population, absl::Seconds(30)), absl::OkStatus());
  v1::LoginService::Service unimplemented;
  Listening broken(&unimplemented);
  EXPECT_EQ(AwaitAnswer(On(broken.port), population, absl::Seconds(30)).code(),
            absl::StatusCode::kAborted);
}

}  // namespace
}  // namespace gatehouse::benchmark
