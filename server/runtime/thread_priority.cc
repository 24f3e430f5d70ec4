#include "server/runtime/thread_priority.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

namespace gatehouse {
namespace {

void LowerThreadPriority(int nice) {
  // On Linux a thread has a nice value of its own, and is a "process" to these calls.
  const auto thread = static_cast<id_t>(::gettid());
  errno = 0;
  const int now = ::getpriority(PRIO_PROCESS, thread);
  if (errno == 0 && now < nice) (void)::setpriority(PRIO_PROCESS, thread, nice);
}

}  // namespace

void StartYieldingThreads(int nice, absl::FunctionRef<void()> start) {
  // Not the caller's own: without a privilege, a nice value never goes down again.
  std::thread([nice, start] {
    LowerThreadPriority(nice);
    start();
  }).join();
}

}  // namespace gatehouse
