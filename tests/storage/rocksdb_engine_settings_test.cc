// How the engine runs RocksDB: its statistics, stores of other settings, and work in the
// background under commits and reads.
#include <atomic>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "policy/errors.h"
#include "rocksdb/db.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/table.h"
#include "storage/rocksdb_engine.h"
#include "tests/storage/rocksdb_engine_fixture.h"

namespace gatehouse::storage {
namespace {

class RocksDbEngineSettingsTest : public RocksDbEngineFixture {
 protected:
  // The store's database as it stands, under settings of the caller's.
  void WithDatabase(const rocksdb::ColumnFamilyOptions& settings,
                    const std::function<void(rocksdb::DB*, rocksdb::ColumnFamilyHandle* data,
                                             rocksdb::ColumnFamilyHandle* changes)>& act) {
    rocksdb::DB* raw = nullptr;
    std::vector<rocksdb::ColumnFamilyHandle*> families;
    rocksdb::Status status =
        rocksdb::DB::Open({}, (store() / "db").string(),
                          {{"default", settings}, {"changes", settings}}, &families, &raw);
    ASSERT_TRUE(status.ok()) << status.ToString();
    std::unique_ptr<rocksdb::DB> database(raw);
    act(database.get(), families[0], families[1]);
    for (auto* family : families) {
      ASSERT_TRUE(database->DestroyColumnFamilyHandle(family).ok());
    }
  }

