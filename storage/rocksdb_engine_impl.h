// The durable engine over an open database. Private to the RocksDB engine.
#ifndef GATEHOUSE_STORAGE_ROCKSDB_ENGINE_IMPL_H_
#define GATEHOUSE_STORAGE_ROCKSDB_ENGINE_IMPL_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "rocksdb/write_batch.h"
#include "storage/engine_group_commit.h"
#include "storage/engine_watermark.h"
#include "storage/rocksdb_engine_database.h"

namespace gatehouse::storage {

// The writes of a group, each successful commit with a revision of its own.
// Conditions are checked against the store and the group's earlier writes.
class CommitBatch {
 public:
  // `newest`: the store's revision; `log_start`: the first revision in its change log.
  // `bytes`: of what will be added, or a guess.
  CommitBatch(const Database* database, Revision newest, Revision log_start, size_t bytes);

  // Adds a commit and gives its revision. An error adds nothing. `request` must
  // outlive this.
  absl::StatusOr<Revision> Add(const CommitRequest& request);

  // Adds what goes with the commits: the change log, cut to `keep` commits if it is time, and
  // the store's numbers. Call once, when there are changes.
  rocksdb::Status Finish(size_t keep);

  const std::vector<Change>& changes() const { return changes_; }
  Revision log_start() const { return log_start_; }
  rocksdb::WriteBatch* batch() { return &batch_; }

 private:
  absl::Status CheckConditions(const CommitRequest& request) const;
  absl::StatusOr<Revision> ModRevision(absl::string_view key) const;
  Revision newest() const { return first_revision_ + changes_.size() - 1; }
  void Record(const rocksdb::Status& status);

  const Database* const database_;
  const Revision first_revision_;
  Revision log_start_;
  rocksdb::WriteBatch batch_;
  rocksdb::Status status_;  // the first failure to build batch_
  std::vector<Change> changes_;
  // Of written keys, which are the requests'; 0: deleted.
  absl::flat_hash_map<absl::string_view, Revision> mod_revisions_;
};

class RocksDbEngine final : public Engine {
 public:
  // `revision`, `log_start`: as the database has them.
  RocksDbEngine(const RocksDbEngineOptions& options, std::unique_ptr<Watermark> watermark,
                std::unique_ptr<Database> database, Revision revision, Revision log_start);

  absl::StatusOr<std::shared_ptr<const Snapshot>> NewSnapshot() const override;
  absl::StatusOr<std::optional<Entry>> Get(absl::string_view key) const override;
  Revision revision() const override { return revision_; }
  absl::StatusOr<Revision> Commit(const CommitRequest& request) override;
  absl::StatusOr<std::vector<Change>> ChangesSince(Revision after, size_t limit) const override;
  absl::Status Checkpoint(const std::string& directory) const override;
  Revision SetListener(CommitListener* listener) override;
  EngineStatistics Statistics() const override;

 private:
  void CommitAll(const std::vector<GroupCommit::Pending*>& group);
  absl::Status Persist(CommitBatch* commits);
  absl::Status Acknowledge(Revision newest);
  absl::Status Recover();
  void Publish(const std::vector<Change>& changes);

  const RocksDbEngineOptions options_;

  // Used by the leader of a commit group only.
  const std::unique_ptr<Watermark> watermark_;
  Revision log_start_;
  bool broken_ = false;  // the last write failed; what it left behind is not known

  const std::unique_ptr<Database> database_;

  LatencyRecorder commit_times_;
  LatencyRecorder log_sync_times_;
  LatencyRecorder watermark_sync_times_;

  // Held while a group is published, so that SetListener sees whole groups. revision_ changes
  // with it held.
  std::mutex listener_mutex_;
  CommitListener* listener_ = nullptr;
  std::atomic<Revision> revision_;

  GroupCommit group_commit_;  // last: goes first, when its commits are done
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_ROCKSDB_ENGINE_IMPL_H_
