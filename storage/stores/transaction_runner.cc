#include "storage/stores/transaction_runner.h"

#include <memory>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "storage/stores/audit_trail.h"

namespace gatehouse::storage {

absl::StatusOr<Revision> TransactionRunner::Run(
    const Caller& caller, const OrganizationId& organization,
    absl::FunctionRef<absl::Status(Transaction&)> body) {
  std::mutex& lock =
      organization_locks_[absl::Hash<OrganizationId>()(organization) % organization_locks_.size()];
  std::lock_guard<std::mutex> guard(lock);
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    ASSIGN_OR_RETURN(std::shared_ptr<const Snapshot> snapshot, engine_->NewSnapshot());
    Transaction transaction(std::move(snapshot));
    RETURN_IF_ERROR(body(transaction));
    RETURN_IF_ERROR(AuditTrail::AppendTransaction(transaction, caller));
    if (!transaction.has_writes()) return transaction.revision();
    absl::StatusOr<Revision> revision = engine_->Commit(transaction.BuildCommit());
    if (revision.ok() || !absl::IsAborted(revision.status())) return revision;
  }
  return Error(absl::StatusCode::kAborted, reason::kConcurrentChange,
               absl::StrCat("organization \"", organization.value(), "\" was changed by others ",
                            kMaxAttempts, " times in a row; retry"))
      .Build();
}

}  // namespace gatehouse::storage
