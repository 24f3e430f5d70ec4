#include "server/runtime/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <vector>

namespace gatehouse {
namespace {

// A thread of the pool that waits until it may go on.
class Blocker {
 public:
  explicit Blocker(WorkerPool& pool) {
    EXPECT_TRUE(pool.Submit([state = state_] {
      state->entered.set_value();
      state->released.get_future().wait();
    }));
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
    WorkerPool pool(1, 1000);
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(pool.Submit([&, i] {
        order.push_back(i);
        thread = std::this_thread::get_id();
      }));
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
    WorkerPool pool(1, 2);
    Blocker blocker(pool);
    EXPECT_TRUE(pool.Submit([&] { ++ran; }));
    EXPECT_TRUE(pool.Submit([&] { ++ran; }));
    EXPECT_FALSE(pool.Submit([&] { refused_ran = true; }));
    blocker.Release();
  }
  EXPECT_EQ(ran, 2);
  EXPECT_FALSE(refused_ran);
}

TEST(WorkerPool, TakesTasksAgainWhenItsQueueHasRoom) {
  std::promise<void> first, second;
  WorkerPool pool(1, 1);
  Blocker blocker(pool);
  EXPECT_TRUE(pool.Submit([&] { first.set_value(); }));
  EXPECT_FALSE(pool.Submit([] {}));
  blocker.Release();
  first.get_future().wait();
  EXPECT_TRUE(pool.Submit([&] { second.set_value(); }));
  second.get_future().wait();
}

TEST(WorkerPool, WithNoRoomForWaitingRefusesAll) {
  WorkerPool pool(1, 0);
  EXPECT_FALSE(pool.Submit([] {}));
}

TEST(WorkerPool, RunsAsManyAtOnceAsItHasThreads) {
  constexpr int kThreads = 4;
  std::atomic<int> inside{0};
  std::promise<void> all_inside;
  std::promise<void> go_on;
  std::shared_future<void> may_go = go_on.get_future().share();
  WorkerPool pool(kThreads, 100);
  for (int i = 0; i < kThreads; ++i) {
    ASSERT_TRUE(pool.Submit([&, may_go] {
      if (++inside == kThreads) all_inside.set_value();
      may_go.wait();
    }));
  }
  all_inside.get_future().wait();  // would wait for ever if one waited for another
  go_on.set_value();
}

TEST(WorkerPool, FinishesWhatIsQueuedBeforeItIsGone) {
  std::atomic<int> ran{0};
  {
    WorkerPool pool(3, 1000);
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(pool.Submit([&] { ++ran; }));
  }
  EXPECT_EQ(ran, 500);
}

TEST(WorkerPool, LetsGoOfATaskWhenItHasRun) {
  auto held = std::make_shared<int>(1);
  std::weak_ptr<int> seen = held;
  {
    WorkerPool pool(1, 10);
    ASSERT_TRUE(pool.Submit([held] {}));
    held.reset();
  }
  EXPECT_TRUE(seen.expired());
}

TEST(WorkerPool, TakesTasksFromManyThreadsAndFromItsOwn) {
  std::atomic<int> ran{0};
  std::atomic<int> accepted{0};
  {
    WorkerPool pool(2, 64);
    const auto submit = [&](auto task) {
      if (pool.Submit(task)) ++accepted;
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

}  // namespace
}  // namespace gatehouse
