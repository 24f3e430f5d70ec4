#include "server/runtime/worker_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace gatehouse {
namespace {

using std::chrono::seconds;

WorkerPool::Limits Room(size_t max_queued) { return {.max_queued = max_queued}; }

// For a task that is never to be refused.
void NotRefused() { ADD_FAILURE() << "refused"; }

// A thread of the pool that waits until it may go on.
class Blocker {
 public:
  explicit Blocker(WorkerPool& pool) {
    EXPECT_TRUE(pool.Submit(
        [state = state_] {
          state->entered.set_value();
          state->released.get_future().wait();
        },
        NotRefused));
    state_->entered.get_future().wait();
  }
  void Release() { state_->released.set_value(); }

 private:
  struct State {
    std::promise<void> entered, released;
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

TEST(WorkerPool, RunsTasksOffTheCallersThreadInTheirOrder) {
  std::vector<int> order;
  std::thread::id thread;
  {
    WorkerPool pool(1, Room(1000));
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(pool.Submit(
          [&, i] {
            order.push_back(i);
            thread = std::this_thread::get_id();
          },
          NotRefused));
    }
  }
  ASSERT_EQ(order.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[i], i);
  EXPECT_NE(thread, std::this_thread::get_id());
}

TEST(WorkerPool, RefusesWhatItsQueueCannotHoldAndNeverRunsIt) {
  std::atomic<int> ran{0};
  std::atomic<bool> refused_ran{false};
  {
    WorkerPool pool(1, Room(2));
    Blocker blocker(pool);
    EXPECT_TRUE(pool.Submit([&] { ++ran; }, NotRefused));
    EXPECT_TRUE(pool.Submit([&] { ++ran; }, NotRefused));
    EXPECT_FALSE(pool.Submit([&] { refused_ran = true; }, NotRefused));
    blocker.Release();
  }
  EXPECT_EQ(ran, 2);
  EXPECT_FALSE(refused_ran);
}

TEST(WorkerPool, TakesTasksAgainWhenItsQueueHasRoom) {
  std::promise<void> first, second;
  WorkerPool pool(1, Room(1));
  Blocker blocker(pool);
  EXPECT_TRUE(pool.Submit([&] { first.set_value(); }, NotRefused));
  EXPECT_FALSE(pool.Submit([] {}, NotRefused));
  blocker.Release();
  first.get_future().wait();
  EXPECT_TRUE(pool.Submit([&] { second.set_value(); }, NotRefused));
  second.get_future().wait();
}

TEST(WorkerPool, WithNoRoomForWaitingRefusesAll) {
  WorkerPool pool(1, Room(0));
  EXPECT_FALSE(pool.Submit([] {}, NotRefused));
}

TEST(WorkerPool, RunsAsManyAtOnceAsItHasThreads) {
  constexpr int kThreads = 4;
  std::atomic<int> inside{0};
  std::promise<void> all_inside;
  std::promise<void> go_on;
  std::shared_future<void> may_go = go_on.get_future().share();
  WorkerPool pool(kThreads, Room(100));
  for (int i = 0; i < kThreads; ++i) {
    ASSERT_TRUE(pool.Submit(
        [&, may_go] {
          if (++inside == kThreads) all_inside.set_value();
          may_go.wait();
        },
        NotRefused));
  }
  all_inside.get_future().wait();  // would wait for ever if one waited for another
  go_on.set_value();
}

TEST(WorkerPool, FinishesWhatIsQueuedBeforeItIsGone) {
  std::atomic<int> ran{0};
  {
    WorkerPool pool(3, Room(1000));
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool.Submit([&] { ++ran; }, NotRefused));
  }
  EXPECT_EQ(ran, 500);
}

TEST(WorkerPool, LetsGoOfATaskWhenItHasRun) {
  auto held = std::make_shared<int>(1);
  std::weak_ptr<int> seen = held;
  {
    WorkerPool pool(1, Room(10));
    ASSERT_TRUE(pool.Submit([held] {}, NotRefused));
    held.reset();
  }
  EXPECT_TRUE(seen.expired());
}

TEST(WorkerPool, TakesTasksFromManyThreadsAndFromItsOwn) {
  std::atomic<int> ran{0};
  std::atomic<int> accepted{0};
  {
    WorkerPool pool(2, Room(64));
    const auto submit = [&](auto task) {
      if (pool.Submit(task, NotRefused)) ++accepted;
    };
    std::vector<std::thread> callers;
    for (int i = 0; i < 4; ++i) {
      callers.emplace_back([&] {
        for (int n = 0; n < 200; ++n) {
          submit([&] {
            ++ran;
            submit([&] { ++ran; });
          });
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
  }
  EXPECT_EQ(ran, accepted);
  EXPECT_GT(accepted, 0);
}

// A pool of one thread, on a clock that stands still until it is moved.
class SheddingTest : public ::testing::Test {
 protected:
  static constexpr seconds kMaxWait{2};

  bool Submit() {
    return pool_.Submit([this] { outcome_ += 'r'; }, [this] { outcome_ += '-'; });
  }
  void Advance(std::chrono::nanoseconds by) { now_ = now_.load() + by; }
  // What became of each task, in order: run, or refused.
  std::string Outcome() {
    std::promise<void> last;
    const auto reached = [&] { last.set_value(); };
    EXPECT_TRUE(pool_.Submit(reached, reached));
    last.get_future().wait();
    return outcome_;
  }

  std::string outcome_;
  std::atomic<std::chrono::steady_clock::time_point> now_{std::chrono::steady_clock::time_point()};
  WorkerPool pool_{1, {.max_queued = 10'000, .max_wait = kMaxWait}, [this] { return now_.load(); }};
};

TEST_F(SheddingTest, RunsWhatHasWaitedAsLongAsItMay) {
  Blocker blocker(pool_);
  ASSERT_TRUE(Submit());
  Advance(kMaxWait);
  blocker.Release();
  EXPECT_EQ(Outcome(), "r");
}

TEST_F(SheddingTest, RefusesWhatHasWaitedLongerAndRunsWhatCameLater) {
  Blocker blocker(pool_);
  ASSERT_TRUE(Submit());
  Advance(seconds(1));
  ASSERT_TRUE(Submit());
  ASSERT_TRUE(Submit());
  Advance(seconds(1) + std::chrono::nanoseconds(1));  // for the first alone
  blocker.Release();
  EXPECT_EQ(Outcome(), "-rr");
}

// Two tasks come for each that is run, for twenty seconds of the pool's clock: what
// is run has never waited longer than it may.
TEST_F(SheddingTest, BoundsTheWaitOfWhatRunsAtTwiceTheCapacity) {
  constexpr std::chrono::milliseconds kTaskTime{10};
  constexpr int kTasks = 4000;
  std::chrono::nanoseconds longest{0};
  int came = 0, ran = 0, refused = 0;
  std::promise<void> all;
  const auto done = [&] {
    if (ran + refused == kTasks) all.set_value();
  };
  const auto refuse = [&] {
    ++refused;
    done();
  };
  std::function<void()> arrive = [&] {
    if (came++ >= kTasks) return;
    const auto work = [&, since = now_.load()] {
      longest = std::max(longest, now_.load() - since);
      Advance(kTaskTime);
      arrive();
      arrive();
      ++ran;
      done();
    };
    if (!pool_.Submit(work, refuse)) refuse();
  };
  Blocker blocker(pool_);
  arrive();  // all others come on the pool's thread, in step with its clock
  blocker.Release();
  all.get_future().wait();
  EXPECT_LE(longest, kMaxWait);
  EXPECT_GE(longest, kMaxWait - 2 * kTaskTime) << "it was refused before it had to be";
  EXPECT_GT(refused, kTasks / 3);
}

}  // namespace
}  // namespace gatehouse
