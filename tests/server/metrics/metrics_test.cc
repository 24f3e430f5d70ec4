
#include <unistd.h>

#include <ctime>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/metrics/call_metrics.h"
#include "server/metrics/decision_metrics.h"
#include "server/metrics/policy_metrics.h"
#include "server/metrics/process_metrics.h"
#include "server/metrics/prometheus_endpoint.h"
#include "server/metrics/store_metrics.h"
#include "storage/memory_engine.h"
#include "storage/rocksdb_engine.h"
#include "tests/builders/stored_organization.h"
#include "tests/fakes/failing_engine.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/recording_logger.h"
#include "tests/server/metrics/scrape.h"
#include "tests/storage/scoped_directory.h"

namespace gatehouse {
namespace {

// "name{a=1,b=2}" of every series, with its value.
std::vector<std::string> Series(const std::vector<MetricFamily>& families,
                                const std::string& name) {
  std::vector<std::string> series;
  for (const MetricFamily& family : families) {
    if (family.name != name) continue;
    for (const MetricSample& sample : family.samples) {
      std::string text;
      for (const auto& [label, value] : sample.labels) {
        absl::StrAppend(&text, text.empty() ? "" : ",", label, "=", value);
      }
      series.push_back(absl::StrCat(text, " ", sample.value));
    }
  }
  return series;
}

TEST(CallMetrics, CountsCallsOfManyThreadsByMethodCodeAndTime) {
  CallMetrics metrics({"gatehouse.v1.DomainService/GetDomain", "grpc.health.v1.Health/Check"});
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        metrics.Started("DomainService/GetDomain");
        metrics.Handled("DomainService/GetDomain",
                        i % 10 == 0 ? absl::StatusCode::kNotFound : absl::StatusCode::kOk,
                        absl::Milliseconds(i % 2 == 0 ? 1 : 20));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  metrics.Started("NoService/NoMethod");
  metrics.Handled("NoService/NoMethod", absl::StatusCode::kOk, absl::Seconds(1));

  const auto families = metrics.Collect();
  const std::string method = "grpc_service=gatehouse.v1.DomainService,grpc_method=GetDomain";
  const std::string health = "grpc_service=grpc.health.v1.Health,grpc_method=Check";
  EXPECT_EQ(Series(families, "grpc_server_started_total"),
            (std::vector<std::string>{method + " 8000", health + " 0"}));
  EXPECT_EQ(
      Series(families, "grpc_server_handled_total"),
      (std::vector<std::string>{method + ",grpc_code=OK 7200", method + ",grpc_code=NotFound 800",
                                health + ",grpc_code=OK 0"}));
  const MetricSample& time = families[2].samples[0];
  EXPECT_EQ(families[2].name, "grpc_server_handling_seconds");
  EXPECT_EQ(time.count, 8000u);
  EXPECT_NEAR(time.sum, 4000 * 0.001 + 4000 * 0.020, 1e-6);
  for (const auto& [bound, count] : time.buckets) {
    EXPECT_EQ(count, bound < 0.001 ? 0u : bound < 0.020 ? 4000u : 8000u) << bound;
  }
}

TEST(DecisionMetrics, TellVerdictObservedVerdictAndReasonApart) {
  DecisionMetrics metrics;
  Decision decision;
  decision.verdict = Verdict::kRequireSso;
  decision.reason = DecisionReason::kEnforced;
  metrics.Count(decision);
  metrics.Count(decision);
  decision.verdict = Verdict::kAllowPassword;
  decision.observed_verdict = Verdict::kRequireSso;
  metrics.Count(decision);
  EXPECT_EQ(Series(metrics.Collect(), "gatehouse_decisions_total"),
            (std::vector<std::string>{
                "verdict=ALLOW_PASSWORD,observed_verdict=REQUIRE_SSO,reason=ENFORCED 1",
                "verdict=REQUIRE_SSO,observed_verdict=,reason=ENFORCED 2"}));
}

TEST(PolicyMetrics, CountsWhatOrganizationsHaveSetUp) {
  storage::FailingEngine engine(storage::NewMemoryEngine());
  storage::TransactionRunner runner(&engine);
  FakeClock clock;
  RecordingLogger logger;
  StoredOrganization acme(&runner, "acme");
  acme.Hold("acme.test").Hold("old.test", DomainState::kExpired).Enforce("acme.test");
  const User root = acme.Add({.email = "root@acme.test", .role = Role::kOwner});
  const User past = acme.Add({.email = "past@acme.test"});
  acme.Exempt(root, ExemptionKind::kBreakGlass);
  acme.Exempt(past, ExemptionKind::kServiceAccount, clock.Now() - absl::Hours(1));
  StoredOrganization other(&runner, "other");

  PolicyMetrics metrics(&engine, &clock, &logger);
  auto families = metrics.Collect();
  EXPECT_EQ(Series(families, "gatehouse_organizations"), (std::vector<std::string>{" 2"}));
  EXPECT_EQ(Series(families, "gatehouse_domains"),
            (std::vector<std::string>{"state=PENDING 0", "state=VERIFIED 1", "state=AT_RISK 0",
                                      "state=EXPIRED 1"}));
  EXPECT_EQ(
      Series(families, "gatehouse_enforcements"),
      (std::vector<std::string>{"mode=ENFORCE,paused=false 1", "mode=ENFORCE,paused=true 0",
                                "mode=OBSERVE,paused=false 0", "mode=OBSERVE,paused=true 0"}));
  EXPECT_EQ(Series(families, "gatehouse_exemptions"),
            (std::vector<std::string>{"kind=TRIGGERING_ADMIN 0", "kind=BREAK_GLASS 1",
                                      "kind=SERVICE_ACCOUNT 0"}));

  EXPECT_EQ(Series(families, "gatehouse_staged_profiles"), (std::vector<std::string>{" 0"}));

  // Kept for a minute, and read anew after it.
  acme.Hold("new.test");
  EXPECT_EQ(Series(metrics.Collect(), "gatehouse_domains")[1], "state=VERIFIED 1");
  clock.Advance(PolicyMetrics::kMaxAge);
  EXPECT_EQ(Series(metrics.Collect(), "gatehouse_domains")[1], "state=VERIFIED 2");

  // A store that cannot be read gives no numbers rather than wrong ones.
  clock.Advance(PolicyMetrics::kMaxAge);
  engine.FailAlways(storage::FailingEngine::Method::kNewSnapshot, absl::UnavailableError("broken"));
  EXPECT_TRUE(metrics.Collect().empty());
  EXPECT_EQ(logger.Take().size(), 1u);
}

// The only sample of a family; a failure if it has not one.
MetricSample Only(const std::vector<MetricFamily>& families, const std::string& name) {
  for (const MetricFamily& family : families) {
    if (family.name == name && family.samples.size() == 1) return family.samples[0];
  }
  ADD_FAILURE() << name << " has not one sample";
  return {};
}

TEST(StoreMetrics, TellWhatAnEngineWithoutFilesHas) {
  const auto engine = storage::NewMemoryEngine();
  StoreMetrics metrics(engine.get());
  EXPECT_EQ(Only(metrics.Collect(), "gatehouse_store_commit_seconds").count, 0u);
  ASSERT_TRUE(engine->Commit({{}, {{"key", "value"}, {"other", ""}}}).ok());
  const auto snapshot = *engine->NewSnapshot();
  const auto families = metrics.Collect();
  EXPECT_EQ(families.size(), 4u);
  EXPECT_EQ(Only(families, "gatehouse_store_commit_seconds").count, 1u);
  EXPECT_EQ(Only(families, "gatehouse_store_keys").value, 2);
  EXPECT_EQ(Only(families, "gatehouse_store_live_bytes").value, 13);
  EXPECT_EQ(Only(families, "gatehouse_store_snapshots").value, 1);
}

TEST(StoreMetrics, TellFilesSyncsAndBackgroundWork) {
  const storage::ScopedDirectory directory;
  auto engine = storage::OpenRocksDbEngine(
      {.directory = std::string(directory / "store"), .block_cache_bytes = 7 << 20});
  ASSERT_TRUE(engine.ok()) << engine.status();
  ASSERT_TRUE((*engine)->Commit({{}, {{"key", std::string(100'000, 'v')}}}).ok());
  StoreMetrics metrics(engine->get());
  const auto families = metrics.Collect();
  EXPECT_EQ(families.size(), 23u);
  for (const MetricFamily& family : families) {
    EXPECT_EQ(family.name.rfind("gatehouse_store_", 0), 0u) << family.name;
    EXPECT_FALSE(family.help.empty()) << family.name;
    EXPECT_EQ(family.type == MetricFamily::Type::kCounter, absl::EndsWith(family.name, "_total"));
    EXPECT_FALSE(family.samples.empty()) << family.name;
    if (family.name != "gatehouse_store_sync_seconds") continue;
    ASSERT_EQ(family.samples.size(), 2u);
    EXPECT_EQ(family.samples[0].count, 1u);
    EXPECT_EQ(family.samples[1].count, 1u);
  }
  EXPECT_EQ(Only(families, "gatehouse_store_cache_capacity_bytes").value, 7 << 20);
  EXPECT_GE(Only(families, "gatehouse_store_memtable_bytes").value, 100'000);
  EXPECT_EQ(Series(families, "gatehouse_store_write_stalls_total"),
            (std::vector<std::string>{"kind=delay 0", "kind=stop 0"}));
}

TEST(ProcessMetrics, TellOfThisProcess) {
  ProcessMetrics metrics;
  const auto before = metrics.Collect();
  EXPECT_GT(Only(before, "process_resident_memory_bytes").value, 1 << 20);
  EXPECT_GT(Only(before, "process_virtual_memory_bytes").value,
            Only(before, "process_resident_memory_bytes").value);
  EXPECT_GE(Only(before, "process_cpu_seconds_total").value, 0);
  EXPECT_GE(Only(before, "process_threads").value, 1);
  EXPECT_GT(Only(before, "process_max_fds").value, 3);
  const double started = Only(before, "process_start_time_seconds").value;
  EXPECT_LE(started, static_cast<double>(time(nullptr)) + 2);
  EXPECT_GT(started, static_cast<double>(time(nullptr)) - 3600);

  const int file = dup(0);
  std::thread thread([&] {
    const auto now = metrics.Collect();
    EXPECT_EQ(Only(now, "process_open_fds").value, Only(before, "process_open_fds").value + 1);
    EXPECT_EQ(Only(now, "process_threads").value, Only(before, "process_threads").value + 1);
  });
  thread.join();
  close(file);
}

TEST(PrometheusEndpoint, AnswersAScraper) {
  CallMetrics calls({"gatehouse.v1.DomainService/GetDomain"});
  calls.Started("DomainService/GetDomain");
  calls.Handled("DomainService/GetDomain", absl::StatusCode::kOk, absl::Milliseconds(2));
  DecisionMetrics decisions;
  const auto endpoint = PrometheusEndpoint::Start("127.0.0.1:0", {&calls, &decisions});
  ASSERT_TRUE(endpoint.ok()) << endpoint.status();
  const std::string answer = Scrape((*endpoint)->port());
  for (const char* line : {"HTTP/1.1 200 OK", "# TYPE grpc_server_handled_total counter",
                           "grpc_server_handled_total{grpc_service=\"gatehouse.v1.DomainService\","
                           "grpc_method=\"GetDomain\",grpc_code=\"OK\"} 1",
                           "# TYPE grpc_server_handling_seconds histogram", "le=\"+Inf\"} 1"}) {
    EXPECT_TRUE(absl::StrContains(answer, line)) << line << "\n" << answer;
  }

  const auto second =
      PrometheusEndpoint::Start(absl::StrCat("127.0.0.1:", (*endpoint)->port()), {&calls});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace gatehouse
