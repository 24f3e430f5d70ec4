// What the RocksDB engine writes, byte by byte; docs/storage-engine.md has the
// same as a table. Persisted, never change: a new layout is a new kFormatVersion.
#ifndef GATEHOUSE_STORAGE_ROCKSDB_ENGINE_FORMAT_H_
#define GATEHOUSE_STORAGE_ROCKSDB_ENGINE_FORMAT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "storage/engine.h"

namespace gatehouse::storage::format {

inline constexpr uint64_t kFormatVersion = 1;

// In the directory: the RocksDB database, and the watermark file.
inline constexpr absl::string_view kDatabaseName = "db";
inline constexpr absl::string_view kWatermarkName = "WATERMARK";

// Column family of the change log: a revision -> EncodeKeys. Data is in the default one.
inline constexpr char kChangesFamily[] = "changes";

// Keys of the engine's own, among the data. Each holds a number.
inline constexpr absl::string_view kFormatKey("\0format", 7);
inline constexpr absl::string_view kRevisionKey("\0revision", 9);
inline constexpr absl::string_view kLogStartKey("\0log_start", 10);  // first revision in the log
// The first key that is not the engine's own.
inline constexpr absl::string_view kFirstDataKey("\1", 1);

// A number, and a key of the change log: 8 bytes, big-endian.
std::string EncodeNumber(uint64_t number);
std::optional<uint64_t> DecodeNumber(absl::string_view bytes);

// A data value: the mod revision as a number, then the value.
struct DataValue {
  Revision mod_revision = 0;
  absl::string_view value;  // into the decoded bytes
};
std::string EncodeValue(Revision mod_revision, absl::string_view value);
std::optional<DataValue> DecodeValue(absl::string_view bytes);

// A value of the change log: for each key its length in 2 bytes, big-endian, and its bytes.
std::string EncodeKeys(const std::vector<std::string>& keys);
std::optional<std::vector<std::string>> DecodeKeys(absl::string_view bytes);

}  // namespace gatehouse::storage::format

#endif  // GATEHOUSE_STORAGE_ROCKSDB_ENGINE_FORMAT_H_
