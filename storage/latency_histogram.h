// How long something took, each time: counts by fixed bounds.
#ifndef GATEHOUSE_STORAGE_LATENCY_HISTOGRAM_H_
#define GATEHOUSE_STORAGE_LATENCY_HISTOGRAM_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace gatehouse::storage {

// In seconds. What a disk's sync takes lies between.
inline constexpr std::array<double, 12> kLatencyBounds = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5};

struct LatencyHistogram {
  uint64_t count = 0;
  double sum_seconds = 0;
  // How many took at most the bound of the same place.
  std::array<uint64_t, kLatencyBounds.size()> at_most = {};
};

// Thread-safe.
class LatencyRecorder {
 public:
  void Record(std::chrono::nanoseconds time);
  LatencyHistogram Read() const;

 private:
  // By the first bound that is not below; the last: above all.
  std::array<std::atomic<uint64_t>, kLatencyBounds.size() + 1> counts_ = {};
  std::atomic<uint64_t> nanoseconds_{0};
};

// Records the time since its creation.
class LatencyTimer {
 public:
  explicit LatencyTimer(LatencyRecorder* recorder) : recorder_(recorder) {}
  void Stop() { recorder_->Record(std::chrono::steady_clock::now() - start_); }

 private:
  LatencyRecorder* const recorder_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_LATENCY_HISTOGRAM_H_
