#include "server/managers/decision_counters.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/managers/enforcement_test_world.h"

namespace gatehouse {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// EnforcementTestWorld with acme.test enforced, whose checks are counted.
struct CountersTestWorld : EnforcementTestWorld {
  CountersTestWorld() { acme.Enforce("acme.test"); }

  DecisionCounters counters{context};
  LoginManager counted{&source, &clock, absl::Seconds(30), &counters};

  void CheckCounted(const std::string& email) {
    EXPECT_TRUE(counted
                    .Check(ParseEmail(email), LoginAction::kSignIn, 0,
                           [](const LoginAnswer&, storage::Revision) {})
                    .ok());
  }
  Enforcement Current() {
    auto reader = *storage::SnapshotReader::Open(engine);
    auto found = storage::EnforcementStore::Find(reader, acme.id(), ParseDomain("acme.test"));
    EXPECT_TRUE(found.ok() && *found);
    return (*found)->value;
  }
  std::vector<storage::DecisionCount> Counts() {
    auto counts = counters.CountsOf(Current());
    EXPECT_TRUE(counts.ok()) << counts.status();
    return counts.value_or(std::vector<storage::DecisionCount>());
  }
  // "REASON VERDICT OBSERVED=count" each.
  std::vector<std::string> Lines() {
    std::vector<std::string> lines;
    for (const auto& count : Counts()) {
      lines.push_back(absl::StrCat(Name(count.reason), " ", Name(count.verdict), " ",
                                   count.observed_verdict ? Name(*count.observed_verdict) : "-",
                                   "=", count.count));
    }
    return lines;
  }
};

TEST(DecisionCounters, CountByReasonAndVerdict) {
  CountersTestWorld world;
  world.CheckCounted("eve@acme.test");
  world.CheckCounted("eve@acme.test");
  world.CheckCounted("nobody@acme.test");
  EXPECT_THAT(world.Lines(), testing::ElementsAre("ENFORCED REQUIRE_SSO -=2",
                                                  "UNMANAGED_ADDRESS ALLOW_PASSWORD -=1"));
}

TEST(DecisionCounters, CountWhatObserveWouldDo) {
  CountersTestWorld world;
  world.acme.Enforce("acme.test", EnforcementMode::kObserve);
  world.CheckCounted("eve@acme.test");
  EXPECT_THAT(world.Lines(), testing::ElementsAre("ENFORCED ALLOW_PASSWORD REQUIRE_SSO=1"));
}

TEST(DecisionCounters, CountNothingWithoutAnEnforcement) {
  CountersTestWorld world;
  world.acme.Hold("free.test");
  const storage::Revision before = world.engine.revision();
  world.CheckCounted("somebody@free.test");
  world.CheckCounted("con@elsewhere.test");
  EXPECT_TRUE(world.counters.Flush().ok());
  EXPECT_EQ(world.engine.revision(), before) << "there was nothing to write";
}

TEST(DecisionCounters, AddUpInTheStoreAndSurviveTheirMaker) {
  CountersTestWorld world;
  world.CheckCounted("eve@acme.test");
  ASSERT_TRUE(world.counters.Flush().ok());
  world.CheckCounted("eve@acme.test");
  ASSERT_TRUE(world.counters.Flush().ok());
  world.CheckCounted("eve@acme.test");
  EXPECT_THAT(world.Lines(), testing::ElementsAre("ENFORCED REQUIRE_SSO -=3"));

  DecisionCounters restarted(world.context);
  const auto counts = restarted.CountsOf(world.Current());
  ASSERT_TRUE(counts.ok()) << counts.status();
  ASSERT_THAT(*counts, SizeIs(1));
  EXPECT_EQ(counts->at(0).count, 2);
}

TEST(DecisionCounters, BeginAtZeroWhenTheModeChanges) {
  CountersTestWorld world;
  world.CheckCounted("eve@acme.test");
  ASSERT_TRUE(world.counters.Flush().ok());
  world.CheckCounted("eve@acme.test");
  world.acme.Enforce("acme.test", EnforcementMode::kObserve);
  EXPECT_THAT(world.Lines(), IsEmpty());
  ASSERT_TRUE(world.counters.Flush().ok());
  world.CheckCounted("nobody@acme.test");
  EXPECT_THAT(world.Lines(),
              testing::ElementsAre("UNMANAGED_ADDRESS ALLOW_PASSWORD ALLOW_PASSWORD=1"));
}

TEST(DecisionCounters, EndWithTheEnforcement) {
  CountersTestWorld world;
  world.CheckCounted("eve@acme.test");
  ASSERT_TRUE(world.counters.Flush().ok());
  world.CheckCounted("eve@acme.test");
  world.acme.Release("acme.test");
  ASSERT_TRUE(world.counters.Flush().ok());
  auto reader = *storage::SnapshotReader::Open(world.engine);
  const auto kept =
      storage::EnforcementCountsStore::Get(reader, world.acme.id(), ParseDomain("acme.test"));
  ASSERT_TRUE(kept.ok()) << kept.status();
  EXPECT_THAT(kept->decisions, IsEmpty());

  world.acme.Enforce("acme.test");
  EXPECT_THAT(world.Lines(), IsEmpty());
}

TEST(DecisionCounters, KeepWhatCouldNotBeWritten) {
  CountersTestWorld world;
  world.CheckCounted("eve@acme.test");
  world.engine.FailAt(storage::FailingEngine::Method::kCommit, 1, absl::UnavailableError("disk"));
  EXPECT_EQ(world.counters.Flush().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(world.Lines(), testing::ElementsAre("ENFORCED REQUIRE_SSO -=1"));
  ASSERT_TRUE(world.counters.Flush().ok());
  EXPECT_THAT(world.Lines(), testing::ElementsAre("ENFORCED REQUIRE_SSO -=1"));
}

TEST(DecisionCounters, LoseNothingBetweenThreadsAndFlushes) {
  CountersTestWorld world;
  constexpr int kThreads = 4;
  constexpr int kChecks = 500;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&world] {
      for (int check = 0; check < kChecks; ++check) world.CheckCounted("eve@acme.test");
    });
  }
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(world.counters.Flush().ok());
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(world.Lines(),
              testing::ElementsAre(absl::StrCat("ENFORCED REQUIRE_SSO -=", kThreads * kChecks)));
}

}  // namespace
}  // namespace gatehouse
