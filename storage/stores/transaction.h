// Optimistic transactions over an Engine: read, buffer writes, commit if nothing
// that was read has changed.
//
// Run by TransactionRunner (storage/stores/transaction_runner.h).
#ifndef GATEHOUSE_STORAGE_STORES_TRANSACTION_H_
#define GATEHOUSE_STORAGE_STORES_TRANSACTION_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/audit_event.h"
#include "storage/engine.h"

namespace gatehouse::storage {

// Something that typed stores read through. Not thread-safe.
class Reader {
 public:
  using Visitor = absl::FunctionRef<bool(absl::string_view key, absl::string_view value,
                                         Revision mod_revision)>;

  virtual ~Reader() = default;
  virtual absl::StatusOr<std::optional<Entry>> Get(absl::string_view key) = 0;
  // As Snapshot::Scan. A transaction sees its own writes (with mod revision 0);
  // `visit` must not write to it. What a scan saw is not a condition of the
  // commit: guard it with a key that every writer of the range also writes
  // (PolicyGuard, counts).
  virtual absl::Status Scan(const KeyRange& range, Visitor visit) = 0;
  virtual Revision revision() const = 0;
};

// Reads one snapshot.
class SnapshotReader final : public Reader {
 public:
  static absl::StatusOr<SnapshotReader> Open(const Engine& engine);

  absl::StatusOr<std::optional<Entry>> Get(absl::string_view key) override;
  absl::Status Scan(const KeyRange& range, Visitor visit) override;
  Revision revision() const override { return snapshot_->revision(); }

 private:
  explicit SnapshotReader(std::shared_ptr<const Snapshot> snapshot)
      : snapshot_(std::move(snapshot)) {}
  std::shared_ptr<const Snapshot> snapshot_;
};

// Reads one snapshot and the transaction's own writes; every key read by Get
// becomes a condition of the commit. Not thread-safe.
class Transaction final : public Reader {
 public:
  // nullopt: to be deleted.
  using Writes = std::map<std::string, std::optional<std::string>, std::less<>>;

  explicit Transaction(std::shared_ptr<const Snapshot> snapshot) : snapshot_(std::move(snapshot)) {}

  absl::StatusOr<std::optional<Entry>> Get(absl::string_view key) override;
  absl::Status Scan(const KeyRange& range, Visitor visit) override;
  Revision revision() const override { return snapshot_->revision(); }

  void Put(absl::string_view key, std::string value);
  void Delete(absl::string_view key);

  // As Get, of what stood there before this transaction wrote to it.
  absl::StatusOr<std::optional<Entry>> GetCommitted(absl::string_view key);
  const Writes& writes() const { return writes_; }

  // Goes on from another snapshot, its own writes kept: for a rehearsal that is
  // never committed and must not hold one snapshot for long. null: nothing may
  // be read until the next call.
  void MoveTo(std::shared_ptr<const Snapshot> snapshot);

  bool has_writes() const { return !writes_.empty(); }

  // Adds an event of its own to the audit log, by the same commit: something
  // that is more than the change of a resource. `resource`: its name.
  struct Description {
    AuditEventKind kind;
    std::string resource;
    std::string description;  // for people; at most 1,024 bytes
  };
  void Describe(Description description) { descriptions_.push_back(std::move(description)); }
  const std::vector<Description>& descriptions() const { return descriptions_; }

  // Bytes of keys and values to write, for batching.
  size_t write_bytes() const { return write_bytes_; }
  CommitRequest BuildCommit() const;

 private:
  std::shared_ptr<const Snapshot> snapshot_;
  std::map<std::string, Revision, std::less<>> conditions_;
  Writes writes_;
  std::vector<Description> descriptions_;
  size_t write_bytes_ = 0;
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_TRANSACTION_H_
