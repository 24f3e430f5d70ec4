// An immutable value that many threads read and few replace.
//
//   Published<Table> table;
//   table.Set(std::make_shared<Table>(…));
//   const Table* now = table.Get();
#ifndef GATEHOUSE_POLICY_PUBLISHED_H_
#define GATEHOUSE_POLICY_PUBLISHED_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

namespace gatehouse {

namespace published_internal {

// Tells apart everything that was ever published in the process.
inline uint64_t NextId() {
  static std::atomic<uint64_t> next{1};
  return next.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace published_internal

// Each thread keeps the value that it saw last, so that a reader pays one atomic
// load while the value stays; the first time after it was replaced, it takes a
// lock that the publisher holds for one pointer swap. Thread-safe.
template <typename T>
class Published {
 public:
  Published() = default;
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;

  // The newest value, or null if there is none. Valid until the calling thread's
  // next Get on any Published<T>.
  const T* Get() const {
    thread_local Seen seen;
    // Acquire: whoever learns from a publisher that it has published sees it.
    const uint64_t version = version_.load(std::memory_order_acquire);
    if (seen.id != id_ || seen.version != version) {
      std::lock_guard<std::mutex> lock(mutex_);
      seen = {id_, version_.load(std::memory_order_relaxed), value_};
    }
    return seen.value.get();
  }

  // Null: there is no value from now on.
  void Set(std::shared_ptr<const T> value) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      value_.swap(value);
      version_.fetch_add(1, std::memory_order_release);
    }
    // The old value goes here, without the lock.
  }

 private:
  struct Seen {
    uint64_t id = 0;
    uint64_t version = 0;
    std::shared_ptr<const T> value;
  };

  const uint64_t id_ = published_internal::NextId();
  std::atomic<uint64_t> version_{1};
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_PUBLISHED_H_
