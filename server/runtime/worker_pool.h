// Threads for work that blocks: disk syncs, DNS. gRPC's own threads never do.
#ifndef GATEHOUSE_SERVER_RUNTIME_WORKER_POOL_H_
#define GATEHOUSE_SERVER_RUNTIME_WORKER_POOL_H_

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace gatehouse {

// Thread-safe. The destructor runs what is queued and joins.
//
// Sheds load: a task that has waited longer than `max_wait` is refused instead of
// run, so that however much more comes than can be done, what is done has waited
// no longer than that. Its time is then spent on tasks whose callers are still
// there.
class WorkerPool {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  struct Limits {
    size_t max_queued = 1000;
    std::chrono::nanoseconds max_wait = std::chrono::seconds(2);
  };

  explicit WorkerPool(int threads) : WorkerPool(threads, Limits()) {}
  WorkerPool(int threads, Limits limits, Clock now = std::chrono::steady_clock::now);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Runs `task` on one of the threads, in the order submitted; or, there, `refuse`
  // if it has waited too long. False, and neither will run: the queue is full.
  [[nodiscard]] bool Submit(std::function<void()> task, std::function<void()> refuse);

 private:
  struct Queued {
    std::function<void()> task;
    std::function<void()> refuse;
    std::chrono::steady_clock::time_point since;
  };

  void Run();

  const Limits limits_;
  const Clock now_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Queued> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_RUNTIME_WORKER_POOL_H_
