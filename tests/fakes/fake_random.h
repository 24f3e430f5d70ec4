// Bytes that look random and are the same in every run.
#ifndef GATEHOUSE_TESTS_FAKES_FAKE_RANDOM_H_
#define GATEHOUSE_TESTS_FAKES_FAKE_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <random>
#include <string>

#include "server/runtime/random_source.h"

namespace gatehouse {

// Thread-safe. Two with one seed give the same bytes, call by call.
class FakeRandom final : public RandomSource {
 public:
  explicit FakeRandom(uint64_t seed = 1) : engine_(seed) {}

  std::string Bytes(size_t count) override {
    std::lock_guard<std::mutex> lock(mutex_);
    std::string bytes(count, '\0');
    for (char& byte : bytes) byte = static_cast<char>(engine_() >> 56);
    return bytes;
  }

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;  // its sequence is fixed by the C++ standard
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_FAKES_FAKE_RANDOM_H_
