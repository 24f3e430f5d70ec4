// How much of a busy processor a thread gets.
#ifndef GATEHOUSE_SERVER_RUNTIME_THREAD_PRIORITY_H_
#define GATEHOUSE_SERVER_RUNTIME_THREAD_PRIORITY_H_

#include "absl/functional/function_ref.h"

namespace gatehouse {

// Calls `start` from a thread of its own, whose nice value is at least `nice` (0 to
// 19); the threads that `start` makes inherit it, for good. They yield a busy
// processor to others, and on an idle one run as before. Where the system refuses,
// they run as all others. Returns when `start` has.
void StartYieldingThreads(int nice, absl::FunctionRef<void()> start);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_RUNTIME_THREAD_PRIORITY_H_
