#include "storage/records/record_envelope.h"

#include <xxhash.h>

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse::storage {
namespace {

constexpr char kFormatVersion = 1;  // persisted
constexpr size_t kHeaderBytes = 9;

uint64_t Checksum(absl::string_view key, absl::string_view payload) {
  return XXH3_64bits_withSeed(payload.data(), payload.size(), XXH3_64bits(key.data(), key.size()));
}

void PutLittleEndian(uint64_t value, char* out) {
  for (int i = 0; i < 8; ++i) out[i] = static_cast<char>(value >> (8 * i));
}

uint64_t GetLittleEndian(const char* in) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value |= uint64_t{static_cast<unsigned char>(in[i])} << (8 * i);
  return value;
}

}  // namespace

std::string SealRecord(absl::string_view key, const google::protobuf::MessageLite& message) {
  std::string bytes(kHeaderBytes, '\0');
  message.AppendToString(&bytes);
  bytes[0] = kFormatVersion;
  PutLittleEndian(Checksum(key, absl::string_view(bytes).substr(kHeaderBytes)), &bytes[1]);
  return bytes;
}

absl::StatusOr<absl::string_view> RecordMessage(absl::string_view key, absl::string_view bytes) {
  if (bytes.size() < kHeaderBytes) {
    return CorruptRecord(key,
                         absl::StrCat("has ", bytes.size(), " bytes, shorter than its header"));
  }
  if (bytes[0] != kFormatVersion) {
    return CorruptRecord(
        key, absl::StrCat("has format version ", int{static_cast<unsigned char>(bytes[0])},
                          ", this server knows ", int{kFormatVersion}));
  }
  absl::string_view payload = bytes.substr(kHeaderBytes);
  if (GetLittleEndian(bytes.data() + 1) != Checksum(key, payload)) {
    return CorruptRecord(key, "does not match its checksum");
  }
  return payload;
}

absl::Status OpenRecord(absl::string_view key, absl::string_view bytes,
                        google::protobuf::MessageLite* message) {
  ASSIGN_OR_RETURN(const absl::string_view payload, RecordMessage(key, bytes));
  if (!message->ParseFromArray(payload.data(), static_cast<int>(payload.size()))) {
    return CorruptRecord(key, absl::StrCat("is no ", message->GetTypeName()));
  }
  return absl::OkStatus();
}

absl::Status CorruptRecord(absl::string_view key, absl::string_view what) {
  return Error(absl::StatusCode::kDataLoss, reason::kStoreCorrupt,
               absl::StrFormat("stored record %s#%016x %s; restore it from a backup",
                               key.substr(0, 1), XXH3_64bits(key.data(), key.size()), what))
      .Build();
}

}  // namespace gatehouse::storage
