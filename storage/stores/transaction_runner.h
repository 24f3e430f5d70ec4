// Runs transactions: retried until they commit, audited in the same commit.
//
//   TransactionRunner runner(&engine);
//   absl::StatusOr<Revision> revision =
//       runner.Run(caller, organization, [&](Transaction& tx) -> absl::Status {
//         ASSIGN_OR_RETURN(auto domain, DomainStore::Find(tx, organization, name));
//         …
//         return DomainStore::Put(tx, *domain);
//       });
#ifndef GATEHOUSE_STORAGE_STORES_TRANSACTION_RUNNER_H_
#define GATEHOUSE_STORAGE_STORES_TRANSACTION_RUNNER_H_

#include <array>
#include <mutex>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "policy/caller.h"
#include "policy/ids.h"
#include "storage/engine.h"
#include "storage/stores/transaction.h"

namespace gatehouse::storage {

// Runs transactions until they commit. Thread-safe.
class TransactionRunner {
 public:
  // `engine` must outlive the runner.
  explicit TransactionRunner(Engine* engine) : engine_(engine) {}

  // Calls `body` with a fresh transaction, appends to the audit log what it wrote
  // on behalf of `caller`, and commits both; again from the start when another
  // commit came between. Returns the revision of the commit, or of the snapshot
  // if `body` wrote and described nothing. An error of `body` is returned as it
  // is and nothing is written; nor if its audit event cannot be.
  //
  // Transactions of one organization run one after another: they share its
  // counts, so that side by side all but one would be in vain. Others run
  // concurrently and share disk syncs. The empty organization stands for the
  // server's own audit chain, which the creation and deletion of organizations
  // and every change of access tokens append to.
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

#endif  // GATEHOUSE_STORAGE_STORES_TRANSACTION_RUNNER_H_
