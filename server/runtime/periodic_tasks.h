// Work that the server does by itself, each task again and again:
//
//   PeriodicTasks tasks(&clock, &random, &logger);
//   tasks.Add({.name = "domain-checks", .interval = absl::Minutes(1),
//              .run = [&](const std::stop_token& stop) { return checks.CheckDue(stop); }});
//   tasks.Start(2);
#ifndef GATEHOUSE_SERVER_RUNTIME_PERIODIC_TASKS_H_
#define GATEHOUSE_SERVER_RUNTIME_PERIODIC_TASKS_H_

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/runtime/clock.h"
#include "server/runtime/logger.h"
#include "server/runtime/random_source.h"

namespace gatehouse {

struct PeriodicTask {
  std::string name;         // for logs: "domain-checks"
  absl::Duration interval;  // from the end of a run to the start of the next
  // Part of the interval by which it varies either way, so that servers started
  // together do not stay in step.
  double jitter = 0.1;
  // Blocks. Soon after a stop is requested it returns, its work cut short. An
  // error is logged, and the next run comes as if there had been none.
  std::function<absl::Status(const std::stop_token&)> run;
};

// `interval`, varied by up to `jitter` of it either way.
absl::Duration Jittered(absl::Duration interval, double jitter, RandomSource& random);

// Thread-safe. No task runs twice at a time.
class PeriodicTasks {
 public:
  // All must outlive this.
  PeriodicTasks(const Clock* clock, RandomSource* random, Logger* logger)
      : clock_(clock), random_(random), logger_(logger) {}
  ~PeriodicTasks();
  PeriodicTasks(const PeriodicTasks&) = delete;
  PeriodicTasks& operator=(const PeriodicTasks&) = delete;

  // The first run is due at once: it takes up what fell due while the server was
  // down.
  void Add(PeriodicTask task);

  // Runs tasks when they are due, up to `threads` at a time, until Stop.
  void Start(int threads);
  // Starts no more runs, asks those under way to stop, and waits for them.
  void Stop();

  // Runs here, one after another, what is due now and not under way. What Start's
  // threads do; tests call it when they have moved the clock.
  void RunDue();

 private:
  struct Entry {
    PeriodicTask task;
    absl::Time due;
    bool running = false;
  };

  // The next that is due, marked as running; null: none is.
  Entry* TakeDue(absl::Time now);
  void RunTaken(Entry& entry, std::unique_lock<std::mutex>& lock);
  absl::Duration UntilNext(absl::Time now) const;
  void Loop();

  const Clock* clock_;
  RandomSource* random_;
  Logger* logger_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<std::thread> threads_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_RUNTIME_PERIODIC_TASKS_H_
