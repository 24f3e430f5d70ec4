#include "tests/benchmark/histogram.h"

#include <algorithm>
#include <cmath>

#include "absl/numeric/bits.h"

namespace gatehouse::benchmark {

void Histogram::Record(absl::Duration duration) {
  const int64_t ns = std::max<int64_t>(absl::ToInt64Nanoseconds(duration), 0);
  ++counts_[BucketOf(ns)];
  ++count_;
  max_ = std::max(max_, ns);
}

void Histogram::Add(const Histogram& other) {
  for (int i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

absl::Duration Histogram::Quantile(double quantile) const {
  if (count_ == 0) return absl::ZeroDuration();
  const auto rank = std::clamp<int64_t>(
      static_cast<int64_t>(std::ceil(quantile * static_cast<double>(count_))), 1, count_);
  int64_t seen = 0;
  for (int i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::min(absl::Nanoseconds(UpperBound(i)), max());
  }
  return max();
}

int Histogram::BucketOf(uint64_t ns) {
  if (ns < 2 * kSubBuckets) return static_cast<int>(ns);
  const int shift = static_cast<int>(absl::bit_width(ns)) - 1 - kSubBits;
  return shift * kSubBuckets + static_cast<int>(ns >> shift);
}

uint64_t Histogram::UpperBound(int bucket) {
  if (bucket < 2 * kSubBuckets) return bucket;
  const int shift = bucket / kSubBuckets - 1;
  const uint64_t top = bucket % kSubBuckets + kSubBuckets;
  return ((top + 1) << shift) - 1;
}

}  // namespace gatehouse::benchmark
