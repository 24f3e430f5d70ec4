// What only a durable engine can show: reopening, refusals, checkpoints, shared syncs, and writes
// that fail. Damaged files: rocksdb_engine_damage_test.cc.
#include "storage/rocksdb_engine.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "policy/errors.h"
#include "rocksdb/db.h"
#include "tests/storage/rocksdb_engine_fixture.h"

namespace gatehouse::storage {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class RocksDbEngineTest : public RocksDbEngineFixture {};

TEST_F(RocksDbEngineTest, KeepsEverythingWhenReopened) {
  options_.change_log_commits = 50;
  std::map<std::string, Entry> written;
  {
    auto engine = Open();
    for (int i = 0; i < 200; ++i) Put(*engine, absl::StrCat("k", i % 120), absl::StrCat(i));
    ASSERT_TRUE(engine->Commit({{}, {{"k7", std::nullopt}}}).ok());
    written = *ReadAll(*engine);
    ASSERT_THAT(written, SizeIs(119));
  }
  for (int round = 0; round < 3; ++round) {
    auto engine = Open();
    EXPECT_EQ(engine->revision(), 201u);
    EXPECT_EQ((*engine->NewSnapshot())->revision(), 201u);
    EXPECT_EQ(*ReadAll(*engine), written);
    EXPECT_THAT(*engine->ChangesSince(151, 100), SizeIs(50));
    EXPECT_EQ(engine->ChangesSince(0, 1).status().code(), absl::StatusCode::kOutOfRange);
  }
  auto engine = Open();
  EXPECT_EQ(Put(*engine, "next", "v"), 202u);
  EXPECT_TRUE(absl::IsAborted(engine->Commit({{{"k8", 9}}, {{"k8", "v"}}}).status()));
  EXPECT_TRUE(engine->Commit({{{"k8", written["k8"].mod_revision}}, {{"k8", "v"}}}).ok());
}

TEST_F(RocksDbEngineTest, TrimsByASmallerRetentionAfterReopening) {
  {
    auto engine = Open();
    for (int i = 0; i < 100; ++i) Put(*engine, "k", "v");
  }
  options_.change_log_commits = 10;
  auto engine = Open();
  EXPECT_THAT(*engine->ChangesSince(0, 1000), SizeIs(100));
  Put(*engine, "k", "v");
  EXPECT_THAT(*engine->ChangesSince(91, 1000), SizeIs(10));
  EXPECT_EQ(engine->ChangesSince(90, 1000).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(RocksDbEngineTest, RefusesAStoreOfANewerFormatAndLeavesItAsItIs) {
  Put(*Open(), "k", "v");
  {
    rocksdb::DB* rocks = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> families;
    ASSERT_TRUE(rocksdb::DB::Open({}, (store() / "db").string(), {{"default", {}}, {"changes", {}}},
                                  &families, &rocks)
                    .ok());
    ASSERT_TRUE(
        rocks->Put({}, rocksdb::Slice("\0format", 7), std::string("\0\0\0\0\0\0\0\2", 8)).ok());
    for (auto* family : families) ASSERT_TRUE(rocks->DestroyColumnFamilyHandle(family).ok());
    delete rocks;
  }
  auto before = ReadTree(store());
  auto engine = TryOpen(store());
  EXPECT_EQ(engine.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(engine.status().message()), HasSubstr("format 2"));
  EXPECT_TRUE(ReadTree(store()) == before);
}

TEST_F(RocksDbEngineTest, RefusesADirectoryThatIsOpen) {
  auto engine = Open();
  auto second = TryOpen(store());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(second.status()), reason::kStoreUnavailable);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("another process"));
  EXPECT_EQ(Put(*engine, "k", "v"), 1u);
}

TEST_F(RocksDbEngineTest, RefusesOptionsOutOfRange) {
  EXPECT_EQ(TryOpen("").status().code(), absl::StatusCode::kInvalidArgument);
  options_.change_log_commits = 0;
  EXPECT_EQ(TryOpen(store()).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RocksDbEngineTest, RefusesADirectoryThatCannotBe) {
  WriteFile(scratch("file"), "not a directory");
  EXPECT_EQ(TryOpen(scratch("file")).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(TryOpen(scratch("file") / "store").status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(RocksDbEngineTest, FinishesACreationThatWasCutShort) {
  // The watermark is written last: without it, what exists is the beginning of a new store.
  Open().reset();
  fs::remove(store() / "WATERMARK");
  auto engine = Open();
  EXPECT_EQ(engine->revision(), 0u);
  EXPECT_EQ(Put(*engine, "k", "v"), 1u);
}

// Checkpoints.

TEST_F(RocksDbEngineTest, CheckpointOpensAndEqualsTheStore) {
  auto engine = Open();
  for (int i = 0; i < 100; ++i) Put(*engine, absl::StrCat("k", i), "v");
  auto written = *ReadAll(*engine);
  ASSERT_TRUE(engine->Checkpoint(scratch("copy").string()).ok());
  Put(*engine, "later", "v");

  auto copy = Open(scratch("copy"));
  EXPECT_EQ(copy->revision(), 100u);
  EXPECT_EQ(*ReadAll(*copy), written);
  EXPECT_THAT(*copy->ChangesSince(0, 1000), SizeIs(100));
  EXPECT_EQ(Put(*copy, "own", "v"), 101u);
  EXPECT_EQ(engine->Get("own")->has_value(), false);
}

TEST_F(RocksDbEngineTest, CheckpointUnderWritesIsOneRevision) {
  auto engine = Open();
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      std::string value = absl::StrCat(i);
      ASSERT_TRUE(engine->Commit({{}, {{"left", value}, {"right", value}}}).ok());
    }
  });
  for (int i = 0; i < 3; ++i) {
    const Revision before = engine->revision();
    const fs::path path = scratch(absl::StrCat("copy", i));
    ASSERT_TRUE(engine->Checkpoint(path.string()).ok());
    auto copy = Open(path);
    EXPECT_GE(copy->revision(), before);
    auto all = *ReadAll(*copy);
    EXPECT_EQ(all["left"], all["right"]);
    EXPECT_EQ(all["left"].mod_revision, copy->revision());
  }
  stop = true;
  writer.join();
}

TEST_F(RocksDbEngineTest, CheckpointNeverWritesOverSomething) {
  auto engine = Open();
  Put(*engine, "k", "v");
  fs::create_directory(scratch("copy"));
  absl::Status status = engine->Checkpoint(scratch("copy").string());
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(fs::is_empty(scratch("copy")));
}

TEST_F(RocksDbEngineTest, CheckpointThatFailsLeavesNothing) {
  auto engine = Open();
  WriteFile(scratch("file"), "");
  EXPECT_EQ(engine->Checkpoint((scratch("file") / "copy").string()).code(),
            absl::StatusCode::kUnavailable);
  EXPECT_TRUE(FilesWithExtension(store().parent_path(), ".partial").empty());
}

// Group commit.

TEST_F(RocksDbEngineTest, SyncsOnceForAllCommitsThatWait) {
  constexpr int kThreads = 32;
  auto engine = Open();
  // The first sync lasts until all other threads have come: their commits wait for it together.
  std::mutex mutex;
  std::condition_variable all_came;
  int came = 0;
  bool first = true;
  log_faults_.syncs = 0;
  log_faults_.before_sync = [&] {
    std::unique_lock<std::mutex> lock(mutex);
    if (!std::exchange(first, false)) return;
    all_came.wait(lock, [&] { return came == kThreads; });
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      {
        std::lock_guard<std::mutex> lock(mutex);
        if (++came == kThreads) all_came.notify_all();
      }
      Put(*engine, absl::StrCat("k", i), "v");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(engine->revision(), static_cast<Revision>(kThreads));
  // Two would do; a thread may come between its announcement and its commit.
  EXPECT_LE(log_faults_.syncs, kThreads / 4);
}

TEST_F(RocksDbEngineTest, SyncsEachCommitThatIsAlone) {
  auto engine = Open();
  log_faults_.syncs = 0;
  for (int i = 0; i < 10; ++i) Put(*engine, "k", "v");
  EXPECT_EQ(log_faults_.syncs, 10);
}

TEST_F(RocksDbEngineTest, SyncsNothingForACommitThatWritesNothing) {
  auto engine = Open();
  log_faults_.syncs = 0;
  EXPECT_FALSE(engine->Commit({{{"k", 1}}, {{"k", "v"}}}).ok());
  EXPECT_TRUE(engine->Commit({{}, {{"k", std::nullopt}}}).ok());
  EXPECT_EQ(log_faults_.syncs, 0);
}

TEST_F(RocksDbEngineTest, ReadsDoNotWaitForACommit) {
  auto engine = Open();
  Put(*engine, "k", "1");
  // Within the sync of a commit: if a read waited for it, this would hang.
  bool read = false;
  log_faults_.before_sync = [&] {
    EXPECT_EQ((*engine->Get("k"))->value, "1");
    EXPECT_EQ(engine->revision(), 1u);
    EXPECT_EQ((*engine->NewSnapshot())->revision(), 1u);
    EXPECT_THAT(*engine->ChangesSince(0, 10), SizeIs(1));
    read = true;
  };
  Put(*engine, "k", "2");
  EXPECT_TRUE(read);
  log_faults_.before_sync = nullptr;
}

TEST_F(RocksDbEngineTest, WaitsForCommitsUnderWayWhenDestroyed) {
  auto engine = Open();
  std::mutex mutex;
  std::condition_variable changed;
  bool syncing = false;
  log_faults_.before_sync = [&] {
    std::lock_guard<std::mutex> lock(mutex);
    syncing = true;
    changed.notify_all();
  };
  std::thread writer([&] { EXPECT_EQ(Put(*engine, "k", "v"), 1u); });
  {
    std::unique_lock<std::mutex> lock(mutex);
    changed.wait(lock, [&] { return syncing; });
  }
  Engine* raw = engine.get();
  std::thread destroyer([&] { delete raw; });
  destroyer.join();
  writer.join();
  engine.release();
  log_faults_.before_sync = nullptr;
  EXPECT_EQ((*Open()->Get("k"))->value, "v");
}

// Writes that fail.

class FailingWriteTest : public RocksDbEngineFixture,
                         public ::testing::WithParamInterface<LogFaults::Kind> {};

class CountingListener : public CommitListener {
 public:
  void OnCommits(const std::vector<Change>& changes) override {
    heard += changes.size();
    last = changes.back().revision;
  }
  size_t heard = 0;
  Revision last = 0;
};

TEST_P(FailingWriteTest, IsUnavailableAndPublishesNothingAndLosesNothing) {
  auto engine = Open();
  CountingListener listener;
  engine->SetListener(&listener);
  Put(*engine, "k", "1");
  log_faults_.kind = GetParam();
  for (int i = 0; i < 10; ++i) {
    absl::Status status = engine->Commit({{}, {{"k", "2"}}}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_EQ(ReasonOf(status), reason::kStoreUnavailable);
  }
  // Reads go on, and see the last acknowledged commit.
  EXPECT_EQ(engine->revision(), 1u);
  EXPECT_EQ((*engine->Get("k"))->value, "1");
  EXPECT_EQ((*engine->NewSnapshot())->revision(), 1u);
  EXPECT_THAT(*ReadAll(*engine), SizeIs(1));
  EXPECT_EQ(listener.heard, 1u);

  // The disk is well again: a full one is taken up at once, any other after a restart.
  log_faults_.kind = LogFaults::kNone;
  absl::StatusOr<Revision> next = engine->Commit({{}, {{"k", "3"}}});
  ASSERT_EQ(next.ok(), GetParam() == LogFaults::kNoSpace) << next.status();
  if (next.ok()) {
    EXPECT_EQ(listener.last, *next);
    EXPECT_EQ(engine->revision(), *next);
    EXPECT_THAT(*engine->ChangesSince(0, 10), SizeIs(*next));
  } else {
    EXPECT_EQ(next.status().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ((*engine->Get("k"))->value, "1");
  }
  engine.reset();
  engine = Open();
  // A commit that failed with UNAVAILABLE may be there; one that was acknowledged must be.
  const std::string value = (*engine->Get("k"))->value;
  if (next.ok()) {
    EXPECT_EQ(value, "3");
    EXPECT_EQ(engine->revision(), *next);
  } else {
    EXPECT_THAT(value, ::testing::AnyOf("1", "2"));
  }
  const Revision before = engine->revision();
  EXPECT_EQ(Put(*engine, "k", "4"), before + 1);
}

INSTANTIATE_TEST_SUITE_P(Faults, FailingWriteTest,
                         ::testing::Values(LogFaults::kNoSpace, LogFaults::kAppendError,
                                           LogFaults::kSyncError));

TEST_F(RocksDbEngineTest, TakesWritesAgainEachTimeAFullDiskIsFreed) {
  auto engine = Open();
  CountingListener listener;
  engine->SetListener(&listener);
  for (int round = 0; round < 5; ++round) {
    const int failures = round;  // none, one and several before it is freed
    log_faults_.kind = LogFaults::kNoSpace;
    for (int i = 0; i < failures; ++i) {
      EXPECT_FALSE(engine->Commit({{}, {{"lost", "v"}}}).ok());
    }
    log_faults_.kind = LogFaults::kNone;
    Put(*engine, absl::StrCat("k", round), "v");
    Put(*engine, absl::StrCat("l", round), "v");
  }
  EXPECT_EQ(listener.heard, engine->revision());
  auto written = *ReadAll(*engine);
  engine.reset();
  EXPECT_EQ(*ReadAll(*Open()), written);
}

// Puts /dev/full in place of the open watermark file.
class FullWatermark {
 public:
  explicit FullWatermark(const fs::path& path) {
    for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
      std::error_code error;
      if (fs::read_symlink(entry.path(), error) != path) continue;
      fd_ = std::stoi(entry.path().filename().string());
    }
    saved_ = ::dup(fd_);
    int full = ::open("/dev/full", O_RDWR);
    EXPECT_EQ(::dup2(full, fd_), fd_);
    ::close(full);
  }
  ~FullWatermark() {
    EXPECT_EQ(::dup2(saved_, fd_), fd_);
    ::close(saved_);
  }

 private:
  int fd_ = -1;
  int saved_ = -1;
};

TEST_F(RocksDbEngineTest, PublishesACommitWhoseAcknowledgementFailedWithTheNextOne) {
  auto engine = Open();
  CountingListener listener;
  engine->SetListener(&listener);
  Put(*engine, "a", "1");
  {
    FullWatermark full(fs::canonical(store() / "WATERMARK"));
    for (int i = 0; i < 2; ++i) {
      absl::Status status = engine->Commit({{{"b", 0}}, {{"b", "2"}}}).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    }
    EXPECT_EQ(engine->revision(), 1u);
    EXPECT_EQ(listener.last, 1u);
  }
  // It happened after all, as UNAVAILABLE allows: nobody may miss it, nor do it twice.
  EXPECT_TRUE(absl::IsAborted(engine->Commit({{{"b", 0}}, {{"b", "3"}}}).status()));
  EXPECT_EQ(engine->revision(), 2u);
  EXPECT_EQ(listener.last, 2u);
  EXPECT_EQ(Put(*engine, "c", "3"), 3u);
  EXPECT_EQ(listener.heard, 3u);
  engine.reset();
  EXPECT_THAT(*Open()->ChangesSince(0, 10), SizeIs(3));
}

}  // namespace
}  // namespace gatehouse::storage
