// Building a group's write batch.
#include <algorithm>
#include <utility>

#include "policy/status_macros.h"
#include "storage/engine_request.h"
#include "storage/rocksdb_engine_format.h"
#include "storage/rocksdb_engine_impl.h"

namespace gatehouse::storage {

CommitBatch::CommitBatch(const Database* database, Revision newest, Revision log_start,
                         size_t bytes)
    : database_(database),
      first_revision_(newest + 1),
      log_start_(log_start),
      // Keys stand in the change log, too, and each record has a header. Growing by doubling,
      // a large batch would be copied, and its memory fetched anew, several times.
      batch_(bytes + bytes / 2) {}

absl::Status CommitBatch::CheckConditions(const CommitRequest& request) const {
  for (size_t i = 0; i < request.conditions.size(); ++i) {
    const Condition& condition = request.conditions[i];
    ASSIGN_OR_RETURN(Revision actual, ModRevision(condition.key));
    if (actual != condition.mod_revision) {
      return ConditionFailed(i, condition.mod_revision, actual);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Revision> CommitBatch::Add(const CommitRequest& request) {
  RETURN_IF_ERROR(CheckConditions(request));
  // All reads before the first write: a read that fails must leave nothing in the batch.
  std::vector<const Write*> effective;
  effective.reserve(request.writes.size());
  for (const Write& write : request.writes) {
    if (!write.value.has_value()) {
      ASSIGN_OR_RETURN(Revision existing, ModRevision(write.key));
      if (existing == 0) continue;
    }
    effective.push_back(&write);
  }
  if (effective.empty()) return newest();

  Change change{newest() + 1, {}};
  change.keys.reserve(effective.size());
  mod_revisions_.reserve(mod_revisions_.size() + effective.size());
  const std::string revision = format::EncodeNumber(change.revision);
  for (const Write* write : effective) {
    const rocksdb::Slice key = ToSlice(write->key);
    if (write->value.has_value()) {
      // format::EncodeValue, without a copy of its own.
      const rocksdb::Slice value[] = {ToSlice(revision), ToSlice(*write->value)};
      Record(batch_.Put(database_->data(), rocksdb::SliceParts(&key, 1),
                        rocksdb::SliceParts(value, 2)));
    } else {
      Record(batch_.Delete(database_->data(), key));
    }
    mod_revisions_[write->key] = write->value.has_value() ? change.revision : 0;
    change.keys.push_back(write->key);
  }
  Record(batch_.Put(database_->changes(), format::EncodeNumber(change.revision),
                    format::EncodeKeys(change.keys)));
  changes_.push_back(std::move(change));
  return changes_.back().revision;
}

rocksdb::Status CommitBatch::Finish(size_t keep) {
  const Revision newest = changes_.back().revision;
  if (newest - log_start_ + 1 > keep + TrimSlack(keep)) {
    // Not into this group's own changes: if its acknowledgement fails, Recover reads them.
    const Revision new_start = std::min(newest - keep + 1, first_revision_);
    Record(batch_.DeleteRange(database_->changes(), format::EncodeNumber(log_start_),
                              format::EncodeNumber(new_start)));
    log_start_ = new_start;
    Record(batch_.Put(database_->data(), ToSlice(format::kLogStartKey),
                      format::EncodeNumber(log_start_)));
  }
  Record(
      batch_.Put(database_->data(), ToSlice(format::kRevisionKey), format::EncodeNumber(newest)));
  return status_;
}

absl::StatusOr<Revision> CommitBatch::ModRevision(absl::string_view key) const {
  auto written = mod_revisions_.find(key);
  if (written != mod_revisions_.end()) return written->second;
  return database_->GetModRevision(key);
}

void CommitBatch::Record(const rocksdb::Status& status) {
  if (status_.ok()) status_ = status;
}

}  // namespace gatehouse::storage
