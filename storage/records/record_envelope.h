// The envelope around every record's bytes: format version and checksum.
//
//   byte 0      format version, 1
//   bytes 1-8   XXH3-64 of the message, seeded with XXH3-64 of the key,
//               little-endian
//   bytes 9-    the protobuf message
//
// The key is part of the checksum, so bytes that end up under another key are
// detected like bytes that changed. Persisted; see docs/storage-format.md.
#ifndef GATEHOUSE_STORAGE_RECORDS_RECORD_ENVELOPE_H_
#define GATEHOUSE_STORAGE_RECORDS_RECORD_ENVELOPE_H_

#include <google/protobuf/message_lite.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gatehouse::storage {

std::string SealRecord(absl::string_view key, const google::protobuf::MessageLite& message);

// DATA_LOSS (STORE_CORRUPT) with the key's kind: too short, an unknown format
// version, a wrong checksum, or not the message. `message` is then unspecified.
absl::Status OpenRecord(absl::string_view key, absl::string_view bytes,
                        google::protobuf::MessageLite* message);

// The message's bytes, which `bytes` keeps alive. DATA_LOSS (STORE_CORRUPT): as
// OpenRecord, but for what only parsing tells.
absl::StatusOr<absl::string_view> RecordMessage(absl::string_view key, absl::string_view bytes);

// DATA_LOSS (STORE_CORRUPT) for the record under `key`. The message names the
// kind and a digest of the key, not the key: keys hold addresses.
absl::Status CorruptRecord(absl::string_view key, absl::string_view what);

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_RECORDS_RECORD_ENVELOPE_H_
