#include "server/runtime/periodic_tasks.h"

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_random.h"
#include "tests/fakes/recording_logger.h"

namespace gatehouse {
namespace {

class PeriodicTasksTest : public testing::Test {
 protected:
  PeriodicTask Counting(const std::string& name, absl::Duration interval, int* runs) {
    return {.name = name, .interval = interval, .jitter = 0, .run = [runs](const std::stop_token&) {
              ++*runs;
              return absl::OkStatus();
            }};
  }

  FakeClock clock;
  FakeRandom random;
  RecordingLogger logger;
  PeriodicTasks tasks{&clock, &random, &logger};
};

TEST_F(PeriodicTasksTest, RunsATaskAtOnceAndThenOncePerInterval) {
  int runs = 0;
  tasks.Add(Counting("hourly", absl::Hours(1), &runs));
  tasks.RunDue();
  EXPECT_EQ(runs, 1);
  clock.Advance(absl::Minutes(59));
  tasks.RunDue();
  EXPECT_EQ(runs, 1);
  clock.Advance(absl::Minutes(1));
  tasks.RunDue();
  tasks.RunDue();
  EXPECT_EQ(runs, 2);
}

TEST_F(PeriodicTasksTest, CatchesUpWithOneRunHoweverMuchTimeHasPassed) {
  int runs = 0;
  tasks.Add(Counting("hourly", absl::Hours(1), &runs));
  tasks.RunDue();
  clock.Advance(absl::Hours(100));
  tasks.RunDue();
  EXPECT_EQ(runs, 2);
}

TEST_F(PeriodicTasksTest, KeepsEachTaskToItsOwnInterval) {
  int hourly = 0;
  int daily = 0;
  tasks.Add(Counting("hourly", absl::Hours(1), &hourly));
  tasks.Add(Counting("daily", absl::Hours(24), &daily));
  for (int hour = 0; hour < 48; ++hour) {
    tasks.RunDue();
    clock.Advance(absl::Hours(1));
  }
  EXPECT_EQ(hourly, 48);
  EXPECT_EQ(daily, 2);
}

TEST_F(PeriodicTasksTest, LogsAFailureAndRunsAgain) {
  int runs = 0;
  tasks.Add({.name = "failing",
             .interval = absl::Hours(1),
             .jitter = 0,
             .run = [&](const std::stop_token&) {
               return ++runs == 1 ? absl::UnavailableError("disk") : absl::OkStatus();
             }});
  int others = 0;
  tasks.Add(Counting("other", absl::Hours(1), &others));
  tasks.RunDue();
  EXPECT_EQ(others, 1);
  const auto logged = logger.Take();
  ASSERT_EQ(logged.size(), 1u);
  EXPECT_EQ(logged[0].first, LogLevel::kError);
  EXPECT_EQ(logged[0].second, "background task failed task=failing error=UNAVAILABLE: disk");
  clock.Advance(absl::Hours(1));
  tasks.RunDue();
  EXPECT_EQ(runs, 2);
  EXPECT_TRUE(logger.Take().empty());
}

TEST_F(PeriodicTasksTest, NeverRunsATaskTwiceAtATime) {
  std::promise<void> entered;
  std::promise<void> leave;
  int runs = 0;
  tasks.Add({.name = "slow", .interval = absl::Hours(1), .run = [&](const std::stop_token&) {
               ++runs;
               entered.set_value();
               leave.get_future().wait();
               return absl::OkStatus();
             }});
  std::thread first([&] { tasks.RunDue(); });
  entered.get_future().wait();
  clock.Advance(absl::Hours(10));
  tasks.RunDue();  // would throw from entered.set_value() if it ran
  EXPECT_EQ(runs, 1);
  leave.set_value();
  first.join();
}

TEST_F(PeriodicTasksTest, RunsTasksOnItsOwnThreadsUntilItIsStopped) {
  std::promise<void> a_ran;
  std::promise<void> b_stopped;
  std::atomic<bool> b_saw_stop{false};
  std::promise<void> b_entered;
  tasks.Add({.name = "b", .interval = absl::Hours(1), .run = [&](const std::stop_token& stop) {
               std::promise<void> asked;
               std::stop_callback on_stop(stop, [&] { asked.set_value(); });
               b_entered.set_value();
               asked.get_future().wait();
               b_saw_stop = true;
               return absl::OkStatus();
             }});
  tasks.Start(2);
  b_entered.get_future().wait();
  // A task that takes long holds up no other.
  tasks.Add({.name = "a", .interval = absl::Hours(1), .run = [&](const std::stop_token&) {
               a_ran.set_value();
               return absl::OkStatus();
             }});
  a_ran.get_future().wait();
  tasks.Stop();
  EXPECT_TRUE(b_saw_stop);
  clock.Advance(absl::Hours(10));
  tasks.RunDue();  // a and b would throw if they ran again
}

TEST(Jittered, SpreadsWithinItsBoundsToBothSides) {
  FakeRandom random;
  absl::Duration least = absl::InfiniteDuration();
  absl::Duration most = absl::ZeroDuration();
  for (int i = 0; i < 1000; ++i) {
    const absl::Duration interval = Jittered(absl::Hours(24), 0.1, random);
    least = std::min(least, interval);
    most = std::max(most, interval);
  }
  EXPECT_GE(least, absl::Hours(24) * 0.9);
  EXPECT_LT(least, absl::Hours(22));
  EXPECT_LE(most, absl::Hours(24) * 1.1);
  EXPECT_GT(most, absl::Hours(26));
}

}  // namespace
}  // namespace gatehouse
