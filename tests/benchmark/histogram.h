// Counts of durations in buckets of bounded relative width: quantiles of any
// number of latencies in a few kilobytes.
#ifndef GATEHOUSE_TESTS_BENCHMARK_HISTOGRAM_H_
#define GATEHOUSE_TESTS_BENCHMARK_HISTOGRAM_H_

#include <array>
#include <cstdint>

#include "absl/time/time.h"

namespace gatehouse::benchmark {

// Not thread-safe: one per thread, then Add.
class Histogram {
 public:
  void Record(absl::Duration duration);
  void Add(const Histogram& other);

  int64_t count() const { return count_; }
  absl::Duration max() const { return absl::Nanoseconds(max_); }
  // The smallest recorded duration that at least `quantile` (0 to 1) of all do
  // not exceed, rounded up by less than 1.6 %. Zero if nothing was recorded.
  absl::Duration Quantile(double quantile) const;

 private:
  // Below 128 ns exact; above, each power of two has 64 buckets.
  static constexpr int kSubBits = 6;
  static constexpr int kSubBuckets = 1 << kSubBits;
  static constexpr int kBuckets = (64 - kSubBits) * kSubBuckets;

  static int BucketOf(uint64_t ns);
  static uint64_t UpperBound(int bucket);

  std::array<int64_t, kBuckets> counts_{};
  int64_t count_ = 0;
  int64_t max_ = 0;
};

}  // namespace gatehouse::benchmark

#endif  // GATEHOUSE_TESTS_BENCHMARK_HISTOGRAM_H_
