// How RocksDB is set up, and why; docs/storage-engine.md has what was measured.
// Private to the RocksDB engine.
#ifndef GATEHOUSE_STORAGE_ROCKSDB_ENGINE_SETTINGS_H_
#define GATEHOUSE_STORAGE_ROCKSDB_ENGINE_SETTINGS_H_

#include <memory>

#include "rocksdb/cache.h"
#include "rocksdb/options.h"
#include "storage/rocksdb_engine.h"

namespace gatehouse::storage {

// Of the whole database. `env` must outlive it; the threads of its background
// work get a low priority.
rocksdb::DBOptions DatabaseSettings(const RocksDbEngineOptions& options, rocksdb::Env* env);

// Of a column family. All share one cache.
rocksdb::ColumnFamilyOptions FamilySettings(const RocksDbEngineOptions& options,
                                            const std::shared_ptr<rocksdb::Cache>& cache);

std::shared_ptr<rocksdb::Cache> NewBlockCache(const RocksDbEngineOptions& options);

// For a point read, or a scan of few entries.
rocksdb::ReadOptions PointRead(const rocksdb::Snapshot* snapshot);
// For a scan that goes on: reads ahead, and leaves the cache to the point reads.
rocksdb::ReadOptions LongScan(const rocksdb::Snapshot* snapshot);

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_ROCKSDB_ENGINE_SETTINGS_H_
