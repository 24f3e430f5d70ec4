// Records that may be forgotten at a time: request ids, used assertions,
// connection tests.
#ifndef GATEHOUSE_STORAGE_STORES_EXPIRY_QUEUE_H_
#define GATEHOUSE_STORAGE_STORES_EXPIRY_QUEUE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "storage/stores/transaction.h"

namespace gatehouse::storage {

struct ExpiryQueue {
  // The record under `key` may be deleted from `time` on.
  static void Add(Transaction& tx, absl::string_view key, absl::Time time);
  // Deletes up to `limit` records whose time has come. Returns how many.
  // Whoever adds records also sweeps, twice as fast as it adds, so that what
  // has expired never piles up.
  static absl::StatusOr<int> Sweep(Transaction& tx, absl::Time now, int limit);
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_EXPIRY_QUEUE_H_
