#include "storage/rocksdb_engine_impl.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "rocksdb/utilities/checkpoint.h"
#include "storage/engine_request.h"
#include "storage/rocksdb_engine_format.h"

namespace gatehouse::storage {
namespace {

namespace fs = std::filesystem;

class RocksDbSnapshot final : public Snapshot {
 public:
  static absl::StatusOr<std::shared_ptr<const Snapshot>> New(const Database* database) {
    std::shared_ptr<RocksDbSnapshot> snapshot(
        new RocksDbSnapshot(database, database->rocks()->GetSnapshot()));
    // Read through the snapshot, so that it belongs to it: a commit may be under way.
    ASSIGN_OR_RETURN(snapshot->revision_,
                     database->GetNumber(format::kRevisionKey, snapshot->snapshot_));
    return snapshot;
  }

  RocksDbSnapshot(const RocksDbSnapshot&) = delete;
  RocksDbSnapshot& operator=(const RocksDbSnapshot&) = delete;
  ~RocksDbSnapshot() override { database_->rocks()->ReleaseSnapshot(snapshot_); }

  Revision revision() const override { return revision_; }

  absl::StatusOr<std::optional<Entry>> Get(absl::string_view key) const override {
    return database_->Get(key, snapshot_);
  }

  absl::Status Scan(const KeyRange& range,
                    absl::FunctionRef<bool(absl::string_view, absl::string_view, Revision)> visit)
      const override {
    return database_->Scan(range, snapshot_, visit);
  }

 private:
  RocksDbSnapshot(const Database* database, const rocksdb::Snapshot* snapshot)
      : database_(database), snapshot_(snapshot) {}