  void RewriteTables(const rocksdb::ColumnFamilyOptions& settings) {
    WithDatabase(settings, [](rocksdb::DB* database, rocksdb::ColumnFamilyHandle* data,
                              rocksdb::ColumnFamilyHandle* changes) {
      rocksdb::CompactRangeOptions all;
      all.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
      for (auto* family : {data, changes}) {
        ASSERT_TRUE(database->CompactRange(all, family, nullptr, nullptr).ok());
      }
    });
  }
};

TEST_F(RocksDbEngineSettingsTest, ACommitAddsASyncOfTheLogAndOneOfTheWatermark) {
  auto engine = Open();
  const EngineStatistics before = engine->Statistics();
  Put(*engine, "k", "v");
  const EngineStatistics after = engine->Statistics();
  EXPECT_EQ(after.log_syncs.count, before.log_syncs.count + 1);
  EXPECT_EQ(after.watermark_syncs.count, before.watermark_syncs.count + 1);
  EXPECT_GE(after.commits.sum_seconds, after.log_syncs.sum_seconds);
  ASSERT_TRUE(after.files.has_value());
  EXPECT_EQ(after.files->background_errors, 0u);
  EXPECT_FALSE(after.files->writes_stopped);
}

TEST_F(RocksDbEngineSettingsTest, AFailedCommitAddsNone) {
  auto engine = Open();
  Put(*engine, "k", "v");
  log_faults_.kind = LogFaults::kNoSpace;
  EXPECT_FALSE(engine->Commit({{}, {{"k", "w"}}}).ok());
  EXPECT_EQ(engine->Statistics().commits.count, 1u);
  EXPECT_EQ(engine->Statistics().log_syncs.count, 1u);
  log_faults_.kind = LogFaults::kNone;
}

TEST_F(RocksDbEngineSettingsTest, AFlushMovesCommitsFromMemoryToTables) {
  const std::string value(1'000'000, 'v');
  auto engine = Open();
  for (int i = 0; i < 4; ++i) Put(*engine, absl::StrCat("k", i), value);
  const FileStatistics in_memory = *engine->Statistics().files;
  EXPECT_GE(in_memory.memtable_bytes, 4 * value.size());

  engine.reset();  // flushes
  engine = Open();
  EXPECT_GE(engine->Statistics().keys, 4u);
  const FileStatistics in_tables = *engine->Statistics().files;
  EXPECT_LT(in_tables.memtable_bytes, value.size());
  uint64_t files = 0, file_bytes = 0;
  for (const auto& level : in_tables.levels) {
    files += level.files;
    file_bytes += level.bytes;
  }
  EXPECT_GE(files, 2u);  // one for each family
  EXPECT_GT(file_bytes, 0u);
}

TEST_F(RocksDbEngineSettingsTest, TheCacheFillsByReadsAndNotByLongScans) {
  options_.block_cache_bytes = 64 << 20;
  {
    auto engine = Open();
    CommitRequest request;
    std::mt19937_64 random(1);
    for (int i = 0; i < 20'000; ++i) {
      std::string value(200, ' ');
      for (char& c : value) c = static_cast<char>(random());
      request.writes.push_back({absl::StrCat(100'000 + i), std::move(value)});
    }
    ASSERT_TRUE(engine->Commit(request).ok());
  }
  auto engine = Open();
  const uint64_t data_bytes = 20'000 * 200;
  const FileStatistics before = *engine->Statistics().files;
  ASSERT_TRUE(ReadAll(*engine).ok());
  const FileStatistics scanned = *engine->Statistics().files;
  EXPECT_LT(scanned.cache_bytes, before.cache_bytes + data_bytes / 4);

  for (int i = 0; i < 20'000; i += 5) {
    ASSERT_TRUE((*engine->Get(absl::StrCat(100'000 + i))).has_value());
  }
  const FileStatistics read = *engine->Statistics().files;
  EXPECT_GT(read.cache_bytes, scanned.cache_bytes + data_bytes / 2);
  EXPECT_GT(read.cache_hits, scanned.cache_hits);
  EXPECT_GT(read.cache_misses, scanned.cache_misses);
  EXPECT_EQ(read.cache_capacity_bytes, options_.block_cache_bytes);
}

TEST_F(RocksDbEngineSettingsTest, ReadsTablesOfOtherSettingsAndWritesWhatTheyCanRead) {
  {
    auto engine = Open();
    for (int i = 0; i < 300; ++i) Put(*engine, absl::StrCat("k", i), absl::StrCat("v", i));
  }
  // As stores were written once: whole filters and indexes, outside the cache.
  rocksdb::BlockBasedTableOptions once;
  once.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocksdb::BlockBasedTableOptions other;
  other.filter_policy.reset(rocksdb::NewRibbonFilterPolicy(10));
  other.block_size = 32 << 10;
  rocksdb::BlockBasedTableOptions none;
  for (const rocksdb::BlockBasedTableOptions& table : {once, other, none}) {
    rocksdb::ColumnFamilyOptions settings;
    settings.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    RewriteTables(settings);
    auto engine = Open();
    auto all = ReadAll(*engine);
    ASSERT_TRUE(all.ok()) << all.status();
    EXPECT_GE(all->size(), 300u);
    for (int i = 0; i < 300; ++i) {
      auto entry = engine->Get(absl::StrCat("k", i));
      ASSERT_TRUE(entry.ok() && entry->has_value()) << i;
      EXPECT_EQ((*entry)->value, absl::StrCat("v", i));
    }
    EXPECT_FALSE((*engine->Get("absent")).has_value());
    Put(*engine, absl::StrCat("added", engine->revision()), "v");
  }
}

TEST_F(RocksDbEngineSettingsTest, RefusesAChangeLogWithAHoleInItsUnflushedPart) {
  { Put(*Open(), "k", "v"); }
  WithDatabase({}, [](rocksdb::DB* database, rocksdb::ColumnFamilyHandle* data,
                      rocksdb::ColumnFamilyHandle* changes) {
    const auto number = [](char n) { return std::string("\0\0\0\0\0\0\0", 7) + n; };
    // Revision 2 is missing, as if a log file between two others were lost.
    ASSERT_TRUE(database->Put({}, changes, number(3), std::string("\0\1k", 3)).ok());
    ASSERT_TRUE(database->Put({}, data, rocksdb::Slice("\0revision", 9), number(3)).ok());
    // So that nothing is flushed at the end.
  });
  auto engine = TryOpen(store());
  EXPECT_EQ(engine.status().code(), absl::StatusCode::kDataLoss) << engine.status();
  EXPECT_THAT(std::string(engine.status().message()), ::testing::HasSubstr("revision 2"));
}

TEST_F(RocksDbEngineSettingsTest, RefusesSettingsOutOfRange) {
  options_.write_buffer_bytes = (1 << 20) - 1;
  EXPECT_EQ(TryOpen(store()).status().code(), absl::StatusCode::kInvalidArgument);
  options_.write_buffer_bytes = 1 << 20;
  options_.background_jobs = 1;
  EXPECT_EQ(TryOpen(store()).status().code(), absl::StatusCode::kInvalidArgument);
  options_.background_jobs = 2;
  EXPECT_TRUE(TryOpen(store()).ok());
}

// Commits go on until compactions have run, however small memory and however slow the disk is
// made; reads go on beside them, and nothing is lost.
TEST_F(RocksDbEngineSettingsTest, CommitsAndReadsGoOnThroughFlushesAndCompactions) {
  options_.sync = false;
  options_.write_buffer_bytes = 1 << 20;
  options_.background_bytes_per_second = 32 << 20;
  constexpr uint64_t kCompactions = 3;
  constexpr int kMaxCommits = 3000;
  constexpr int kKeys = 500;
  auto engine = Open();
  std::atomic<bool> done{false};
  std::atomic<int> next{0};
  std::thread reader([&] {
    std::mt19937 random(2);
    while (!done) {
      auto entry = engine->Get(absl::StrCat("k", random() % kKeys));
      ASSERT_TRUE(entry.ok()) << entry.status();
      if (entry->has_value()) {
        EXPECT_EQ((*entry)->value.size(), 64u << 10);
      }
    }
  });
  std::vector<std::thread> writers;
  for (int t = 0; t < 2; ++t) {
    writers.emplace_back([&, t] {
      std::mt19937_64 random(t);
      std::string value(64 << 10, ' ');
      while (engine->Statistics().files->compactions.done < kCompactions) {
        const int i = next++;
        if (i >= kMaxCommits) return;
        for (size_t at = 0; at + 8 <= value.size(); at += 8) {
          const uint64_t bytes = random();  // which do not compress
          value.replace(at, 8, reinterpret_cast<const char*>(&bytes), 8);
        }
        Put(*engine, absl::StrCat("k", i % kKeys), value);
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  done = true;
  reader.join();

  const EngineStatistics statistics = engine->Statistics();
  const FileStatistics& files = *statistics.files;
  EXPECT_GE(files.compactions.done, kCompactions);
  EXPECT_GT(files.compactions.read_bytes, 0u);
  EXPECT_GT(files.compactions.written_bytes, 0u);
  EXPECT_GE(files.flushes.done, kCompactions);
  EXPECT_GT(files.flushes.written_bytes, 0u);
  EXPECT_EQ(files.background_errors, 0u);
  EXPECT_EQ(statistics.commits.count, engine->revision());
  const auto written = *ReadAll(*engine);
  engine.reset();
  EXPECT_TRUE(*ReadAll(*Open()) == written);
}

}  // namespace
}  // namespace gatehouse::storage
