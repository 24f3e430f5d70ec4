// Following an engine: its change log and its listener.
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/storage/engine_conformance.h"

namespace gatehouse::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

std::vector<Revision> RevisionsOf(const absl::StatusOr<std::vector<Change>>& changes) {
  EXPECT_TRUE(changes.ok()) << changes.status();
  std::vector<Revision> revisions;
  for (const Change& change : changes.value_or(std::vector<Change>())) {
    revisions.push_back(change.revision);
  }
  return revisions;
}

TEST_P(EngineConformance, TellsWhichKeysEachCommitChanged) {
  Put("a", "1");
  ASSERT_TRUE(
      engine().Commit({{{"a", 1}}, {{"a", std::nullopt}, {"b", "2"}, {"no", std::nullopt}}}).ok());
  auto changes = engine().ChangesSince(0, 10);
  ASSERT_TRUE(changes.ok());
  ASSERT_THAT(*changes, SizeIs(2));
  EXPECT_EQ((*changes)[0].revision, 1u);
  EXPECT_THAT((*changes)[0].keys, ElementsAre("a"));
  EXPECT_EQ((*changes)[1].revision, 2u);
  EXPECT_THAT((*changes)[1].keys, UnorderedElementsAre("a", "b"));
}

TEST_P(EngineConformance, PagesThroughChangesOldestFirst) {
  for (int i = 0; i < 5; ++i) Put("k", "v");
  EXPECT_THAT(RevisionsOf(engine().ChangesSince(0, 2)), ElementsAre(1, 2));
  EXPECT_THAT(RevisionsOf(engine().ChangesSince(2, 2)), ElementsAre(3, 4));
  EXPECT_THAT(RevisionsOf(engine().ChangesSince(4, 2)), ElementsAre(5));
  EXPECT_THAT(RevisionsOf(engine().ChangesSince(5, 2)), IsEmpty());
  EXPECT_THAT(RevisionsOf(engine().ChangesSince(1, 0)), IsEmpty());
  EXPECT_THAT(RevisionsOf(engine().ChangesSince(0, ~size_t{0})), SizeIs(5));
}

TEST_P(EngineConformance, HasNoChangesAheadOfTheStore) {
  EXPECT_THAT(RevisionsOf(engine().ChangesSince(0, 10)), IsEmpty());
  EXPECT_EQ(engine().ChangesSince(1, 10).status().code(), absl::StatusCode::kOutOfRange);
  Put("a", "1");
  EXPECT_EQ(engine().ChangesSince(2, 10).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(engine().ChangesSince(~Revision{0}, 10).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_P(EngineConformance, KeepsTheChangesItPromisesAndTrimsOlderOnes) {
  Reset(/*change_log_commits=*/16);
  for (Revision i = 1; i <= 100; ++i) {
    Put(absl::StrCat("k", i), "v");
    ASSERT_THAT(RevisionsOf(engine().ChangesSince(i < 16 ? 0 : i - 16, 100)),
                SizeIs(i < 16 ? i : 16));
  }
  EXPECT_EQ(engine().ChangesSince(0, 10).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(engine().ChangesSince(50, 10).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(Get("k1"), "v@1");
}

// Keeps what it hears. Reads are safe when no commit is under way.
class RecordingListener : public CommitListener {
 public:
  explicit RecordingListener(Engine* engine) : engine_(engine) {}

  void OnCommits(const std::vector<Change>& changes) override {
    EXPECT_FALSE(busy_.exchange(true)) << "two calls at the same time";
    ASSERT_FALSE(changes.empty());
    for (const Change& change : changes) {
      EXPECT_TRUE(heard_.empty() || change.revision == heard_.back().revision + 1);
      heard_.push_back(change);
    }
    last_ = changes.back().revision;
    EXPECT_EQ(engine_->revision(), last_);
    auto snapshot = engine_->NewSnapshot();
    ASSERT_TRUE(snapshot.ok());
    EXPECT_EQ((*snapshot)->revision(), last_);
    busy_ = false;
  }

  Revision last() const { return last_; }
  const std::vector<Change>& heard() const { return heard_; }

 private:
  Engine* const engine_;
  std::atomic<bool> busy_{false};
  std::atomic<Revision> last_{0};
  std::vector<Change> heard_;
};

TEST_P(EngineConformance, TellsItsListenerOfACommitBeforeTheCommitReturns) {
  RecordingListener listener(&engine());
  EXPECT_EQ(engine().SetListener(&listener), 0u);
  Put("a", "1");
  EXPECT_EQ(listener.last(), 1u);
  Delete("a");
  EXPECT_EQ(listener.last(), 2u);
  EXPECT_FALSE(PutIf("a", 1, "x").ok());
  Delete("missing");
  ASSERT_THAT(listener.heard(), SizeIs(2));
  EXPECT_THAT(listener.heard()[1].keys, ElementsAre("a"));
  EXPECT_EQ(engine().SetListener(nullptr), 2u);
}

TEST_P(EngineConformance, TellsItsListenerOfEachConcurrentCommitInOrder) {
  constexpr int kThreads = 8, kCommits = 40;
  RecordingListener listener(&engine());
  engine().SetListener(&listener);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kCommits; ++i) {
        Revision revision = Put(absl::StrCat(thread), "v");
        EXPECT_GE(listener.last(), revision);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(listener.heard(), SizeIs(kThreads * kCommits));
  EXPECT_EQ(listener.last(), engine().revision());
}

TEST_P(EngineConformance, TellsANewListenerOfEveryCommitAboveTheRevisionItWasGiven) {
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&, i] {
      while (!stop) Put(absl::StrCat(i), "v");
    });
  }
  for (int round = 0; round < 20; ++round) {
    RecordingListener listener(&engine());
    const Revision start = engine().SetListener(&listener);
    auto snapshot = NewSnapshot();
    EXPECT_GE(snapshot->revision(), start);
    while (listener.last() < start + 3) std::this_thread::yield();
    const Revision end = engine().SetListener(nullptr);
    // From here on the listener is quiet, though commits go on.
    ASSERT_FALSE(listener.heard().empty());
    EXPECT_EQ(listener.heard().front().revision, start + 1);
    EXPECT_EQ(listener.heard().back().revision, end);
    EXPECT_THAT(listener.heard(), SizeIs(end - start));
  }
  stop = true;
  for (std::thread& writer : writers) writer.join();
}

TEST_P(EngineConformance, FollowersOfTheLogSeeEveryCommit) {
  constexpr Revision kCommits = 150;
  std::thread writer([&] {
    for (Revision i = 1; i <= kCommits; ++i) Put(absl::StrCat(i), "v");
  });
  Revision seen = 0;
  while (seen < kCommits) {
    auto changes = engine().ChangesSince(seen, 7);
    ASSERT_TRUE(changes.ok()) << changes.status();
    for (const Change& change : *changes) {
      EXPECT_EQ(change.revision, ++seen);
      EXPECT_THAT(change.keys, ElementsAre(absl::StrCat(seen)));
    }
  }
  writer.join();
}

}  // namespace
}  // namespace gatehouse::storage
