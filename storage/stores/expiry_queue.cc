#include "storage/stores/expiry_queue.h"

#include <string>

#include "storage/records/keys.h"
#include "storage/stores/record_io.h"

namespace gatehouse::storage {

void ExpiryQueue::Add(Transaction& tx, absl::string_view key, absl::Time time) {
  v1::ExpiryRecord record;
  record.set_key(std::string(key));
  PutRecord(tx, keys::Expiry(time, key), record);
}

absl::StatusOr<int> ExpiryQueue::Sweep(Transaction& tx, absl::Time now, int limit) {
  int swept = 0;
  const KeyRange due{.start = keys::KindPrefix(keys::kExpiry), .end = keys::ExpiryBefore(now)};
  RETURN_IF_ERROR(ScanRange(
      tx, due,
      [&](absl::string_view key, absl::string_view value, Revision) -> absl::StatusOr<bool> {
        v1::ExpiryRecord record;
        RETURN_IF_ERROR(OpenRecord(key, value, &record));
        tx.Delete(record.key());
        tx.Delete(key);
        return ++swept < limit;
      }));
  return swept;
}

}  // namespace gatehouse::storage
