// The time of day, injected so that tests can move it.
#ifndef GATEHOUSE_SERVER_RUNTIME_CLOCK_H_
#define GATEHOUSE_SERVER_RUNTIME_CLOCK_H_

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace gatehouse {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_RUNTIME_CLOCK_H_
