// What an engine tells about itself.
#include "tests/storage/engine_conformance.h"

namespace gatehouse::storage {
namespace {

TEST_P(EngineConformance, StatisticsCountAcknowledgedCommitsAlone) {
  EXPECT_EQ(engine().Statistics().commits.count, 0u);
  Put("a", "1");
  Put("b", "2");
  EXPECT_FALSE(PutIf("a", 0, "3").ok());
  EXPECT_FALSE(engine().Commit({}).ok());
  const LatencyHistogram commits = engine().Statistics().commits;
  EXPECT_EQ(commits.count, 2u);
  EXPECT_GT(commits.sum_seconds, 0);
  for (size_t i = 1; i < commits.at_most.size(); ++i) {
    EXPECT_LE(commits.at_most[i - 1], commits.at_most[i]);
  }
  EXPECT_LE(commits.at_most.back(), 2u);
}

TEST_P(EngineConformance, StatisticsCountSnapshotsWhileTheyAreHeld) {
  auto first = NewSnapshot();
  Put("a", "1");
  auto second = NewSnapshot();
  EXPECT_EQ(engine().Statistics().snapshots, 2u);
  first.reset();
  EXPECT_EQ(engine().Statistics().snapshots, 1u);
  second.reset();
  EXPECT_EQ(engine().Statistics().snapshots, 0u);
}

TEST_P(EngineConformance, StatisticsGrowWithTheKeys) {
  const uint64_t before = engine().Statistics().keys;
  CommitRequest request;
  for (int i = 0; i < 100; ++i) request.writes.push_back({"k" + std::to_string(i), "v"});
  ASSERT_TRUE(engine().Commit(request).ok());
  EXPECT_GE(engine().Statistics().keys, before + 100);
}

TEST_P(EngineConformance, AScanIsWholeHoweverLongItIs) {
  // More than twice what an engine may take for a short scan.
  constexpr int kEntries = 5000;
  CommitRequest request;
  for (int i = 0; i < kEntries; ++i) {
    request.writes.push_back({std::to_string(100'000 + i), std::to_string(i)});
  }
  ASSERT_TRUE(engine().Commit(request).ok());
  auto snapshot = NewSnapshot();
  Put("102500", "newer than the snapshot");
  Put("1024995", "newer than the snapshot");
  for (const int wanted : {1999, 2000, 2001, kEntries}) {
    int seen = 0;
    ASSERT_TRUE(snapshot
                    ->Scan({"1", "2"},
                           [&](absl::string_view key, absl::string_view value, Revision) {
                             EXPECT_EQ(key, std::to_string(100'000 + seen));
                             EXPECT_EQ(value, std::to_string(seen));
                             return ++seen < wanted;
                           })
                    .ok());
    EXPECT_EQ(seen, wanted);
  }
  int bounded = 0;
  ASSERT_TRUE(snapshot
                  ->Scan({"100000", "102000"},
                         [&](absl::string_view, absl::string_view, Revision) {
                           ++bounded;
                           return true;
                         })
                  .ok());
  EXPECT_EQ(bounded, 2000);
}

}  // namespace
}  // namespace gatehouse::storage
