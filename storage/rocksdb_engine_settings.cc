#include "storage/rocksdb_engine_settings.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "rocksdb/convenience.h"
#include "rocksdb/env.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/rate_limiter.h"
#include "rocksdb/table.h"

namespace gatehouse::storage {
namespace {

constexpr uint64_t kMiB = uint64_t{1} << 20;

rocksdb::BlockBasedTableOptions TableSettings(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.format_version = 5;
  // Most lookups are of keys that exist or were never there: the filter answers the latter.
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.whole_key_filtering = true;
  // Filters and indexes count against the cache, so that its size bounds them too, and stay in it:
  // a read finds them without a lookup, and in a cache too small for them it is data that has no
  // room, where otherwise each read would load megabytes of filter.
  table.cache_index_and_filter_blocks = true;
  table.metadata_cache_options.unpartitioned_pinning = rocksdb::PinningTier::kAll;
  table.metadata_cache_options.top_level_index_pinning = rocksdb::PinningTier::kAll;
  table.metadata_cache_options.partition_pinning = rocksdb::PinningTier::kAll;
  // Twice the default: half the index.
  table.block_size = 8 << 10;
  return table;
}

// Commits are slowed down long before they are stopped: a stop holds up every administrator, and
// a slower import is what lets compaction catch up.
void SetStalls(rocksdb::ColumnFamilyOptions* options) {
  options->level0_file_num_compaction_trigger = 4;
  options->level0_slowdown_writes_trigger = 30;
  options->level0_stop_writes_trigger = 90;
  // The fourth memtable is what RocksDB needs in order to delay (at three) before it stops.
  options->max_write_buffer_number = 4;
}

// Compaction can wait, so calls go first. Not for good: at RocksDB's own low priority (19) a
// busy machine gives it so little that commits are delayed. Flushes keep their
// priority: one that starves stops commits.
class LowCompactionPriority final : public rocksdb::EventListener {
 public:
  const char* Name() const override { return "LowCompactionPriority"; }
  // Called in the thread that is about to compact, which is RocksDB's own.
  void OnCompactionBegin(rocksdb::DB*, const rocksdb::CompactionJobInfo&) override { Lower(); }
  void OnSubcompactionBegin(const rocksdb::SubcompactionJobInfo&) override { Lower(); }

 private:
  static constexpr int kNice = 5;

  static void Lower() {
    // Lowering needs no privilege; if it fails all the same, compaction competes as any thread.
    thread_local const int done = setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
    static_cast<void>(done);
  }
};

// The engine resumes on its own terms: before the next commit, and then it looks at what the
// failed one left behind. RocksDB's own attempts would run at the same time.
class NoAutomaticRecovery final : public rocksdb::EventListener {
 public:
  const char* Name() const override { return "NoAutomaticRecovery"; }
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

}  // namespace

rocksdb::DBOptions DatabaseSettings(const RocksDbEngineOptions& options, rocksdb::Env* env) {
  env->LowerThreadPoolIOPriority(rocksdb::Env::LOW);
  rocksdb::DBOptions settings;
  settings.env = env;
  settings.paranoid_checks = true;
  // Stops at the first record that is not whole, whatever is wrong with it: a tail torn by power
  // loss may be cut, zero or garbage. That nothing acknowledged was dropped is for the watermark
  // to say; no mode of RocksDB can (docs/storage-engine.md).
  settings.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  settings.listeners.push_back(std::make_shared<NoAutomaticRecovery>());
  settings.listeners.push_back(std::make_shared<LowCompactionPriority>());
  settings.max_bgerror_resume_count = 0;
  settings.max_total_wal_size = 2 * options.write_buffer_bytes;
  settings.db_write_buffer_size = options.write_buffer_bytes;
  // Both families go to files together: then what the log alone has of the one it alone has of
  // the other, and the revisions of the change log tell whether a log file is missing.
  settings.atomic_flush = true;
  settings.max_background_jobs = options.background_jobs;
  if (options.background_bytes_per_second > 0) {
    settings.rate_limiter.reset(
        rocksdb::NewGenericRateLimiter(static_cast<int64_t>(options.background_bytes_per_second)));
  }
  // Written back as it is produced: a file's worth of dirty pages at once holds up the syncs of
  // commits.
  settings.bytes_per_sync = kMiB;
  settings.wal_bytes_per_sync = kMiB;
  settings.compaction_readahead_size = 2 * kMiB;
  // Files that are not needed any more are removed in the background, not by who reads.
  settings.avoid_unnecessary_blocking_io = true;
  // Opens every table at the start and keeps it open: no read ever waits for an index.
  settings.max_open_files = -1;
  settings.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  settings.keep_log_file_num = 4;
  settings.max_log_file_size = 4 * kMiB;
  settings.stats_dump_period_sec = 0;
  settings.stats_persist_period_sec = 0;
  return settings;
}

rocksdb::ColumnFamilyOptions FamilySettings(const RocksDbEngineOptions& options,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions settings;
  settings.table_factory.reset(rocksdb::NewBlockBasedTableFactory(TableSettings(cache)));
  // One is filled while the other is written to a file.
  settings.write_buffer_size = options.write_buffer_bytes / 2;
  // A new user's key is looked for first, and most are not there: without a filter each look
  // walks the memtable, which costs an import a quarter of its time.
  settings.memtable_prefix_bloom_size_ratio = 0.02;
  settings.memtable_whole_key_filtering = true;
  settings.level_compaction_dynamic_level_bytes = true;
  SetStalls(&settings);
  const std::vector<rocksdb::CompressionType> supported = rocksdb::GetSupportedCompressions();
  const bool has_lz4 =
      std::find(supported.begin(), supported.end(), rocksdb::kLZ4Compression) != supported.end();
  settings.compression = has_lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  return settings;
}

std::shared_ptr<rocksdb::Cache> NewBlockCache(const RocksDbEngineOptions& options) {
  return rocksdb::NewLRUCache(options.block_cache_bytes);
}

rocksdb::ReadOptions PointRead(const rocksdb::Snapshot* snapshot) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  return options;
}

rocksdb::ReadOptions LongScan(const rocksdb::Snapshot* snapshot) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  options.readahead_size = 2 * kMiB;
  options.fill_cache = false;
  return options;
}

}  // namespace gatehouse::storage
