// What an import is measured against: its records, written to RocksDB and to
// nothing else.
#ifndef GATEHOUSE_TESTS_BENCHMARK_RAW_WRITER_H_
#define GATEHOUSE_TESTS_BENCHMARK_RAW_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace gatehouse::benchmark {

struct RawRecord {
  std::string key;
  std::string value;     // as it stands in the data column family
  bool is_user = false;  // else: the address of a user, by id
};

// The records of up to `max_users` users of the store in `directory`, in the order
// in which they were committed; within a commit, by key. No server may have the
// store open.
absl::StatusOr<std::vector<RawRecord>> LoadUserRecords(
    const std::string& directory, size_t max_users = std::numeric_limits<size_t>::max());

struct RawWriteResult {
  int64_t rows = 0;
  int64_t records = 0;
  int64_t bytes = 0;  // of keys and values
  int64_t batches = 0;
  double seconds = 0;
};

// Writes `records` into a new database in `directory`, opened with the engine's
// own options: one thread, a WriteBatch for every `rows_per_batch` users, each
// synced to the log before the next. ALREADY_EXISTS: the directory is not empty.
absl::StatusOr<RawWriteResult> WriteRaw(const std::vector<RawRecord>& records,
                                        const std::string& directory, int rows_per_batch);

}  // namespace gatehouse::benchmark

#endif  // GATEHOUSE_TESTS_BENCHMARK_RAW_WRITER_H_
