// Optimistic transactions over an Engine: read, buffer writes, commit if nothing
// that was read has changed.
//
//   TransactionRunner runner(&engine);
//   absl::StatusOr<Revision> revision = runner.Run(organization, [&](Transaction& tx) {
//     ASSIGN_OR_RETURN(auto domain, DomainStore::Find(tx, organization, name));
//     …
//     return DomainStore::Put(tx, *domain);
//   });
#ifndef GATEHOUSE_STORAGE_STORES_TRANSACTION_H_
#define GATEHOUSE_STORAGE_STORES_TRANSACTION_H_

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/audit_event.h"
#include "policy/caller.h"
#include "policy/ids.h"
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
  explicit Transaction(std::shared_ptr<const Snapshot> snapshot) : snapshot_(std::move(snapshot)) {}

  absl::StatusOr<std::optional<Entry>> Get(absl::string_view key) override;
  absl::Status Scan(const KeyRange& range, Visitor visit) override;
  Revision revision() const override { return snapshot_->revision(); }

  void Put(absl::string_view key, std::string value);
  void Delete(absl::string_view key);

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
  std::map<std::string, std::optional<std::string>, std::less<>> writes_;
  std::vector<Description> descriptions_;
  size_t write_bytes_ = 0;
};

// Runs transactions until they commit. Thread-safe.
class TransactionRunner {
 public:
  // `engine` must outlive the runner.
  explicit TransactionRunner(Engine* engine) : engine_(engine) {}

  // Calls `body` with a fresh transaction, and commits what it wrote on behalf
  // of `caller`; again from the start when another commit came between. Returns the revision of
  // the commit, or of the snapshot if `body` wrote nothing. An error of `body`
  // is returned as it is and nothing is written.
  //
  // Transactions of one organization run one after another: they share its
  // counts, so that side by side all but one would be in vain. Others run
  // concurrently and share disk syncs.
  //
  // ABORTED (CONCURRENT_CHANGE): kMaxAttempts times another commit came
  // between. Other errors: of the engine.
  absl::StatusOr<Revision> Run(const Caller& caller, const OrganizationId& organization,
                               absl::FunctionRef<absl::Status(Transaction&)> body);

  Engine& engine() const { return *engine_; }

  static constexpr int kMaxAttempts = 20;

 private:
  Engine* engine_;
  std::array<std::mutex, 64> organization_locks_;
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_TRANSACTION_H_
