// For the tests of the RocksDB engine only: open it on a file system that counts
// or fails.
#ifndef GATEHOUSE_STORAGE_ROCKSDB_ENGINE_TESTING_H_
#define GATEHOUSE_STORAGE_ROCKSDB_ENGINE_TESTING_H_

#include <memory>

#include "absl/status/statusor.h"
#include "rocksdb/env.h"
#include "storage/engine.h"
#include "storage/rocksdb_engine.h"

namespace gatehouse::storage {

// `env` must outlive the engine. The watermark file does not go through it.
absl::StatusOr<std::unique_ptr<Engine>> OpenRocksDbEngineOnEnv(const RocksDbEngineOptions& options,
                                                               rocksdb::Env* env);

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_ROCKSDB_ENGINE_TESTING_H_
