#include "server/runtime/worker_pool.h"

#include <utility>

namespace gatehouse {

WorkerPool::WorkerPool(int threads, Limits limits, Clock now)
    : limits_(limits), now_(std::move(now)) {
  threads_.reserve(threads);
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

WorkerPool::~WorkerPool() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool WorkerPool::Submit(std::function<void()> task, std::function<void()> refuse) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (stopping_ || queue_.size() >= limits_.max_queued) return false;
    queue_.push_back({std::move(task), std::move(refuse), now_()});
  }
  ready_.notify_one();
  return true;
}

void WorkerPool::Run() {
  while (true) {
    Queued next;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    const bool too_late = now_() - next.since > limits_.max_wait;
    (too_late ? next.refuse : next.task)();
  }
}

}  // namespace gatehouse
