#include "client/timers.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

#include "client/awaited.h"

namespace gatehouse::client {
namespace {

using std::chrono::milliseconds;

TEST(Timers, MakesCallsInTheOrderOfTheirTimesAndNoneEarly) {
  const std::shared_ptr<Timers> timers = MakeTimers();
  const MonotonicTime begin = timers->Now();
  std::vector<int> order;
  std::vector<MonotonicTime> called;
  Awaited<bool> last;
  const auto call = [&](int number) {
    order.push_back(number);
    called.push_back(timers->Now());
    if (order.size() == 4) last.Set(true);
  };
  timers->At(begin + milliseconds(30), [&] { call(3); });
  timers->At(begin + milliseconds(10), [&] { call(1); });
  timers->At(begin + milliseconds(10), [&] { call(2); });
  timers->At(begin, [&] { call(0); });
  last.Take();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
  EXPECT_GE(called[1], begin + milliseconds(10));
  EXPECT_GE(called[3], begin + milliseconds(30));
}

TEST(Timers, MakesNoCallThatIsCancelled) {
  const std::shared_ptr<Timers> timers = MakeTimers();
  const MonotonicTime soon = timers->Now() + milliseconds(20);
  bool cancelled_called = false;
  Awaited<bool> later;
  const Timers::Id id = timers->At(soon, [&] { cancelled_called = true; });
  timers->At(soon, [&] { later.Set(true); });
  timers->Cancel(id);
  timers->Cancel(id);
  timers->Cancel(0);
  later.Take();
  EXPECT_FALSE(cancelled_called);
}

TEST(Timers, LetsACallAddAndCancelOthers) {
  const std::shared_ptr<Timers> timers = MakeTimers();
  Awaited<bool> added;
  Timers::Id never = timers->At(timers->Now() + std::chrono::hours(1), [] { FAIL(); });
  timers->At(timers->Now(), [&] {
    timers->Cancel(never);
    timers->At(timers->Now(), [&] { added.Set(true); });
  });
  EXPECT_TRUE(added.Take());
}

TEST(Timers, ForgetsWhatIsNotDueAtItsEnd) {
  bool called = false;
  {
    const std::shared_ptr<Timers> timers = MakeTimers();
    timers->At(timers->Now() + std::chrono::hours(1), [&] { called = true; });
  }
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace gatehouse::client
