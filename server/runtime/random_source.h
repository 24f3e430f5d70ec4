// Unpredictable bytes, and the identifiers made of them; injected so that tests
// can repeat them.
#ifndef GATEHOUSE_SERVER_RUNTIME_RANDOM_SOURCE_H_
#define GATEHOUSE_SERVER_RUNTIME_RANDOM_SOURCE_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace gatehouse {

// Thread-safe.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  // `count` bytes that nobody can guess.
  virtual std::string Bytes(size_t count) = 0;
};

// OpenSSL's generator. Ends the process if it fails: nothing made afterwards
// could be trusted.
class SystemRandomSource final : public RandomSource {
 public:
  std::string Bytes(size_t count) override;
};

// `prefix` and 20 base32 digits (100 random bits): unique without asking the
// store, and a valid resource id if `prefix` starts with a letter.
std::string NewIdText(RandomSource& random, absl::string_view prefix);

// 2 * `bytes` hex digits.
std::string NewHexText(RandomSource& random, size_t bytes);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_RUNTIME_RANDOM_SOURCE_H_
