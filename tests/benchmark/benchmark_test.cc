// The benchmark measures what it says: on a small population, for a moment.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gatehouse/v1/login_service.grpc.pb.h"
#include "server/assembly/gatehouse_server.h"
#include "server/connectors/cares_txt_resolver.h"
#include "server/connectors/psl_public_suffix_list.h"
#include "server/connectors/saml_xmlsec_connector.h"
#include "server/runtime/json_logger.h"
#include "storage/memory_engine.h"
#include "storage/rocksdb_engine.h"
#include "storage/secrets/key_ring.h"
#include "tests/benchmark/floor_server.h"
#include "tests/benchmark/load_generator.h"
#include "tests/benchmark/populate_store.h"
#include "tests/storage/scoped_directory.h"

namespace gatehouse::benchmark {
namespace {

constexpr Population kPopulation{.users = 40, .domains = 4};

LoadOptions ShortLoad(int port) {
  return {.target = absl::StrCat("127.0.0.1:", port),
          .population = kPopulation,
          .clients = 3,
          .threads = 2,
          .warmup = absl::Milliseconds(100),
          .duration = absl::Milliseconds(500),
          .server_pid = getpid()};
}

std::unique_ptr<storage::SecretBox> SecretsOf(const std::string& directory) {
  return std::move(
      storage::LoadOrCreateKeyRing({.file = absl::StrCat(directory, "/key-ring")})->box);
}

std::unique_ptr<GatehouseServer> StartOn(const std::string& directory) {
  Implementations made_of;
  made_of.engine = *storage::OpenRocksDbEngine({.directory = directory});
  made_of.resolver = *NewCaresTxtResolver({});
  made_of.public_suffixes = *NewPslPublicSuffixList("");
  made_of.saml = NewXmlsecSamlConnector();
  made_of.secrets = SecretsOf(directory);
  made_of.clock = std::make_unique<SystemClock>();
  made_of.random = std::make_unique<SystemRandomSource>();
  made_of.logger = NewJsonLogger(LogLevel::kError);
  return *GatehouseServer::Start({.access = {.authentication = false}}, std::move(made_of));
}

TEST(Benchmark, GatehouseAndBothFloorsGiveTheSameAnswersUnderLoad) {
  storage::ScopedDirectory directory;
  ASSERT_EQ(
      PopulateStore(kPopulation, *storage::OpenRocksDbEngine({.directory = directory.string()}),
                    SecretsOf(directory.string())),
      absl::OkStatus());
  auto gatehouse = StartOn(directory.string());
  const absl::StatusOr<LoadResult> measured = RunClosedLoop(ShortLoad(gatehouse->port()), 4);
  ASSERT_TRUE(measured.ok()) << measured.status();
  EXPECT_GT(measured->calls, 0);
  EXPECT_GT(measured->latency.count(), 0);
  EXPECT_GT(measured->server_cpu, absl::ZeroDuration());

  FloorOptions floor;
  auto answers = RecordAnswers(absl::StrCat("127.0.0.1:", gatehouse->port()), kPopulation);
  ASSERT_TRUE(answers.ok()) << answers.status();
  floor.answers = *std::move(answers);
  EXPECT_FALSE(floor.answers.results(0).decision().sso().sign_in_url().empty());
  for (const auto& start : {StartCallbackFloor, StartAsyncFloor}) {
    auto server = start(floor);
    ASSERT_TRUE(server.ok()) << server.status();
    const auto closed = RunClosedLoop(ShortLoad((*server)->port()), 4);
    EXPECT_TRUE(closed.ok()) << closed.status();
    const auto open = RunOpenLoop(ShortLoad((*server)->port()), 200);
    EXPECT_TRUE(open.ok()) << open.status();
  }
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
    response->set_verdict(Population::IsEnforced(request->email()) ? v1::VERDICT_REQUIRE_SSO
                                                                   : v1::VERDICT_ALLOW_PASSWORD);
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
      response->set_verdict(Population::IsEnforced(request->email()) ? v1::VERDICT_REQUIRE_SSO
                                                                     : v1::VERDICT_ALLOW_PASSWORD);
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

TEST(PopulateStore, RefusesPopulationsThatAreNone) {
  for (const Population& population :
       {Population{.users = 40, .domains = 3}, Population{.users = 4, .domains = 4},
        Population{.users = 40, .domains = 0}, Population{.users = 100'000'000, .domains = 4}}) {
    EXPECT_EQ(PopulateStore(population, storage::NewMemoryEngine(), nullptr).code(),
              absl::StatusCode::kInvalidArgument)
        << population.users << " on " << population.domains;
  }
}

}  // namespace
}  // namespace gatehouse::benchmark
