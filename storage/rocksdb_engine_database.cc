#include "storage/rocksdb_engine_database.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "rocksdb/cache.h"
#include "rocksdb/convenience.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/listener.h"
#include "rocksdb/options.h"
#include "rocksdb/table.h"
#include "storage/engine_request.h"
#include "storage/rocksdb_engine_format.h"

namespace gatehouse::storage {
namespace {

absl::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

rocksdb::ReadOptions ReadAt(const rocksdb::Snapshot* snapshot) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  return options;
}

rocksdb::ColumnFamilyOptions FamilyOptions(size_t write_buffer_bytes,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  // Most checks ask for addresses that exist or for none at all: the filter answers the latter.
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.whole_key_filtering = true;
  // Filters and indexes outside the cache: in a cache too small for them each read would load
  // megabytes of filter.
  table.cache_index_and_filter_blocks = false;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.format_version = 5;

  rocksdb::ColumnFamilyOptions options;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.write_buffer_size = write_buffer_bytes;
  options.level_compaction_dynamic_level_bytes = true;
  std::vector<rocksdb::CompressionType> supported = rocksdb::GetSupportedCompressions();
  bool has_lz4 =
      std::find(supported.begin(), supported.end(), rocksdb::kLZ4Compression) != supported.end();
  options.compression = has_lz4 ? rocksdb::kLZ4Compression : rocksdb::kNoCompression;
  return options;
}

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

rocksdb::DBOptions DatabaseOptions(Database::Mode mode, rocksdb::Env* env) {
  rocksdb::DBOptions options;
  options.env = env;
  options.create_if_missing = mode == Database::Mode::kCreate;
  options.create_missing_column_families = mode == Database::Mode::kCreate;
  options.paranoid_checks = true;
  // Stops at the first record that is not whole, whatever is wrong with it: a tail torn by power
  // loss may be cut, zero or garbage. That nothing acknowledged was dropped is for the watermark
  // to say; no mode of RocksDB can (docs/storage-engine.md).
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.listeners.push_back(std::make_shared<NoAutomaticRecovery>());
  options.max_bgerror_resume_count = 0;
  options.max_total_wal_size = uint64_t{128} << 20;
  options.max_background_jobs = 2;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.keep_log_file_num = 4;
  options.max_log_file_size = size_t{4} << 20;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

absl::StatusOr<format::DataValue> Decode(const rocksdb::Slice& bytes) {
  std::optional<format::DataValue> value = format::DecodeValue(ToView(bytes));
  if (!value.has_value()) return StoreCorrupt("a value does not begin with its mod revision");
  return *value;
}

}  // namespace

absl::Status StoreCorrupt(absl::string_view message) {
  return Error(absl::StatusCode::kDataLoss, reason::kStoreCorrupt, message).Build();
}

absl::Status TranslateRocksDbError(absl::string_view action, const rocksdb::Status& status) {
  std::string message = absl::StrCat(action, ": ", status.ToString());
  // A file that the database counts on and that is not there is lost data too.
  if (status.IsCorruption() || status.IsPathNotFound()) return StoreCorrupt(message);
  return Error(absl::StatusCode::kUnavailable, reason::kStoreUnavailable, message).Build();
}

rocksdb::Slice ToSlice(absl::string_view view) { return {view.data(), view.size()}; }

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const std::string& path, Mode mode,
                                                         const RocksDbEngineOptions& options,
                                                         rocksdb::Env* env) {
  std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {rocksdb::kDefaultColumnFamilyName, FamilyOptions(size_t{64} << 20, cache)},
      {format::kChangesFamily, FamilyOptions(size_t{16} << 20, cache)},
  };
  rocksdb::DBOptions database_options = DatabaseOptions(mode, env);
  std::unique_ptr<Database> database(new Database());
  rocksdb::DB* rocks = nullptr;
  rocksdb::Status status =
      mode == Mode::kReadOnly
          ? rocksdb::DB::OpenForReadOnly(database_options, path, families, &database->families_,
                                         &rocks)
          : rocksdb::DB::Open(database_options, path, families, &database->families_, &rocks);
  database->rocks_.reset(rocks);
  if (status.ok() && mode == Mode::kReadWrite) status = database->PrepareResume();
  if (status.ok()) return database;
  // The path and the families are ours: RocksDB finds them wrong when they are not as we left
  // them, CURRENT gone for one.
  if (status.IsInvalidArgument()) {
    return StoreCorrupt(absl::StrCat("open ", path, ": ", status.ToString()));
  }
  return TranslateRocksDbError(absl::StrCat("open ", path), status);
}

Database::~Database() {
  if (rocks_ == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* family : families_) {
    rocks_->DestroyColumnFamilyHandle(family);
  }
  rocks_->Close();
}

absl::StatusOr<bool> Database::Read(absl::string_view key, const rocksdb::Snapshot* snapshot,
                                    rocksdb::PinnableSlice* bytes) const {
  rocksdb::Status status = rocks_->Get(ReadAt(snapshot), data(), ToSlice(key), bytes);
  if (status.IsNotFound()) return false;
  if (!status.ok()) return TranslateRocksDbError("read", status);
  return true;
}

