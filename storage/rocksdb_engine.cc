// Opening a store, and refusing one that has lost something.
#include "storage/rocksdb_engine.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "storage/engine_watermark.h"
#include "storage/rocksdb_engine_database.h"
#include "storage/rocksdb_engine_format.h"
#include "storage/rocksdb_engine_impl.h"
#include "storage/rocksdb_engine_testing.h"

namespace gatehouse::storage {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMinWriteBufferBytes = 1 << 20;
constexpr int kMinBackgroundJobs = 2;

absl::Status CheckFormat(uint64_t version) {
  if (version == format::kFormatVersion) return absl::OkStatus();
  if (version == 0) return StoreCorrupt("the store's format version is 0");
  return Error(absl::StatusCode::kFailedPrecondition, reason::kStoreUnavailable,
               absl::StrCat("the store has format ", version, ", written by a newer Gatehouse; ",
                            "this one reads format ", format::kFormatVersion))
      .Build();
}

// Makes an empty database a store at revision 0. Idempotent, since it may be cut short: only the
// watermark, which comes last, says that it is done.
absl::Status Initialize(Database* database, Watermark* watermark) {
  ASSIGN_OR_RETURN(std::optional<uint64_t> revision,
                   database->FindNumber(format::kRevisionKey, nullptr));
  if (revision.value_or(0) != 0) {
    return StoreCorrupt(absl::StrCat("the store is at revision ", *revision, ", but its ",
                                     format::kWatermarkName, " file is blank or gone"));
  }
  rocksdb::WriteBatch batch;
  const std::pair<absl::string_view, uint64_t> numbers[] = {
      {format::kFormatKey, format::kFormatVersion},
      {format::kRevisionKey, 0},
      {format::kLogStartKey, 1},
  };
  for (const auto& [key, number] : numbers) {
    rocksdb::Status status =
        batch.Put(database->data(), ToSlice(key), format::EncodeNumber(number));
    if (!status.ok()) return TranslateRocksDbError("create the store", status);
  }
  rocksdb::WriteOptions options;
  options.sync = true;
  rocksdb::Status status = database->rocks()->Write(options, &batch);
  if (!status.ok()) return TranslateRocksDbError("create the store", status);
  return watermark->Write(0);
}

// DATA_LOSS unless `database` holds every commit up to the watermark.
absl::Status Verify(const Database& database, Revision watermark) {
  ASSIGN_OR_RETURN(uint64_t version, database.GetNumber(format::kFormatKey, nullptr));
  RETURN_IF_ERROR(CheckFormat(version));
  ASSIGN_OR_RETURN(Revision revision, database.GetNumber(format::kRevisionKey, nullptr));
  if (revision < watermark) {
    return StoreCorrupt(absl::StrCat("revision ", watermark, " was acknowledged, but the log ends ",
                                     "with revision ", revision,
                                     ": acknowledged commits are missing or damaged"));
  }
  // A log file lost from between two others would leave a hole, which the newest revision does
  // not show.
  ASSIGN_OR_RETURN(Revision log_start, database.GetNumber(format::kLogStartKey, nullptr));
  if (log_start == 0 || log_start > revision + 1) {
    return StoreCorrupt(absl::StrCat("the change log begins at revision ", log_start,
                                     ", the store is at ", revision));
  }
  // What is in tables cannot be lost without them, and an import's changes would take seconds to
  // read. So from the last one there.
  ASSIGN_OR_RETURN(std::optional<Revision> unflushed, database.FirstUnflushedChange());
  const Revision flushed = unflushed.value_or(revision + 1) - 1;
  constexpr size_t kPage = 1000;
  for (Revision after = std::max(log_start, flushed) - 1; after < revision; after += kPage) {
    RETURN_IF_ERROR(database.ReadChanges(after, revision, kPage, nullptr).status());
  }
  return absl::OkStatus();
}

absl::Status ValidateOptions(const RocksDbEngineOptions& options) {
  if (options.directory.empty()) return InvalidField("directory", "", "a path");
  if (options.change_log_commits == 0) {
    return InvalidField("change_log_commits", "0", "at least 1");
  }
  if (options.write_buffer_bytes < kMinWriteBufferBytes) {
    return InvalidField("write_buffer_bytes", absl::StrCat(options.write_buffer_bytes),
                        absl::StrCat("at least ", kMinWriteBufferBytes));
  }
  if (options.background_jobs < kMinBackgroundJobs) {
    return InvalidField("background_jobs", absl::StrCat(options.background_jobs),
                        absl::StrCat("at least ", kMinBackgroundJobs));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> OpenRocksDbEngineOnEnv(const RocksDbEngineOptions& options,
                                                               rocksdb::Env* env) {
  RETURN_IF_ERROR(ValidateOptions(options));
  const fs::path directory(options.directory);
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) {
    return Error(absl::StatusCode::kUnavailable, reason::kStoreUnavailable,
                 absl::StrCat("create ", options.directory, ": ", error.message()))
        .Build();
  }
  ASSIGN_OR_RETURN(
      std::unique_ptr<Watermark> watermark,
      Watermark::Open((directory / std::string(format::kWatermarkName)).string(), options.sync));
  RETURN_IF_ERROR(SyncDirectory(options.directory));

  const std::string path = (directory / std::string(format::kDatabaseName)).string();
  if (!watermark->revision().has_value()) {
    ASSIGN_OR_RETURN(auto created, Database::Open(path, Database::Mode::kCreate, options, env));
    RETURN_IF_ERROR(SyncDirectory(options.directory));
    RETURN_IF_ERROR(Initialize(created.get(), watermark.get()));
  } else {
    // Opened for writing, RocksDB would take the intact part of a damaged log for the whole, and
    // delete the log. So look first, without writing.
    ASSIGN_OR_RETURN(auto look, Database::Open(path, Database::Mode::kReadOnly, options, env));
    RETURN_IF_ERROR(Verify(*look, *watermark->revision()));
  }

  ASSIGN_OR_RETURN(auto database, Database::Open(path, Database::Mode::kReadWrite, options, env));
  ASSIGN_OR_RETURN(Revision revision, database->GetNumber(format::kRevisionKey, nullptr));
  ASSIGN_OR_RETURN(Revision log_start, database->GetNumber(format::kLogStartKey, nullptr));
  // A commit that was on the disk but not yet acknowledged is visible from here on.
  RETURN_IF_ERROR(watermark->Write(revision));
  return std::make_unique<RocksDbEngine>(options, std::move(watermark), std::move(database),
                                         revision, log_start);
}

absl::StatusOr<std::unique_ptr<Engine>> OpenRocksDbEngine(const RocksDbEngineOptions& options) {
  return OpenRocksDbEngineOnEnv(options, rocksdb::Env::Default());
}

}  // namespace gatehouse::storage
