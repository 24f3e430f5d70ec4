#include "storage/rocksdb_engine_database.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "storage/engine_request.h"
#include "storage/rocksdb_engine_format.h"
#include "storage/rocksdb_engine_settings.h"

namespace gatehouse::storage {
namespace {

absl::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

// Entries after which a scan is a long one: about what a page of a list needs, twice.
constexpr size_t kShortScan = 2000;

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
  const std::shared_ptr<rocksdb::Cache> cache = NewBlockCache(options);
  const std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {rocksdb::kDefaultColumnFamilyName, FamilySettings(options, cache)},
      {format::kChangesFamily, FamilySettings(options, cache)},
  };
  std::unique_ptr<Database> database(new Database());
  rocksdb::DBOptions database_options = DatabaseSettings(options, env);
  database_options.create_if_missing = mode == Mode::kCreate;
  database_options.create_missing_column_families = mode == Mode::kCreate;
  database_options.statistics = database->tickers_;
  database_options.listeners.push_back(database->events_);
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

Database::Database()
    : tickers_(rocksdb::CreateDBStatistics()), events_(std::make_shared<BackgroundEvents>()) {
  // Counts only: a histogram would read the clock twice for each read.
  tickers_->set_stats_level(rocksdb::StatsLevel::kExceptHistogramOrTimers);
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
  rocksdb::Status status = rocks_->Get(PointRead(snapshot), data(), ToSlice(key), bytes);
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
  const rocksdb::Slice end = ToSlice(range.end);
  rocksdb::ReadOptions options = PointRead(snapshot);
  if (!range.end.empty()) options.iterate_upper_bound = &end;
  std::unique_ptr<rocksdb::Iterator> it(rocks_->NewIterator(options, data()));
  size_t visited = 0;
  for (it->Seek(ToSlice(start)); it->Valid(); it->Next()) {
    if (++visited == kShortScan) {
      const std::string key = it->key().ToString();
      rocksdb::ReadOptions long_scan = LongScan(snapshot);
      long_scan.iterate_upper_bound = options.iterate_upper_bound;
      it.reset(rocks_->NewIterator(long_scan, data()));
      it->Seek(key);
      if (!it->Valid()) break;
    }
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
  std::unique_ptr<rocksdb::Iterator> it(rocks_->NewIterator(PointRead(snapshot), changes()));
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

absl::StatusOr<std::optional<Revision>> Database::FirstUnflushedChange() const {
  rocksdb::ReadOptions options;
  options.read_tier = rocksdb::kMemtableTier;
  std::unique_ptr<rocksdb::Iterator> it(rocks_->NewIterator(options, changes()));
  it->SeekToFirst();
  if (!it->status().ok()) return TranslateRocksDbError("read changes", it->status());
  if (!it->Valid()) return std::nullopt;
  std::optional<uint64_t> revision = format::DecodeNumber(ToView(it->key()));
  if (!revision.has_value()) return StoreCorrupt("a key of the change log is not a revision");
  return revision;
}

EngineStatistics Database::Statistics() const {
  EngineStatistics statistics;
  statistics.keys = SumProperty(rocks_.get(), {data()}, rocksdb::DB::Properties::kEstimateNumKeys);
  statistics.live_bytes =
      SumProperty(rocks_.get(), families_, rocksdb::DB::Properties::kEstimateLiveDataSize);
  statistics.snapshots =
      SumProperty(rocks_.get(), {data()}, rocksdb::DB::Properties::kNumSnapshots);
  statistics.files = ReadFileStatistics(rocks_.get(), families_, *tickers_);
  events_->AddTo(&*statistics.files);
  return statistics;
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
      rocks_->Get(PointRead(nullptr), data(), ToSlice(format::kFormatKey), &version);
  if (!status.ok()) return status;
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  return rocks_->Put(options, data(), ToSlice(format::kFormatKey), version);
}

}  // namespace gatehouse::storage
