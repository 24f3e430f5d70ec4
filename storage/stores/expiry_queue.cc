#include "storage/stores/expiry_queue.h"

#include <string>
#include <vector>

#include "storage/records/keys.h"
#include "storage/stores/record_io.h"

namespace gatehouse::storage {

void ExpiryQueue::Add(Transaction& tx, absl::string_view key, absl::Time time) {
  v1::ExpiryRecord record;
  record.set_key(std::string(key));
  PutRecord(tx, keys::Expiry(time, key), record);
}

absl::StatusOr<int> ExpiryQueue::Sweep(Transaction& tx, absl::Time now, int limit) {
  std::vector<std::string> due;
  const KeyRange range{.start = keys::KindPrefix(keys::kExpiry), .end = keys::ExpiryBefore(now)};
  RETURN_IF_ERROR(ScanRange(
      tx, range,
      [&](absl::string_view key, absl::string_view value, Revision) -> absl::StatusOr<bool> {
        v1::ExpiryRecord record;
        RETURN_IF_ERROR(OpenRecord(key, value, &record));
        due.push_back(record.key());
        due.emplace_back(key);
        return due.size() < 2 * static_cast<size_t>(limit);
      }));
  for (const std::string& key : due) tx.Delete(key);
  return static_cast<int>(due.size() / 2);
}

}  // namespace gatehouse::storage
