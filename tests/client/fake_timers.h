// Time that a test moves by hand.
#ifndef GATEHOUSE_TESTS_CLIENT_FAKE_TIMERS_H_
#define GATEHOUSE_TESTS_CLIENT_FAKE_TIMERS_H_

#include <map>
#include <mutex>
#include <utility>

#include "absl/time/time.h"
#include "client/timers.h"

namespace gatehouse::client {

// Thread-safe, but for Advance, which one thread calls.
class FakeTimers final : public Timers {
 public:
  MonotonicTime Now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  Id At(MonotonicTime time, std::function<void()> due) override {
    const std::lock_guard lock(mutex_);
    calls_.emplace(std::make_pair(time, ++last_id_), std::move(due));
    return last_id_;
  }
  void Cancel(Id id) override {
    const std::lock_guard lock(mutex_);
    std::erase_if(calls_, [id](const auto& call) { return call.first.second == id; });
  }

  // Makes the calls that come due on the way, each at its time, on this thread.
  void Advance(absl::Duration duration) {
    const MonotonicTime end = Now() + absl::ToChronoNanoseconds(duration);
    for (;;) {
      std::unique_lock lock(mutex_);
      if (calls_.empty() || calls_.begin()->first.first > end) break;
      auto call = calls_.extract(calls_.begin());
      now_ = std::max(now_, call.key().first);
      lock.unlock();
      call.mapped()();
    }
    const std::lock_guard lock(mutex_);
    now_ = end;
  }

  size_t pending() const {
    const std::lock_guard lock(mutex_);
    return calls_.size();
  }

 private:
  mutable std::mutex mutex_;
  MonotonicTime now_ = MonotonicTime(std::chrono::hours(1000));
  Id last_id_ = 0;
  std::map<std::pair<MonotonicTime, Id>, std::function<void()>> calls_;
};

}  // namespace gatehouse::client

#endif  // GATEHOUSE_TESTS_CLIENT_FAKE_TIMERS_H_
