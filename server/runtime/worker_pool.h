// Threads for work that blocks: disk syncs, DNS. gRPC's own threads never do.
#ifndef GATEHOUSE_SERVER_RUNTIME_WORKER_POOL_H_
#define GATEHOUSE_SERVER_RUNTIME_WORKER_POOL_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace gatehouse {

// Thread-safe. The destructor runs what is queued and joins.
class WorkerPool {
 public:
  // At most `max_queued` tasks wait.
  WorkerPool(int threads, size_t max_queued);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Runs `task` on one of the threads, in the order submitted. False: the queue
  // is full, and `task` will not run.
  [[nodiscard]] bool Submit(std::function<void()> task);

 private:
  void Run();

  const size_t max_queued_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_RUNTIME_WORKER_POOL_H_
