#include "client/timers.h"

#include <time.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

namespace gatehouse::client {
namespace {

class TimerThread final : public Timers {
 public:
  TimerThread() : thread_([this] { Run(); }) {}

  ~TimerThread() override {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  MonotonicTime Now() const override { return MonotonicClock::now(); }

  Id At(MonotonicTime time, std::function<void()> due) override {
    const std::lock_guard lock(mutex_);
    const Id id = ++last_id_;
    const auto added = calls_.emplace(std::make_pair(time, id), std::move(due)).first;
    times_.emplace(id, time);
    if (added == calls_.begin()) changed_.notify_one();
    return id;
  }

  void Cancel(Id id) override {
    std::function<void()> forgotten;  // destroyed with no lock held
    const std::lock_guard lock(mutex_);
    const auto time = times_.find(id);
    if (time == times_.end()) return;
    const auto call = calls_.find({time->second, id});
    forgotten = std::move(call->second);
    calls_.erase(call);
    times_.erase(time);
  }

 private:
  void Run() {
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      if (calls_.empty()) {
        changed_.wait(lock);
        continue;
      }
      const auto next = calls_.begin();
      if (const MonotonicTime time = next->first.first; time > Now()) {
        changed_.wait_until(lock, time);
        continue;
      }
      std::function<void()> due = std::move(next->second);
      times_.erase(next->first.second);
      calls_.erase(next);
      lock.unlock();
      due();
      due = nullptr;
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::map<std::pair<MonotonicTime, Id>, std::function<void()>> calls_;
  std::map<Id, MonotonicTime> times_;
  Id last_id_ = 0;
  bool stopped_ = false;

  std::thread thread_;  // last: runs on the above
};

}  // namespace

MonotonicTime MonotonicClock::now() {
  timespec time = {};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return time_point(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

std::shared_ptr<Timers> MakeTimers() { return std::make_shared<TimerThread>(); }

}  // namespace gatehouse::client
