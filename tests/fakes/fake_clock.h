// A clock that stands still until a test moves it.
#ifndef GATEHOUSE_TESTS_FAKES_FAKE_CLOCK_H_
#define GATEHOUSE_TESTS_FAKES_FAKE_CLOCK_H_

#include <mutex>

#include "absl/time/time.h"
#include "server/runtime/clock.h"

namespace gatehouse {

// Thread-safe.
class FakeClock final : public Clock {
 public:
  // 2023-11-14T22:13:20Z unless told otherwise.
  explicit FakeClock(absl::Time now = absl::FromUnixSeconds(1'700'000'000)) : now_(now) {}

  absl::Time Now() const override {
    std::lock_guard<std::mutex> lock(mutex_);
    return now_;
  }
  void Set(absl::Time now) {
    std::lock_guard<std::mutex> lock(mutex_);
    now_ = now;
  }
  void Advance(absl::Duration by) {
    std::lock_guard<std::mutex> lock(mutex_);
    now_ += by;
  }

 private:
  mutable std::mutex mutex_;
  absl::Time now_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_FAKES_FAKE_CLOCK_H_
