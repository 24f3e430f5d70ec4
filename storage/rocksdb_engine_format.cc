#include "storage/rocksdb_engine_format.h"

namespace gatehouse::storage::format {
namespace {

constexpr size_t kNumberBytes = 8;
constexpr size_t kLengthBytes = 2;
static_assert(kMaxKeyBytes < 1 << 16, "a key's length must fit its 2 bytes");

void AppendBigEndian(uint64_t number, size_t bytes, std::string* out) {
  for (size_t i = bytes; i-- > 0;) out->push_back(static_cast<char>(number >> (8 * i)));
}

uint64_t ReadBigEndian(absl::string_view bytes) {
  uint64_t number = 0;
  for (char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

}  // namespace

std::string EncodeNumber(uint64_t number) {
  std::string bytes;
  AppendBigEndian(number, kNumberBytes, &bytes);
  return bytes;
}

std::optional<uint64_t> DecodeNumber(absl::string_view bytes) {
  if (bytes.size() != kNumberBytes) return std::nullopt;
  return ReadBigEndian(bytes);
}

std::string EncodeValue(Revision mod_revision, absl::string_view value) {
  std::string bytes;
  bytes.reserve(kNumberBytes + value.size());
  AppendBigEndian(mod_revision, kNumberBytes, &bytes);
  bytes.append(value.data(), value.size());
  return bytes;
}

std::optional<DataValue> DecodeValue(absl::string_view bytes) {
  if (bytes.size() < kNumberBytes) return std::nullopt;
  DataValue value{ReadBigEndian(bytes.substr(0, kNumberBytes)), bytes.substr(kNumberBytes)};
  // No commit has the number 0, which says "absent" in a condition.
  if (value.mod_revision == 0) return std::nullopt;
  return value;
}

std::string EncodeKeys(const std::vector<std::string>& keys) {
  std::string bytes;
  for (const std::string& key : keys) {
    AppendBigEndian(key.size(), kLengthBytes, &bytes);
    bytes += key;
  }
  return bytes;
}

std::optional<std::vector<std::string>> DecodeKeys(absl::string_view bytes) {
  std::vector<std::string> keys;
  while (!bytes.empty()) {
    if (bytes.size() < kLengthBytes) return std::nullopt;
    size_t length = ReadBigEndian(bytes.substr(0, kLengthBytes));
    bytes.remove_prefix(kLengthBytes);
    if (length == 0 || length > bytes.size()) return std::nullopt;
    keys.emplace_back(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  if (keys.empty()) return std::nullopt;
  return keys;
}

}  // namespace gatehouse::storage::format
