#include "tests/benchmark/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace gatehouse::benchmark {
namespace {

TEST(Histogram, OfNothingHasQuantilesOfZero) {
  EXPECT_EQ(Histogram().Quantile(0.99), absl::ZeroDuration());
  EXPECT_EQ(Histogram().count(), 0);
}

TEST(Histogram, IsExactBelow128Nanoseconds) {
  Histogram histogram;
  for (int ns = 0; ns < 128; ++ns) histogram.Record(absl::Nanoseconds(ns));
  for (int ns = 0; ns < 128; ++ns) {
    EXPECT_EQ(histogram.Quantile((ns + 1) / 128.0), absl::Nanoseconds(ns));
  }
}

TEST(Histogram, AgreesWithASortedListWithinItsPrecision) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> nanoseconds(12, 3);
  Histogram histogram;
  std::vector<int64_t> sorted;
  for (int i = 0; i < 100'000; ++i) {
    sorted.push_back(static_cast<int64_t>(nanoseconds(random)));
    histogram.Record(absl::Nanoseconds(sorted.back()));
  }
  std::sort(sorted.begin(), sorted.end());
  for (double quantile : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const int64_t exact = sorted[static_cast<size_t>(quantile * 100'000) - 1];
    const int64_t told = absl::ToInt64Nanoseconds(histogram.Quantile(quantile));
    EXPECT_GE(told, exact) << quantile;
    EXPECT_LE(told, exact + exact / 64) << quantile;
  }
}

TEST(Histogram, NeverTellsMoreThanTheMaximum) {
  Histogram histogram;
  histogram.Record(absl::Nanoseconds(1'000'001));
  EXPECT_EQ(histogram.Quantile(0.5), absl::Nanoseconds(1'000'001));
  EXPECT_EQ(histogram.max(), absl::Nanoseconds(1'000'001));
}

TEST(Histogram, HoldsTheLongestDurationAndTakesANegativeOneForZero) {
  Histogram histogram;
  histogram.Record(absl::InfiniteDuration());
  histogram.Record(absl::Seconds(-1));
  EXPECT_EQ(histogram.Quantile(0.5), absl::ZeroDuration());
  EXPECT_GT(histogram.Quantile(1), absl::Hours(24 * 365 * 200));
}

TEST(Histogram, AddsUp) {
  Histogram low, high;
  for (int i = 0; i < 99; ++i) low.Record(absl::Microseconds(1));
  high.Record(absl::Seconds(1));
  low.Add(high);
  EXPECT_EQ(low.count(), 100);
  EXPECT_LT(low.Quantile(0.99), absl::Microseconds(2));
  EXPECT_EQ(low.Quantile(1), absl::Seconds(1));
}

}  // namespace
}  // namespace gatehouse::benchmark
