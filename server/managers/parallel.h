// Bounded parallelism of background work that waits for other servers.
#ifndef GATEHOUSE_SERVER_MANAGERS_PARALLEL_H_
#define GATEHOUSE_SERVER_MANAGERS_PARALLEL_H_

#include <algorithm>
#include <atomic>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "absl/status/status.h"

namespace gatehouse {

// Calls `visit` with each of `items`, up to `parallelism` at a time, on threads of
// its own; begins no more of them once a stop is requested. Returns when all that
// were begun are done, with the first error.
template <typename Item, typename Visit>
absl::Status ForEachInParallel(const std::vector<Item>& items, int parallelism,
                               const std::stop_token& stop, const Visit& visit) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  absl::Status first_error;
  const auto work = [&] {
    while (!stop.stop_requested()) {
      const size_t index = next.fetch_add(1);
      if (index >= items.size()) return;
      const absl::Status status = visit(items[index]);
      std::lock_guard<std::mutex> lock(mutex);
      first_error.Update(status);
    }
  };
  std::vector<std::thread> threads;
  const size_t count = std::min(items.size(), static_cast<size_t>(std::max(parallelism, 1)));
  for (size_t i = 0; i < count; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  return first_error;
}

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_PARALLEL_H_
