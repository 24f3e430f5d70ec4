// The benchmark measures what it says: on a small population, for a moment.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "server/assembly/gatehouse_server.h"
#include "server/connectors/cares_txt_resolver.h"
#include "server/connectors/psl_public_suffix_list.h"
#include "server/connectors/saml_xmlsec_connector.h"
#include "server/runtime/json_logger.h"
#include "storage/memory_engine.h"
#include "storage/rocksdb_engine.h"
#include "storage/secrets/key_ring.h"
#include "tests/benchmark/enforce_cycles.h"
#include "tests/benchmark/floor_server.h"
#include "tests/benchmark/load_generator.h"
#include "tests/benchmark/populate_store.h"
#include "tests/builders/test_certificates.h"
#include "tests/storage/scoped_directory.h"

namespace gatehouse::benchmark {
namespace {

constexpr Population kPopulation{.users = 40, .domains = 4, .max_organizations = 2};
constexpr Population kSmall{.users = 12, .domains = 2, .first_domain = 4};

LoadOptions ShortLoad(const LoadTarget& target) {
  return {.target = target,
          .population = kPopulation,
          .clients = 3,
          .threads = 2,
          .warmup = absl::Milliseconds(100),
          .duration = absl::Milliseconds(300),
          .server_pid = getpid()};
}

LoadTarget On(int port) { return {.address = absl::StrCat("127.0.0.1:", port)}; }

std::unique_ptr<storage::SecretBox> SecretsOf(const std::string& directory) {
  return std::move(
      storage::LoadOrCreateKeyRing({.file = absl::StrCat(directory, "/key-ring")})->box);
}

std::string ContentOf(const std::string& file) {
  std::ostringstream content;
  content << std::ifstream(file).rdbuf();
  return content.str();
}

// One populated store for all tests; each starts its own server on it.
class BenchmarkTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    directory_ = new storage::ScopedDirectory();
    for (const Population& population : {kPopulation, kSmall}) {
      auto engine = storage::OpenRocksDbEngine({.directory = Directory(), .sync = false});
      ASSERT_TRUE(engine.ok()) << engine.status();
      ASSERT_EQ(PopulateStore(population, *std::move(engine), SecretsOf(Directory())),
                absl::OkStatus());
    }
  }
  static void TearDownTestSuite() {
    delete directory_;
    directory_ = nullptr;
  }
  static std::string Directory() { return directory_->string(); }

  static std::unique_ptr<GatehouseServer> StartServer(const GatehouseServerOptions& options) {
    Implementations made_of;
    made_of.engine = *storage::OpenRocksDbEngine({.directory = Directory()});
    made_of.resolver = *NewCaresTxtResolver({});
    made_of.public_suffixes = *NewPslPublicSuffixList("");
    made_of.saml = NewXmlsecSamlConnector();
    made_of.secrets = SecretsOf(Directory());
    made_of.clock = std::make_unique<SystemClock>();
    made_of.random = std::make_unique<SystemRandomSource>();
    made_of.logger = NewJsonLogger(LogLevel::kError);
    return *GatehouseServer::Start(options, std::move(made_of));
  }
  static GatehouseServerOptions Open() { return {.access = {.authentication = false}}; }

  static FloorOptions FloorLike(GatehouseServer& server) {
    FloorOptions floor;
    auto answers = RecordAnswers(On(server.port()), kPopulation);
    EXPECT_TRUE(answers.ok()) << answers.status();
    if (answers.ok()) floor.answers = *std::move(answers);
    return floor;
  }

 private:
  static storage::ScopedDirectory* directory_;
};

storage::ScopedDirectory* BenchmarkTest::directory_ = nullptr;

TEST_F(BenchmarkTest, GatehouseAndBothFloorsGiveTheSameAnswersUnderLoad) {
  auto gatehouse = StartServer(Open());
  const auto measured = RunClosedLoop(ShortLoad(On(gatehouse->port())), 4);
  ASSERT_TRUE(measured.ok()) << measured.status();
  EXPECT_GT(measured->calls, 0);
  EXPECT_EQ(measured->addresses, measured->calls);
  EXPECT_GT(measured->latency.count(), 0);
  EXPECT_GT(measured->server_cpu, absl::ZeroDuration());

  const FloorOptions floor = FloorLike(*gatehouse);
  ASSERT_EQ(floor.answers.results_size(), 2);
  EXPECT_FALSE(floor.answers.results(0).decision().sso().sign_in_url().empty());
  for (const auto& start : {StartCallbackFloor, StartAsyncFloor}) {
    auto server = start(floor);
    ASSERT_TRUE(server.ok()) << server.status();
    const auto closed = RunClosedLoop(ShortLoad(On((*server)->port())), 4);
    ASSERT_TRUE(closed.ok()) << closed.status();
    EXPECT_NEAR(closed->answer_bytes.value() / measured->answer_bytes.value(), 1, 0.02);
    const auto open = RunOpenLoop(ShortLoad(On((*server)->port())), 200);
    EXPECT_TRUE(open.ok()) << open.status();
  }
}

