#include "storage/latency_histogram.h"

#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace gatehouse::storage {
namespace {

using std::chrono::microseconds;

TEST(LatencyHistogram, CountsByTheFirstBoundThatIsNotBelow) {
  LatencyRecorder recorder;
  recorder.Record(microseconds(0));
  recorder.Record(microseconds(100));
  recorder.Record(microseconds(101));
  recorder.Record(std::chrono::seconds(2));
  recorder.Record(std::chrono::seconds(60));
  const LatencyHistogram read = recorder.Read();
  EXPECT_EQ(read.count, 5u);
  EXPECT_NEAR(read.sum_seconds, 62.000201, 1e-9);
  EXPECT_EQ(read.at_most.front(), 2u);
  EXPECT_EQ(read.at_most[1], 3u);
  EXPECT_EQ(read.at_most[read.at_most.size() - 2], 3u);
  EXPECT_EQ(read.at_most.back(), 4u);
}

TEST(LatencyHistogram, LosesNothingBetweenThreads) {
  LatencyRecorder recorder;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) recorder.Record(microseconds(10));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(recorder.Read().count, 4000u);
  EXPECT_NEAR(recorder.Read().sum_seconds, 0.04, 1e-9);
}

}  // namespace
}  // namespace gatehouse::storage
