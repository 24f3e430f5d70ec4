// A RocksDB engine in a directory of the test's own, whose files can be copied,
// damaged and opened again, on a file system that counts and fails.
#ifndef GATEHOUSE_TESTS_STORAGE_ROCKSDB_ENGINE_FIXTURE_H_
#define GATEHOUSE_TESTS_STORAGE_ROCKSDB_ENGINE_FIXTURE_H_

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "storage/engine.h"
#include "storage/rocksdb_engine.h"
#include "tests/storage/scoped_directory.h"

namespace gatehouse::storage {

// What happens to the write-ahead log. Set while no commit is under way.
struct LogFaults {
  std::atomic<int> syncs{0};
  std::function<void()> before_sync;
  enum Kind { kNone, kNoSpace, kAppendError, kSyncError };
  std::atomic<Kind> kind{kNone};
};

class RocksDbEngineFixture : public ::testing::Test {
 protected:
  RocksDbEngineFixture();
  ~RocksDbEngineFixture() override;

  std::filesystem::path store() const { return directory_ / "store"; }
  std::filesystem::path scratch(const std::string& name) const { return directory_ / name; }

  absl::StatusOr<std::unique_ptr<Engine>> TryOpen(const std::filesystem::path& directory);
  // Must succeed.
  std::unique_ptr<Engine> Open(const std::filesystem::path& directory);
  std::unique_ptr<Engine> Open() { return Open(store()); }

  static Revision Put(Engine& engine, absl::string_view key, absl::string_view value);

  // Every key, value and mod revision.
  static absl::StatusOr<std::map<std::string, Entry>> ReadAll(const Engine& engine);

  RocksDbEngineOptions options_;
  LogFaults log_faults_;

 private:
  ScopedDirectory directory_;
  std::unique_ptr<rocksdb::Env> env_;
};

bool operator==(const Entry& a, const Entry& b);

std::vector<std::filesystem::path> FilesWithExtension(const std::filesystem::path& directory,
                                                      const std::string& extension);
std::string ReadFile(const std::filesystem::path& path);
void WriteFile(const std::filesystem::path& path, absl::string_view bytes);
// Not of a store that is open: RocksDB adds and removes files in the background.
void CopyTree(const std::filesystem::path& from, const std::filesystem::path& to);
// Path -> bytes, of every file below.
std::map<std::string, std::string> ReadTree(const std::filesystem::path& directory);

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_TESTS_STORAGE_ROCKSDB_ENGINE_FIXTURE_H_