  const Database* const database_;
  const rocksdb::Snapshot* const snapshot_;
  Revision revision_ = 0;
};

absl::Status Unavailable(absl::string_view message) {
  return Error(absl::StatusCode::kUnavailable, reason::kStoreUnavailable, message).Build();
}

}  // namespace

RocksDbEngine::RocksDbEngine(const RocksDbEngineOptions& options,
                             std::unique_ptr<Watermark> watermark,
                             std::unique_ptr<Database> database, Revision revision,
                             Revision log_start)
    : options_(options),
      watermark_(std::move(watermark)),
      log_start_(log_start),
      database_(std::move(database)),
      revision_(revision),
      group_commit_([this](const auto& group) { CommitAll(group); }) {}

absl::StatusOr<std::shared_ptr<const Snapshot>> RocksDbEngine::NewSnapshot() const {
  return RocksDbSnapshot::New(database_.get());
}

absl::StatusOr<std::optional<Entry>> RocksDbEngine::Get(absl::string_view key) const {
  return database_->Get(key, nullptr);
}

absl::StatusOr<Revision> RocksDbEngine::Commit(const CommitRequest& request) {
  RETURN_IF_ERROR(ValidateCommitRequest(request));
  LatencyTimer timer(&commit_times_);
  absl::StatusOr<Revision> result = group_commit_.Commit(request);
  if (result.ok()) timer.Stop();
  return result;
}

void RocksDbEngine::CommitAll(const std::vector<GroupCommit::Pending*>& group) {
  absl::Status status = Recover();
  if (status.ok()) {
    size_t bytes = 0;
    for (const GroupCommit::Pending* pending : group) bytes += WriteBytes(*pending->request);
    CommitBatch commits(database_.get(), revision_, log_start_, bytes);
    for (GroupCommit::Pending* pending : group) pending->result = commits.Add(*pending->request);
    if (commits.changes().empty()) return;
    status = Persist(&commits);
    if (status.ok()) {
      log_start_ = commits.log_start();
      Publish(commits.changes());
      return;
    }
    broken_ = true;
  }
  // Also for those that failed already: they may have been measured against a commit of the group
  // that did not happen.
  for (GroupCommit::Pending* pending : group) pending->result = status;
}

absl::Status RocksDbEngine::Persist(CommitBatch* commits) {
  rocksdb::Status status = commits->Finish(options_.change_log_commits);
  if (status.ok()) {
    rocksdb::WriteOptions write_options;
    write_options.sync = options_.sync;
    LatencyTimer timer(&log_sync_times_);
    status = database_->rocks()->Write(write_options, commits->batch());
    if (status.ok()) timer.Stop();
  }
  // Not DATA_LOSS, whatever RocksDB says: the commit may be there after a restart.
  if (!status.ok()) return Unavailable(absl::StrCat("commit: ", status.ToString()));
  return Acknowledge(commits->changes().back().revision);
}

absl::Status RocksDbEngine::Acknowledge(Revision newest) {
  LatencyTimer timer(&watermark_sync_times_);
  RETURN_IF_ERROR(watermark_->Write(newest));
  timer.Stop();
  return absl::OkStatus();
}

// After a failed write the database knows better than we do whether it happened.
absl::Status RocksDbEngine::Recover() {
  if (!broken_) return absl::OkStatus();
  RETURN_IF_ERROR(database_->Resume());
  ASSIGN_OR_RETURN(Revision newest, database_->GetNumber(format::kRevisionKey, nullptr));
  ASSIGN_OR_RETURN(Revision log_start, database_->GetNumber(format::kLogStartKey, nullptr));
  ASSIGN_OR_RETURN(std::vector<Change> changes,
                   database_->ReadChanges(revision_, newest, newest - revision_, nullptr));
  RETURN_IF_ERROR(Acknowledge(newest));
  log_start_ = log_start;
  broken_ = false;
  if (!changes.empty()) Publish(changes);
  return absl::OkStatus();
}

void RocksDbEngine::Publish(const std::vector<Change>& changes) {
  std::lock_guard<std::mutex> lock(listener_mutex_);
  revision_ = changes.back().revision;
  if (listener_ != nullptr) listener_->OnCommits(changes);
}

Revision RocksDbEngine::SetListener(CommitListener* listener) {
  std::lock_guard<std::mutex> lock(listener_mutex_);
  listener_ = listener;
  return revision_;
}

EngineStatistics RocksDbEngine::Statistics() const {
  EngineStatistics statistics = database_->Statistics();
  statistics.commits = commit_times_.Read();
  statistics.log_syncs = log_sync_times_.Read();
  statistics.watermark_syncs = watermark_sync_times_.Read();
  return statistics;
}

absl::StatusOr<std::vector<Change>> RocksDbEngine::ChangesSince(Revision after,
                                                                size_t limit) const {
  // One state for the numbers and the log: a commit may trim the log under way.
  rocksdb::ManagedSnapshot snapshot(database_->rocks());
  ASSIGN_OR_RETURN(Revision newest,
                   database_->GetNumber(format::kRevisionKey, snapshot.snapshot()));
  ASSIGN_OR_RETURN(Revision log_start,
                   database_->GetNumber(format::kLogStartKey, snapshot.snapshot()));
  RETURN_IF_ERROR(CheckChangeRange(after, log_start, newest));
  return database_->ReadChanges(after, newest, limit, snapshot.snapshot());
}

absl::Status RocksDbEngine::Checkpoint(const std::string& directory) const {
  // Built under another name and renamed: a checkpoint that exists is whole.
  const fs::path target = fs::absolute(directory);
  const fs::path partial = target.string() + ".partial";
  std::error_code error;
  for (const fs::path& path : {target, partial}) {
    if (fs::exists(fs::symlink_status(path, error))) {
      return Error(absl::StatusCode::kAlreadyExists, reason::kResourceExists,
                   absl::StrCat("checkpoint: ", path.string(), " exists"))
          .Build();
    }
  }
  if (!fs::create_directories(partial, error)) {
    return Unavailable(absl::StrCat("create ", partial.string(), ": ", error.message()));
  }
  const Revision at_least = revision_;
  rocksdb::Checkpoint* raw = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(database_->rocks(), &raw);
  std::unique_ptr<rocksdb::Checkpoint> checkpoint(raw);
  if (status.ok()) {
    status = checkpoint->CreateCheckpoint((partial / std::string(format::kDatabaseName)).string());
  }
  absl::Status written;
  if (!status.ok()) {
    written = TranslateRocksDbError("checkpoint", status);
  } else {
    written = [&]() -> absl::Status {
      ASSIGN_OR_RETURN(auto watermark,
                       Watermark::Open((partial / std::string(format::kWatermarkName)).string(),
                                       /*sync=*/true));
      RETURN_IF_ERROR(watermark->Write(at_least));
      return SyncDirectory(partial.string());
    }();
  }
  if (written.ok()) {
    fs::rename(partial, target, error);
    if (!error) return SyncDirectory(target.parent_path().string());
    written = Unavailable(absl::StrCat("rename ", partial.string(), ": ", error.message()));
  }
  fs::remove_all(partial, error);
  return written;
}

}  // namespace gatehouse::storage