absl::StatusOr<std::optional<Entry>> Database::Get(absl::string_view key,
                                                   const rocksdb::Snapshot* snapshot) const {
  if (key.empty() || IsReservedKey(key)) return std::nullopt;
  rocksdb::PinnableSlice bytes;
  ASSIGN_OR_RETURN(bool found, Read(key, snapshot, &bytes));
  if (!found) return std::nullopt;
  ASSIGN_OR_RETURN(format::DataValue value, Decode(bytes));
  return Entry{std::string(value.value), value.mod_revision};
}

absl::StatusOr<Revision> Database::GetModRevision(absl::string_view key) const {
  rocksdb::PinnableSlice bytes;
  ASSIGN_OR_RETURN(bool found, Read(key, nullptr, &bytes));
  if (!found) return 0;
  ASSIGN_OR_RETURN(format::DataValue value, Decode(bytes));
  return value.mod_revision;
}

absl::Status Database::Scan(
    const KeyRange& range, const rocksdb::Snapshot* snapshot,
    absl::FunctionRef<bool(absl::string_view, absl::string_view, Revision)> visit) const {
  absl::string_view start = std::max<absl::string_view>(range.start, format::kFirstDataKey);
  // RocksDB leaves open what an upper bound below the start means.
  if (!range.end.empty() && range.end <= start) return absl::OkStatus();
  rocksdb::ReadOptions options = ReadAt(snapshot);
  rocksdb::Slice end = ToSlice(range.end);
  if (!range.end.empty()) options.iterate_upper_bound = &end;
  std::unique_ptr<rocksdb::Iterator> it(rocks_->NewIterator(options, data()));
  for (it->Seek(ToSlice(start)); it->Valid(); it->Next()) {
    ASSIGN_OR_RETURN(format::DataValue value, Decode(it->value()));
    if (!visit(ToView(it->key()), value.value, value.mod_revision)) return absl::OkStatus();
  }
  if (!it->status().ok()) return TranslateRocksDbError("scan", it->status());
  return absl::OkStatus();
}

absl::StatusOr<std::optional<uint64_t>> Database::FindNumber(
    absl::string_view key, const rocksdb::Snapshot* snapshot) const {
  rocksdb::PinnableSlice bytes;
  ASSIGN_OR_RETURN(bool found, Read(key, snapshot, &bytes));
  if (!found) return std::nullopt;
  std::optional<uint64_t> number = format::DecodeNumber(ToView(bytes));
  if (!number.has_value()) {
    return StoreCorrupt(absl::StrCat("\"", key.substr(1), "\" is not a number"));
  }
  return number;
}

absl::StatusOr<uint64_t> Database::GetNumber(absl::string_view key,
                                             const rocksdb::Snapshot* snapshot) const {
  ASSIGN_OR_RETURN(std::optional<uint64_t> number, FindNumber(key, snapshot));
  if (number.has_value()) return *number;
  return StoreCorrupt(absl::StrCat("the store's \"", key.substr(1), "\" is missing"));
}

absl::StatusOr<std::vector<Change>> Database::ReadChanges(Revision after, Revision newest,
                                                          size_t limit,
                                                          const rocksdb::Snapshot* snapshot) const {
  std::vector<Change> read;
  const uint64_t wanted = std::min<uint64_t>(limit, newest - after);
  if (wanted == 0) return read;
  std::unique_ptr<rocksdb::Iterator> it(rocks_->NewIterator(ReadAt(snapshot), changes()));
  for (it->Seek(format::EncodeNumber(after + 1)); it->Valid() && read.size() < wanted; it->Next()) {
    const Revision next = after + read.size() + 1;
    if (format::DecodeNumber(ToView(it->key())) != next) break;
    std::optional<std::vector<std::string>> keys = format::DecodeKeys(ToView(it->value()));
    if (!keys.has_value()) {
      return StoreCorrupt(absl::StrCat("the change of revision ", next, " cannot be read"));
    }
    read.push_back({next, *std::move(keys)});
  }
  if (!it->status().ok()) return TranslateRocksDbError("read changes", it->status());
  if (read.size() == wanted) return read;
  return StoreCorrupt(
      absl::StrCat("the change of revision ", after + read.size() + 1, " is missing"));
}

absl::Status Database::Resume() {
  auto refuse = [](absl::string_view why) {
    return Error(absl::StatusCode::kUnavailable, reason::kStoreUnavailable,
                 absl::StrCat("the store refuses writes since one failed: ", why))
        .Build();
  };
  uint64_t entries = 0;
  if (!rocks_->GetIntProperty(data(), rocksdb::DB::Properties::kNumEntriesActiveMemTable,
                              &entries) ||
      entries == 0) {
    return refuse("its log file is unusable; a restart replaces it");
  }
  rocksdb::Status status = rocks_->Resume();
  if (status.ok()) status = PrepareResume();
  return status.ok() ? absl::OkStatus() : refuse(status.ToString());
}

// RocksDB's Resume replaces a log file that has failed by flushing, and flushes only if there is
// something in memory; otherwise it reports success and the next write goes to the unusable file
// (in 7.8, an assertion failure). So there always is something: a number that is in the store
// anyway, put again past the log. Its loss would change nothing.
rocksdb::Status Database::PrepareResume() {
  std::string version;
  rocksdb::Status status =
      rocks_->Get(ReadAt(nullptr), data(), ToSlice(format::kFormatKey), &version);
  if (!status.ok()) return status;
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  return rocks_->Put(options, data(), ToSlice(format::kFormatKey), version);
}

}  // namespace gatehouse::storage
