// What calls wait for a worker at, and above, what the workers can do.
//
//   bazel run //tests/server/runtime:overload
//
// Four workers, tasks of 5 ms (a commit's sync, say), Poisson arrivals, a bound of
// 100 ms. Prints one line per load: how long those that were run had waited, and
// how many were refused.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "server/runtime/worker_pool.h"

namespace gatehouse {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr int kThreads = 4;
constexpr std::chrono::milliseconds kTask{5};
constexpr std::chrono::milliseconds kMaxWait{100};
constexpr std::chrono::seconds kDuration{10};

void Measure(double load) {
  std::mutex mutex;
  std::vector<double> waits;
  int refused = 0;
  int came = 0;
  {
    WorkerPool pool(kThreads, {.max_queued = 1000, .max_wait = kMaxWait});
    const auto refuse = [&] {
      std::lock_guard<std::mutex> lock(mutex);
      ++refused;
    };
    std::mt19937_64 random(1);
    std::exponential_distribution<double> gap(load * kThreads / Milliseconds(kTask).count());
    Clock::time_point due = Clock::now();
    const Clock::time_point end = due + kDuration;
    for (; due < end;
         due += std::chrono::duration_cast<Clock::duration>(Milliseconds(gap(random)))) {
      std::this_thread::sleep_until(due);
      ++came;
      const auto run = [&, since = Clock::now()] {
        const double wait = Milliseconds(Clock::now() - since).count();
        {
          std::lock_guard<std::mutex> lock(mutex);
          waits.push_back(wait);
        }
        std::this_thread::sleep_for(kTask);
      };
      if (!pool.Submit(run, refuse)) refuse();
    }
  }
  std::sort(waits.begin(), waits.end());
  const auto quantile = [&waits](double q) {
    return waits[static_cast<size_t>(q * static_cast<double>(waits.size() - 1))];
  };
  std::printf(
      "%.1fx capacity: %d came, %.0f/s run, %.0f %% refused, wait p50 %.1f ms p99 %.1f ms\n", load,
      came, static_cast<double>(waits.size()) / kDuration.count(), 100.0 * refused / came,
      quantile(0.5), quantile(0.99));
}

}  // namespace
}  // namespace gatehouse

int main() {
  for (const double load : {0.7, 1.0, 2.0, 4.0}) gatehouse::Measure(load);
}
