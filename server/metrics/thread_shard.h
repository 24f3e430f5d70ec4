// Which of a number of shards a thread counts in, so that threads which count at
// the same time do not share cache lines.
#ifndef GATEHOUSE_SERVER_METRICS_THREAD_SHARD_H_
#define GATEHOUSE_SERVER_METRICS_THREAD_SHARD_H_

#include <atomic>
#include <cstddef>

namespace gatehouse {

inline constexpr size_t kThreadShards = 16;

// 0 to kThreadShards - 1, always the same for a thread.
inline size_t ThreadShard() {
  static std::atomic<size_t> next{0};
  thread_local const size_t shard = next.fetch_add(1, std::memory_order_relaxed) % kThreadShards;
  return shard;
}

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_METRICS_THREAD_SHARD_H_
