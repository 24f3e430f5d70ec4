#include "server/runtime/thread_priority.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "server/runtime/worker_pool.h"

namespace gatehouse {
namespace {

int NiceOfThisThread() { return ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid())); }

TEST(ThreadPriority, IsThatOfThreadsStartedSoAndOfNoOther) {
  const int before = NiceOfThisThread();
  std::unique_ptr<WorkerPool> yielding;
  StartYieldingThreads(7, [&] { yielding = std::make_unique<WorkerPool>(1); });
  int within = -1;
  ASSERT_TRUE(yielding->Submit([&] { within = NiceOfThisThread(); }, [] {}));
  yielding.reset();
  EXPECT_EQ(within, std::max(before, 7));
  EXPECT_EQ(NiceOfThisThread(), before);

  auto other = std::make_unique<WorkerPool>(1);
  ASSERT_TRUE(other->Submit([&] { within = NiceOfThisThread(); }, [] {}));
  other.reset();
  EXPECT_EQ(within, before);
}

TEST(ThreadPriority, IsNeverRaised) {
  int inner = -1;
  StartYieldingThreads(9, [&] { StartYieldingThreads(3, [&] { inner = NiceOfThisThread(); }); });
  EXPECT_EQ(inner, std::max(NiceOfThisThread(), 9));
}

}  // namespace
}  // namespace gatehouse
