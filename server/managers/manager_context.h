// What every manager works with. Everything pointed to outlives the managers.
#ifndef GATEHOUSE_SERVER_MANAGERS_MANAGER_CONTEXT_H_
#define GATEHOUSE_SERVER_MANAGERS_MANAGER_CONTEXT_H_

#include "absl/status/statusor.h"
#include "server/runtime/clock.h"
#include "server/runtime/random_source.h"
#include "storage/secrets/secret_box.h"
#include "storage/stores/transaction.h"
#include "storage/stores/transaction_runner.h"

namespace gatehouse {

struct ManagerContext {
  storage::TransactionRunner* transactions = nullptr;
  const Clock* clock = nullptr;
  RandomSource* random = nullptr;
  const storage::SecretBox* secrets = nullptr;

  // The newest committed state.
  absl::StatusOr<storage::SnapshotReader> OpenReader() const {
    return storage::SnapshotReader::Open(transactions->engine());
  }
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_MANAGER_CONTEXT_H_
