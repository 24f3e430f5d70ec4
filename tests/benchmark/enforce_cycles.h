// How long enforcing takes: a domain is released, planned and enforced again,
// over and over, through the API.
#ifndef GATEHOUSE_TESTS_BENCHMARK_ENFORCE_CYCLES_H_
#define GATEHOUSE_TESTS_BENCHMARK_ENFORCE_CYCLES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/benchmark/load_target.h"
#include "tests/benchmark/population.h"

namespace gatehouse::benchmark {

// One value for each repetition.
struct EnforceTimes {
  std::vector<absl::Duration> release;
  std::vector<absl::Duration> plan;
  std::vector<absl::Duration> enforce;
};

// Works on the first domain of each population, which PopulateStore has enforced:
// in each repetition once on each, in turning order, so that what else the machine
// does falls on all. The result is in the order of `populations`.
//
// ABORTED: a call failed, or enforced another number of users than the domain has.
absl::StatusOr<std::vector<EnforceTimes>> RunEnforceCycles(
    const LoadTarget& target, const std::vector<Population>& populations, int repetitions);

}  // namespace gatehouse::benchmark

#endif  // GATEHOUSE_TESTS_BENCHMARK_ENFORCE_CYCLES_H_
