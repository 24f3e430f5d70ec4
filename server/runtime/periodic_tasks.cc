#include "server/runtime/periodic_tasks.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace gatehouse {
namespace {

// A clock that is set forward is noticed within this.
constexpr absl::Duration kLongestWait = absl::Seconds(1);
constexpr absl::Duration kShortestWait = absl::Milliseconds(1);

}  // namespace

absl::Duration Jittered(absl::Duration interval, double jitter, RandomSource& random) {
  const std::string bytes = random.Bytes(2);
  const double fraction =
      (static_cast<uint8_t>(bytes[0]) * 256 + static_cast<uint8_t>(bytes[1])) / 65535.0;
  return interval * (1 + jitter * (2 * fraction - 1));
}

PeriodicTasks::~PeriodicTasks() { Stop(); }

void PeriodicTasks::Add(PeriodicTask task) {
  auto entry = std::make_unique<Entry>();
  entry->task = std::move(task);
  entry->due = clock_->Now();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    entries_.push_back(std::move(entry));
  }
  changed_.notify_one();
}

void PeriodicTasks::Start(int threads) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Loop(); });
}

void PeriodicTasks::Stop() {
  std::vector<std::thread> threads;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_.request_stop();
    threads.swap(threads_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

void PeriodicTasks::RunDue() {
  const absl::Time now = clock_->Now();
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stop_.stop_requested()) {
    Entry* const entry = TakeDue(now);
    if (entry == nullptr) return;
    RunTaken(*entry, lock);
  }
}

PeriodicTasks::Entry* PeriodicTasks::TakeDue(absl::Time now) {
  Entry* next = nullptr;
  for (const auto& entry : entries_) {
    if (entry->running || entry->due > now) continue;
    if (next == nullptr || entry->due < next->due) next = entry.get();
  }
  if (next != nullptr) next->running = true;
  return next;
}

void PeriodicTasks::RunTaken(Entry& entry, std::unique_lock<std::mutex>& lock) {
  const PeriodicTask& task = entry.task;
  lock.unlock();
  const absl::Status status = task.run(stop_.get_token());
  if (!status.ok()) {
    logger_->Log(LogLevel::kError, "background task failed",
                 {{"task", task.name}, {"error", status.ToString()}});
  }
  const absl::Time due = clock_->Now() + Jittered(task.interval, task.jitter, *random_);
  lock.lock();
  entry.due = due;
  entry.running = false;
}

absl::Duration PeriodicTasks::UntilNext(absl::Time now) const {
  absl::Duration wait = kLongestWait;
  for (const auto& entry : entries_) {
    if (!entry->running) wait = std::min(wait, entry->due - now);
  }
  return std::max(wait, kShortestWait);
}

void PeriodicTasks::Loop() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stop_.stop_requested()) {
    const absl::Time now = clock_->Now();
    if (Entry* const entry = TakeDue(now)) {
      RunTaken(*entry, lock);
    } else {
      changed_.wait_for(lock, absl::ToChronoNanoseconds(UntilNext(now)));
    }
  }
}

}  // namespace gatehouse
