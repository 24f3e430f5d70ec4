// Ctrl-C, as a call instead of a death.
#ifndef GATEHOUSE_CLIENT_CLI_INTERRUPT_H_
#define GATEHOUSE_CLIENT_CLI_INTERRUPT_H_

#include <functional>

namespace gatehouse::cli {

// SIGINT and SIGTERM call `interrupted` on a thread of its own; nullptr: they end
// the process, as usual. When this returns, the function before is not called
// any more.
void OnInterrupt(std::function<void()> interrupted);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_INTERRUPT_H_
