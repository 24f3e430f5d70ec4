#include "storage/rocksdb_engine_statistics.h"

#include <string>

#include "rocksdb/metadata.h"

namespace gatehouse::storage {
namespace {

using Properties = rocksdb::DB::Properties;

uint64_t Property(rocksdb::DB* database, rocksdb::ColumnFamilyHandle* family,
                  const std::string& property) {
  uint64_t value = 0;
  return database->GetIntProperty(family, property, &value) ? value : 0;
}

void AddLevels(rocksdb::DB* database, rocksdb::ColumnFamilyHandle* family,
               std::vector<FileStatistics::Level>* levels) {
  rocksdb::ColumnFamilyMetaData metadata;
  database->GetColumnFamilyMetaData(family, &metadata);
  if (levels->size() < metadata.levels.size()) levels->resize(metadata.levels.size());
  for (const rocksdb::LevelMetaData& level : metadata.levels) {
    FileStatistics::Level& sum = (*levels)[static_cast<size_t>(level.level)];
    sum.files += level.files.size();
    sum.bytes += level.size;
  }
}

}  // namespace

void BackgroundEvents::Jobs::AddTo(FileStatistics::Jobs* jobs) const {
  jobs->done = done;
  jobs->read_bytes = read_bytes;
  jobs->written_bytes = written_bytes;
}

void BackgroundEvents::OnFlushCompleted(rocksdb::DB*, const rocksdb::FlushJobInfo& info) {
  ++flushes_.done;
  flushes_.written_bytes += info.table_properties.data_size + info.table_properties.index_size +
                            info.table_properties.filter_size;
}

void BackgroundEvents::OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo& info) {
  ++compactions_.done;
  compactions_.read_bytes += info.stats.total_input_bytes;
  compactions_.written_bytes += info.stats.total_output_bytes;
}

void BackgroundEvents::OnStallConditionsChanged(const rocksdb::WriteStallInfo& info) {
  if (info.condition.cur == rocksdb::WriteStallCondition::kDelayed) ++delays_;
  if (info.condition.cur == rocksdb::WriteStallCondition::kStopped) ++stops_;
}

void BackgroundEvents::OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status*) {
  ++errors_;
}

void BackgroundEvents::AddTo(FileStatistics* statistics) const {
  flushes_.AddTo(&statistics->flushes);
  compactions_.AddTo(&statistics->compactions);
  statistics->write_delays = delays_;
  statistics->write_stops = stops_;
  statistics->background_errors = errors_;
}

uint64_t SumProperty(rocksdb::DB* database,
                     const std::vector<rocksdb::ColumnFamilyHandle*>& families,
                     const std::string& property) {
  uint64_t sum = 0;
  for (rocksdb::ColumnFamilyHandle* family : families) sum += Property(database, family, property);
  return sum;
}

FileStatistics ReadFileStatistics(rocksdb::DB* database,
                                  const std::vector<rocksdb::ColumnFamilyHandle*>& families,
                                  const rocksdb::Statistics& tickers) {
  FileStatistics read;
  // What the whole database has once is asked of any family.
  rocksdb::ColumnFamilyHandle* any = families.front();
  read.cache_capacity_bytes = Property(database, any, Properties::kBlockCacheCapacity);
  read.cache_bytes = Property(database, any, Properties::kBlockCacheUsage);
  read.cache_pinned_bytes = Property(database, any, Properties::kBlockCachePinnedUsage);
  read.cache_hits = tickers.getTickerCount(rocksdb::BLOCK_CACHE_HIT);
  read.cache_misses = tickers.getTickerCount(rocksdb::BLOCK_CACHE_MISS);
  read.flushes.running = Property(database, any, Properties::kNumRunningFlushes);
  read.compactions.running = Property(database, any, Properties::kNumRunningCompactions);
  read.write_stall_seconds =
      static_cast<double>(tickers.getTickerCount(rocksdb::STALL_MICROS)) / 1e6;
  read.delayed_write_bytes_per_second =
      Property(database, any, Properties::kActualDelayedWriteRate);
  read.writes_stopped = Property(database, any, Properties::kIsWriteStopped) != 0;

  read.memtable_bytes = SumProperty(database, families, Properties::kCurSizeAllMemTables);
  read.table_reader_bytes = SumProperty(database, families, Properties::kEstimateTableReadersMem);
  read.pending_compaction_bytes =
      SumProperty(database, families, Properties::kEstimatePendingCompactionBytes);
  for (rocksdb::ColumnFamilyHandle* family : families) AddLevels(database, family, &read.levels);
  return read;
}

}  // namespace gatehouse::storage
