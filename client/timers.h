// The monotonic clock, and calls at a time of it. One seam for all that waits, so
// that tests move time by hand.
#ifndef GATEHOUSE_CLIENT_TIMERS_H_
#define GATEHOUSE_CLIENT_TIMERS_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace gatehouse::client {

// Goes on while the machine sleeps, as std::chrono::steady_clock does not: rules do
// not stay young in their sleep.
struct MonotonicClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;

  static time_point now();
};
using MonotonicTime = MonotonicClock::time_point;

// Thread-safe.
class Timers {
 public:
  // 0 is none.
  using Id = uint64_t;

  // Returns after the last call has. Must not happen inside one.
  virtual ~Timers() = default;

  virtual MonotonicTime Now() const = 0;
  // Calls `due` once, not before `time`, and never before this returns. Calls come
  // one after the other, so none may block.
  virtual Id At(MonotonicTime time, std::function<void()> due) = 0;
  // Forgets a call that has not begun. Does not wait for one that has; one that is
  // over, or none, is no mistake.
  virtual void Cancel(Id id) = 0;
};

// On a thread of its own.
std::shared_ptr<Timers> MakeTimers();

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_TIMERS_H_
