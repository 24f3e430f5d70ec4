// A RocksDB database in the engine's format: opening, decoded reads, and the
// translation of RocksDB's errors. Private to the RocksDB engine.
#ifndef GATEHOUSE_STORAGE_ROCKSDB_ENGINE_DATABASE_H_
#define GATEHOUSE_STORAGE_ROCKSDB_ENGINE_DATABASE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rocksdb/db.h"
#include "storage/engine.h"
#include "storage/rocksdb_engine.h"
#include "storage/rocksdb_engine_statistics.h"

namespace gatehouse::storage {

// DATA_LOSS (STORE_CORRUPT) for damaged or missing files, else UNAVAILABLE
// (STORE_UNAVAILABLE). `status` must not be OK or NotFound.
absl::Status TranslateRocksDbError(absl::string_view action, const rocksdb::Status& status);

// DATA_LOSS with reason STORE_CORRUPT.
absl::Status StoreCorrupt(absl::string_view message);

rocksdb::Slice ToSlice(absl::string_view view);

// Thread-safe.
class Database {
 public:
  enum class Mode {
    kCreate,    // creates what is missing
    kReadOnly,  // replays the log in memory; changes no file
    kReadWrite,
  };

  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path, Mode mode,
                                                        const RocksDbEngineOptions& options,
                                                        rocksdb::Env* env);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  rocksdb::DB* rocks() const { return rocks_.get(); }
  rocksdb::ColumnFamilyHandle* data() const { return families_[0]; }
  rocksdb::ColumnFamilyHandle* changes() const { return families_[1]; }

  // In each read, `snapshot` nullptr means the newest state.

  absl::StatusOr<std::optional<Entry>> Get(absl::string_view key,
                                           const rocksdb::Snapshot* snapshot) const;

  // Its mod revision; 0 if absent.
  absl::StatusOr<Revision> GetModRevision(absl::string_view key) const;

  // After many entries it leaves the cache alone, so that a scan of all users does
  // not take the place of what is read again. Not of the newest state: `snapshot`
  // must not be null.
  absl::Status Scan(
      const KeyRange& range, const rocksdb::Snapshot* snapshot,
      absl::FunctionRef<bool(absl::string_view key, absl::string_view value, Revision mod_revision)>
          visit) const;

  // The number under one of the engine's own keys; nullopt if absent.
  absl::StatusOr<std::optional<uint64_t>> FindNumber(absl::string_view key,
                                                     const rocksdb::Snapshot* snapshot) const;
  // Likewise; DATA_LOSS if absent.
  absl::StatusOr<uint64_t> GetNumber(absl::string_view key,
                                     const rocksdb::Snapshot* snapshot) const;

  // Up to `limit` changes with after < revision <= newest. DATA_LOSS if one is missing.
  absl::StatusOr<std::vector<Change>> ReadChanges(Revision after, Revision newest, size_t limit,
                                                  const rocksdb::Snapshot* snapshot) const;

  // The first revision of the change log that the log file alone has; nullopt if it
  // has none.
  absl::StatusOr<std::optional<Revision>> FirstUnflushedChange() const;

  // All but what the engine itself measures.
  EngineStatistics Statistics() const;

  // Takes writes again after one has failed. UNAVAILABLE: not possible, or not yet.
  absl::Status Resume();

 private:
  Database();

  // What Resume needs to find.
  rocksdb::Status PrepareResume();

  // Whether `key` exists; if so, `bytes` is what is stored.
  absl::StatusOr<bool> Read(absl::string_view key, const rocksdb::Snapshot* snapshot,
                            rocksdb::PinnableSlice* bytes) const;

  std::shared_ptr<rocksdb::Statistics> tickers_;
  std::shared_ptr<BackgroundEvents> events_;
  std::unique_ptr<rocksdb::DB> rocks_;
  std::vector<rocksdb::ColumnFamilyHandle*> families_;  // owned; data, changes
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_ROCKSDB_ENGINE_DATABASE_H_
