// The durable engine: one RocksDB database in a directory of its own.
//
// docs/storage-engine.md has the layout on disk and the argument why an
// acknowledged commit survives.
#ifndef GATEHOUSE_STORAGE_ROCKSDB_ENGINE_H_
#define GATEHOUSE_STORAGE_ROCKSDB_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "storage/engine.h"

namespace gatehouse::storage {

struct RocksDbEngineOptions {
  // Created if missing. Nothing else may write into it.
  std::string directory;

  // For what was read from files: data, and their indexes and filters (about
  // 2 bytes per key), which are the last to go.
  size_t block_cache_bytes = size_t{256} << 20;

  // For commits that are not in files yet; twice as much while files are written
  // more slowly than commits come. At least 1 MiB.
  size_t write_buffer_bytes = size_t{64} << 20;

  // Threads that write and merge files. At least 2: one for each.
  int background_jobs = 2;

  // What they may write, together. 0: as fast as the disk takes it.
  uint64_t background_bytes_per_second = 0;

  // Off: commits survive the end of the process, not a power loss, after which
  // the store may refuse to open. For tests of other things than durability.
  bool sync = true;

  // ChangesSince reaches at least this many commits back. At least 1.
  size_t change_log_commits = 100'000;
};

// Opens the store, creating a new one if the directory is missing or empty.
//
// UNAVAILABLE: another process has it open, or an I/O error. DATA_LOSS: an
// acknowledged commit is missing, or the bytes are damaged; the directory is left
// as it is. FAILED_PRECONDITION: a newer Gatehouse wrote it. INVALID_ARGUMENT: an
// option is out of range.
absl::StatusOr<std::unique_ptr<Engine>> OpenRocksDbEngine(const RocksDbEngineOptions& options);

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_ROCKSDB_ENGINE_H_
