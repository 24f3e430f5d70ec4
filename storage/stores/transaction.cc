#include "storage/stores/transaction.h"

#include "policy/status_macros.h"

namespace gatehouse::storage {
namespace {

// Sets one write; `total` counts the bytes of all.
void SetWrite(absl::string_view key, std::optional<std::string> value, Transaction::Writes& writes,
              size_t& total) {
  const auto [write, is_new] = writes.try_emplace(std::string(key));
  total += is_new ? key.size() : 0;
  total -= write->second ? write->second->size() : 0;
  total += value ? value->size() : 0;
  write->second = std::move(value);
}

}  // namespace

absl::StatusOr<SnapshotReader> SnapshotReader::Open(const Engine& engine) {
  ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> snapshot, engine.NewSnapshot());
  return SnapshotReader(std::move(snapshot));
}

absl::StatusOr<std::optional<Entry>> SnapshotReader::Get(absl::string_view key) {
  return snapshot_->Get(key);
}

absl::Status SnapshotReader::Scan(const KeyRange& range, Visitor visit) {
  return snapshot_->Scan(range, visit);
}

absl::StatusOr<std::optional<Entry>> Transaction::Get(absl::string_view key) {
  if (auto own = writes_.find(key); own != writes_.end()) {
    if (!own->second) return std::nullopt;
    return Entry{.value = *own->second, .mod_revision = 0};
  }
  return GetCommitted(key);
}

absl::StatusOr<std::optional<Entry>> Transaction::GetCommitted(absl::string_view key) {
  if (auto known = conditions_.find(key); known != conditions_.end() && known->second == 0) {
    return std::nullopt;
  }
  ASSIGN_OR_RETURN(std::optional<Entry> entry, snapshot_->Get(key));
  conditions_.emplace(std::string(key), entry ? entry->mod_revision : 0);
  return entry;
}

absl::Status Transaction::Scan(const KeyRange& range, Visitor visit) {
  // Merges two sorted sequences: the snapshot's entries and our own writes.
  auto own = writes_.lower_bound(range.start);
  auto own_end = range.end.empty() ? writes_.end() : writes_.lower_bound(range.end);
  bool more = true;
  // Visits our own writes with keys below `bound` (all, if nullopt).
  auto visit_own_below = [&](std::optional<absl::string_view> bound) {
    for (; more && own != own_end && (!bound || own->first < *bound); ++own) {
      if (own->second) more = visit(own->first, *own->second, 0);
    }
  };
  RETURN_IF_ERROR(snapshot_->Scan(
      range, [&](absl::string_view key, absl::string_view value, Revision mod_revision) {
        visit_own_below(key);
        if (!more) return false;
        // Overwritten or deleted here: our own write is visited in its turn.
        if (own != own_end && own->first == key) return true;
        more = visit(key, value, mod_revision);
        return more;
      }));
  visit_own_below(std::nullopt);
  return absl::OkStatus();
}

void Transaction::Put(absl::string_view key, std::string value) {
  SetWrite(key, std::move(value), writes_, write_bytes_);
}

void Transaction::Delete(absl::string_view key) {
  SetWrite(key, std::nullopt, writes_, write_bytes_);
}

void Transaction::MoveTo(std::shared_ptr<const Snapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  conditions_.clear();
}

CommitRequest Transaction::BuildCommit() const {
  CommitRequest request;
  request.conditions.reserve(conditions_.size());
  for (const auto& [key, mod_revision] : conditions_) {
    request.conditions.push_back({.key = key, .mod_revision = mod_revision});
  }
  request.writes.reserve(writes_.size());
  for (const auto& [key, value] : writes_) request.writes.push_back({.key = key, .value = value});
  return request;
}

}  // namespace gatehouse::storage
