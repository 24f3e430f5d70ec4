// Reading and writing enveloped records: what the typed stores are made of.
#ifndef GATEHOUSE_STORAGE_STORES_RECORD_IO_H_
#define GATEHOUSE_STORAGE_STORES_RECORD_IO_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "policy/status_macros.h"
#include "storage/records/conversions.h"
#include "storage/records/record_envelope.h"
#include "storage/stores/stored.h"
#include "storage/stores/transaction.h"

namespace gatehouse::storage {

// The record under `key`; nullopt if there is none, DATA_LOSS if it is damaged.
template <typename Record>
absl::StatusOr<std::optional<Stored<Record>>> GetRecord(Reader& reader, absl::string_view key) {
  ASSIGN_OR_RETURN(std::optional<Entry> entry, reader.Get(key));
  if (!entry) return std::nullopt;
  Stored<Record> stored;
  stored.mod_revision = entry->mod_revision;
  RETURN_IF_ERROR(OpenRecord(key, entry->value, &stored.value));
  return stored;
}

inline void PutRecord(Transaction& tx, absl::string_view key,
                      const google::protobuf::MessageLite& record) {
  tx.Put(key, SealRecord(key, record));
}

// Opens `bytes` and converts it into `value`, whose identity the caller has set.
template <typename Record, typename T>
absl::Status DecodeRecord(absl::string_view key, absl::string_view bytes, T* value) {
  Record record;
  RETURN_IF_ERROR(OpenRecord(key, bytes, &record));
  if (!FromRecord(record, value)) {
    return CorruptRecord(key, "has a value that this version does not know");
  }
  return absl::OkStatus();
}

// The value under `key`, converted; `value` comes with its identity set.
template <typename Record, typename T>
absl::StatusOr<std::optional<Stored<T>>> FindValue(Reader& reader, absl::string_view key, T value) {
  ASSIGN_OR_RETURN(std::optional<Entry> entry, reader.Get(key));
  if (!entry) return std::nullopt;
  RETURN_IF_ERROR((DecodeRecord<Record, T>(key, entry->value, &value)));
  return Stored<T>{std::move(value), entry->mod_revision};
}

// The keys with `prefix` that come after prefix + `after`; all of them if it is
// empty. What a list goes on from.
inline KeyRange RangeAfter(absl::string_view prefix, absl::string_view after) {
  KeyRange range = PrefixRange(prefix);
  // The smallest key above another is that key and a zero byte.
  if (!after.empty()) range.start = absl::StrCat(prefix, after, absl::string_view("\0", 1));
  return range;
}

// Scans `range`; `visit` may fail, which ends the scan with its status, or
// return false, which ends it.
inline absl::Status ScanRange(
    Reader& reader, const KeyRange& range,
    absl::FunctionRef<absl::StatusOr<bool>(absl::string_view key, absl::string_view value,
                                           Revision mod_revision)>
        visit) {
  absl::Status failure;
  absl::Status scanned = reader.Scan(
      range, [&](absl::string_view key, absl::string_view value, Revision mod_revision) {
        absl::StatusOr<bool> more = visit(key, value, mod_revision);
        if (!more.ok()) failure = more.status();
        return more.ok() && *more;
      });
  return failure.ok() ? scanned : failure;
}

// Deletes every record of `range`.
inline absl::Status DeleteRange(Transaction& tx, const KeyRange& range) {
  std::vector<std::string> found;
  RETURN_IF_ERROR(tx.Scan(range, [&](absl::string_view key, absl::string_view, Revision) {
    found.emplace_back(key);
    return true;
  }));
  for (const std::string& key : found) tx.Delete(key);
  return absl::OkStatus();
}

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_RECORD_IO_H_
