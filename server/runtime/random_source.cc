#include "server/runtime/random_source.h"

#include <openssl/rand.h>

#include <cstdint>
#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace gatehouse {

std::string SystemRandomSource::Bytes(size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    std::abort();
  }
  return bytes;
}

std::string NewIdText(RandomSource& random, absl::string_view prefix) {
  static constexpr absl::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string id(prefix);
  for (unsigned char byte : random.Bytes(20)) id.push_back(kDigits[byte % 32]);
  return id;
}

std::string NewHexText(RandomSource& random, size_t bytes) {
  return absl::BytesToHexString(random.Bytes(bytes));
}

}  // namespace gatehouse
