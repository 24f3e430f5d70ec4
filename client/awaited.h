// A value that another thread brings.
#ifndef GATEHOUSE_CLIENT_AWAITED_H_
#define GATEHOUSE_CLIENT_AWAITED_H_

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace gatehouse::client {

template <typename T>
class Awaited {
 public:
  // Once.
  void Set(T value) {
    const std::lock_guard lock(mutex_);
    value_.emplace(std::move(value));
    // Under the lock: whoever waits destroys this next.
    set_.notify_one();
  }

  // Waits for it. Once.
  T Take() {
    std::unique_lock lock(mutex_);
    set_.wait(lock, [this] { return value_.has_value(); });
    return *std::move(value_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable set_;
  std::optional<T> value_;
};

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_AWAITED_H_
