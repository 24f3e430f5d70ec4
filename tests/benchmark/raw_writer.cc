#include "tests/benchmark/raw_writer.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/status_macros.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"
#include "storage/records/keys.h"
#include "storage/rocksdb_engine_database.h"
#include "storage/rocksdb_engine_format.h"

namespace gatehouse::benchmark {
namespace {

namespace fs = std::filesystem;
using storage::Database;

std::string DatabasePath(const std::string& directory) {
  return (fs::path(directory) / std::string(storage::format::kDatabaseName)).string();
}

absl::Status ToAbsl(absl::string_view action, const rocksdb::Status& status) {
  return status.ok() ? absl::OkStatus() : storage::TranslateRocksDbError(action, status);
}

absl::Status LoadKind(const Database& database, char kind, std::vector<RawRecord>* records) {
  const std::string prefix = storage::keys::KindPrefix(kind);
  std::unique_ptr<rocksdb::Iterator> it(
      database.rocks()->NewIterator(rocksdb::ReadOptions(), database.data()));
  for (it->Seek(prefix); it->Valid() && it->key().starts_with(prefix); it->Next()) {
    records->push_back({.key = it->key().ToString(),
                        .value = it->value().ToString(),
                        .is_user = kind == storage::keys::kUser});
  }
  return ToAbsl("read", it->status());
}

// What a value begins with, and what says which commit put it.
storage::Revision RevisionOf(const RawRecord& record) {
  const auto value = storage::format::DecodeValue(record.value);
  return value ? value->mod_revision : 0;
}

}  // namespace

absl::StatusOr<std::vector<RawRecord>> LoadUserRecords(const std::string& directory,
                                                       size_t max_users) {
  ASSIGN_OR_RETURN(auto database,
                   Database::Open(DatabasePath(directory), Database::Mode::kReadOnly,
                                  {.directory = directory}, rocksdb::Env::Default()));
  std::vector<RawRecord> records;
  RETURN_IF_ERROR(LoadKind(*database, storage::keys::kUserAddress, &records));
  RETURN_IF_ERROR(LoadKind(*database, storage::keys::kUser, &records));
  std::stable_sort(records.begin(), records.end(), [](const RawRecord& a, const RawRecord& b) {
    return RevisionOf(a) < RevisionOf(b);
  });
  size_t users = 0;
  size_t kept = 0;
  while (kept < records.size() && users < max_users) users += records[kept++].is_user ? 1 : 0;
  records.resize(kept);
  return records;
}

absl::StatusOr<RawWriteResult> WriteRaw(const std::vector<RawRecord>& records,
                                        const std::string& directory, int rows_per_batch) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error || !fs::is_empty(directory, error)) {
    return absl::AlreadyExistsError(absl::StrCat(directory, " is not an empty directory"));
  }
  ASSIGN_OR_RETURN(auto database,
                   Database::Open(DatabasePath(directory), Database::Mode::kCreate,
                                  {.directory = directory}, rocksdb::Env::Default()));
  rocksdb::WriteOptions options;
  options.sync = true;
  RawWriteResult result;
  const auto start = std::chrono::steady_clock::now();
  rocksdb::WriteBatch batch;
  int rows = 0;
  const auto write = [&] {
    rocksdb::Status status = database->rocks()->Write(options, &batch);
    batch.Clear();
    rows = 0;
    ++result.batches;
    return ToAbsl("write", status);
  };
  for (const RawRecord& record : records) {
    RETURN_IF_ERROR(ToAbsl("write", batch.Put(database->data(), record.key, record.value)));
    result.bytes += static_cast<int64_t>(record.key.size() + record.value.size());
    ++result.records;
    if (!record.is_user) continue;
    ++result.rows;
    if (++rows == rows_per_batch) RETURN_IF_ERROR(write());
  }
  if (batch.Count() > 0) RETURN_IF_ERROR(write());
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace gatehouse::benchmark
