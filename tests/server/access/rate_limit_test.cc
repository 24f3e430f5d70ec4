#include "server/access/rate_limit.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace gatehouse {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

int TakeAll(const RateLimit& limit, RateBucket& bucket, absl::Time now) {
  int taken = 0;
  while (limit.Take(bucket, now) == absl::ZeroDuration()) ++taken;
  return taken;
}

TEST(RateLimit, LetsABurstThroughAndThenTheRate) {
  const RateLimit limit(10, 5);
  RateBucket bucket;
  EXPECT_EQ(TakeAll(limit, bucket, kNow), 5);
  EXPECT_EQ(TakeAll(limit, bucket, kNow + absl::Milliseconds(99)), 0);
  EXPECT_EQ(TakeAll(limit, bucket, kNow + absl::Milliseconds(100)), 1);
  EXPECT_EQ(TakeAll(limit, bucket, kNow + absl::Milliseconds(350)), 2);
  EXPECT_EQ(TakeAll(limit, bucket, kNow + absl::Hours(1)), 5) << "no more than the burst is saved";
}

TEST(RateLimit, SaysExactlyWhenToRetry) {
  const RateLimit limit(8, 1);
  RateBucket bucket;
  ASSERT_EQ(limit.Take(bucket, kNow), absl::ZeroDuration());
  const absl::Duration wait = limit.Take(bucket, kNow + absl::Milliseconds(25));
  EXPECT_EQ(wait, absl::Milliseconds(100));
  EXPECT_GT(limit.Take(bucket, kNow + absl::Milliseconds(25) + wait - absl::Nanoseconds(1)),
            absl::ZeroDuration());
  EXPECT_EQ(limit.Take(bucket, kNow + absl::Milliseconds(25) + wait), absl::ZeroDuration());
}

TEST(RateLimit, IsOffAtZero) {
  const RateLimit limit(0, 0);
  RateBucket bucket;
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(limit.Take(bucket, kNow), absl::ZeroDuration());
}

TEST(RateLimit, KeepsPrincipalsApart) {
  const RateLimit limit(1, 1);
  RateBucket one, other;
  EXPECT_EQ(TakeAll(limit, one, kNow), 1);
  EXPECT_EQ(TakeAll(limit, other, kNow), 1);
}

TEST(RateLimit, LetsNoMoreThroughWhenThreadsRace) {
  const RateLimit limit(1, 1000);
  RateBucket bucket;
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) taken += limit.Take(bucket, kNow) == absl::ZeroDuration();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 1000);
}

}  // namespace
}  // namespace gatehouse
