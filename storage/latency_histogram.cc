#include "storage/latency_histogram.h"

#include <algorithm>

namespace gatehouse::storage {

void LatencyRecorder::Record(std::chrono::nanoseconds time) {
  const double seconds = std::chrono::duration<double>(time).count();
  const auto bound = std::lower_bound(kLatencyBounds.begin(), kLatencyBounds.end(), seconds);
  counts_[static_cast<size_t>(bound - kLatencyBounds.begin())].fetch_add(1,
                                                                         std::memory_order_relaxed);
  nanoseconds_.fetch_add(static_cast<uint64_t>(time.count()), std::memory_order_relaxed);
}

LatencyHistogram LatencyRecorder::Read() const {
  LatencyHistogram histogram;
  for (size_t i = 0; i < counts_.size(); ++i) {
    histogram.count += counts_[i].load(std::memory_order_relaxed);
    if (i < histogram.at_most.size()) histogram.at_most[i] = histogram.count;
  }
  histogram.sum_seconds = static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) / 1e9;
  return histogram;
}

}  // namespace gatehouse::storage
