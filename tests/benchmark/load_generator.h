// Load on LoginService.CheckLogin and BatchCheckLogin, from a process of its own.
//
// Every answer is checked: a run in which one call fails, or gives another
// verdict than the population asks for, has no figures, so that errors never
// count as speed.
#ifndef GATEHOUSE_TESTS_BENCHMARK_LOAD_GENERATOR_H_
#define GATEHOUSE_TESTS_BENCHMARK_LOAD_GENERATOR_H_

#include <atomic>
#include <cstdint>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gatehouse/v1/login_service.pb.h"
#include "tests/benchmark/histogram.h"
#include "tests/benchmark/load_call.h"
#include "tests/benchmark/load_target.h"
#include "tests/benchmark/population.h"

namespace gatehouse::benchmark {

struct LoadOptions {
  LoadTarget target;
  Population population;
  int addresses_per_call = 1;  // above: BatchCheckLogin of so many
  int clients = 2;             // connections
  int threads = 2;             // that serve them; at most `clients`
  // Before the figures count; the load is the same.
  absl::Duration warmup = absl::Seconds(1);
  absl::Duration duration = absl::Seconds(5);
  int server_pid = 0;  // whose CPU time to read; 0: nobody's
  // Ends the run, and its figures, before `duration` has passed. ABORTED if it
  // does so before the figures count.
  const std::atomic<bool>* stop = nullptr;
};

struct LoadResult {
  int64_t calls = 0;      // that ended in `elapsed`, which the CPU times are of too
  int64_t addresses = 0;  // that these asked about
  absl::Duration elapsed;
  // Of these calls; open loop: of those that were due in `elapsed`, whenever they ended.
  Histogram latency;
  // Open loop: how late calls were sent. What of `latency` is the generator's own.
  Histogram lateness;
  absl::Duration server_cpu;
  absl::Duration client_cpu;
  AnswerSizes answer_bytes;
};

// Called when the figures begin to count.
using OnWindow = absl::FunctionRef<void()>;

// Closed loop: each client keeps `outstanding` calls under way; a call that
// ends starts the next. Finds the capacity; its latencies are those of a full queue.
//
// ABORTED: a call failed or was answered wrongly; the message has the first.
absl::StatusOr<LoadResult> RunClosedLoop(
    const LoadOptions& options, int outstanding, OnWindow on_window = [] {});

// Open loop: calls are due at the arrivals of a Poisson process of `rate` per
// second, whether or not earlier ones have ended, and each latency counts from
// the time the call was due. So a stall is felt by every call that was due in
// it (no coordinated omission), and a rate above the capacity shows as latencies
// that grow with the duration.
//
// ABORTED: as above. RESOURCE_EXHAUSTED: the calls that were due did not end
// within half a minute after the time.
absl::StatusOr<LoadResult> RunOpenLoop(
    const LoadOptions& options, double rate, OnWindow on_window = [] {});

// One answer for an enforced address, then one for an address on an open
// domain, as the server gives them. What the floor repeats.
absl::StatusOr<v1::BatchCheckLoginResponse> RecordAnswers(const LoadTarget& target,
                                                          const Population& population);

// Asks about the first enforced address until there is an answer, for `timeout`
// at most. ABORTED: as above. DEADLINE_EXCEEDED: there was none.
absl::Status AwaitAnswer(const LoadTarget& target, const Population& population,
                         absl::Duration timeout);

}  // namespace gatehouse::benchmark

#endif  // GATEHOUSE_TESTS_BENCHMARK_LOAD_GENERATOR_H_