TEST_F(BenchmarkTest, GatehouseAnswersBatchesUnderLoad) {
  auto gatehouse = StartServer(Open());
  LoadOptions options = ShortLoad(On(gatehouse->port()));
  options.addresses_per_call = 100;
  const auto measured = RunClosedLoop(options, 4);
  ASSERT_TRUE(measured.ok()) << measured.status();
  EXPECT_EQ(measured->addresses, 100 * measured->calls);
}

TEST_F(BenchmarkTest, GatehouseAndTheFloorServeTheSameTls) {
  const storage::ScopedDirectory files;
  const TestAuthority authority;
  const TestCertificate certificate = authority.Issue({.dns = {"localhost"}});
  const CertificateFiles tls{.certificate = files / "tls.crt", .key = files / "tls.key"};
  std::ofstream(tls.certificate) << certificate.certificate_pem;
  std::ofstream(tls.key) << certificate.key_pem;
  GatehouseServerOptions options = Open();
  FloorOptions floor = FloorLike(*StartServer(options));
  options.tls = tls;
  floor.tls = tls;
  auto gatehouse = StartServer(options);
  auto floor_server = StartCallbackFloor(floor);
  ASSERT_TRUE(floor_server.ok()) << floor_server.status();
  for (int port : {gatehouse->port(), (*floor_server)->port()}) {
    LoadTarget target{.address = absl::StrCat("localhost:", port),
                      .ca_pem = authority.certificate_pem()};
    const auto measured = RunClosedLoop(ShortLoad(target), 4);
    EXPECT_TRUE(measured.ok()) << measured.status();
    target.ca_pem.clear();
    EXPECT_FALSE(RunClosedLoop(ShortLoad(target), 4).ok()) << "it speaks plain text";
  }
}

TEST_F(BenchmarkTest, GatehouseAsksForTheTokenThatTheLoadShows) {
  const storage::ScopedDirectory files;
  GatehouseServerOptions options;
  options.access.operator_token_file = files / "operator.token";
  auto gatehouse = StartServer(options);
  LoadTarget target = On(gatehouse->port());
  EXPECT_EQ(RunClosedLoop(ShortLoad(target), 4).status().code(), absl::StatusCode::kAborted);
  target.token =
      std::string(absl::StripAsciiWhitespace(ContentOf(options.access.operator_token_file)));
  const auto measured = RunClosedLoop(ShortLoad(target), 4);
  EXPECT_TRUE(measured.ok()) << measured.status();
}

TEST_F(BenchmarkTest, CyclesOfEnforcingEndAsTheyBegan) {
  auto gatehouse = StartServer(Open());
  const LoadTarget target = On(gatehouse->port());
  const auto times = RunEnforceCycles(target, {kPopulation, kSmall}, 3);
  ASSERT_TRUE(times.ok()) << times.status();
  ASSERT_EQ(times->size(), 2);
  for (const EnforceTimes& domain : *times) {
    for (const auto& steps : {domain.release, domain.plan, domain.enforce}) {
      ASSERT_EQ(steps.size(), 3);
      for (absl::Duration step : steps) EXPECT_GT(step, absl::ZeroDuration());
    }
  }
  // The verdicts are those of a population that is enforced.
  const auto measured = RunClosedLoop(ShortLoad(target), 4);
  EXPECT_TRUE(measured.ok()) << measured.status();
}

TEST_F(BenchmarkTest, CyclesOfEnforcingFailOnADomainWithOtherUsersThanExpected) {
  auto gatehouse = StartServer(Open());
  Population larger = kSmall;
  larger.users += kSmall.domains;
  EXPECT_EQ(RunEnforceCycles(On(gatehouse->port()), {larger}, 1).status().code(),
            absl::StatusCode::kAborted);
}

TEST(PopulateStore, RefusesPopulationsThatAreNone) {
  for (const Population& population : std::vector<Population>{
           {.users = 40, .domains = 3},
           {.users = 4, .domains = 4},
           {.users = 40, .domains = 0},
           {.users = 100'000'000, .domains = 4},
           {.users = 40, .domains = 4, .first_domain = 1},
           {.users = 40, .domains = 4, .first_domain = -2},
           {.users = 40, .domains = 4, .first_domain = 99'998},
           {.users = 40, .domains = 4, .max_organizations = 3},
           {.users = 40, .domains = 4, .max_organizations = 0},
       }) {
    EXPECT_EQ(PopulateStore(population, storage::NewMemoryEngine(), nullptr).code(),
              absl::StatusCode::kInvalidArgument)
        << population.users << " on " << population.domains << " from " << population.first_domain;
  }
}

}  // namespace
}  // namespace gatehouse::benchmark
