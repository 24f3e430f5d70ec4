// A small number for each thread: which shard of a counter is its own, so that
// threads which count at the same time do not share cache lines.
#ifndef GATEHOUSE_SERVER_RUNTIME_THREAD_NUMBER_H_
#define GATEHOUSE_SERVER_RUNTIME_THREAD_NUMBER_H_

#include <atomic>
#include <cstddef>

namespace gatehouse {

// Counted from 0 as threads ask, and always the same for a thread.
inline size_t ThreadNumber() {
  static std::atomic<size_t> next{0};
  thread_local const size_t number = next.fetch_add(1, std::memory_order_relaxed);
  return number;
}

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_RUNTIME_THREAD_NUMBER_H_
