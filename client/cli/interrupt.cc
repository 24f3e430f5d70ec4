#include "client/cli/interrupt.h"

#include <csignal>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>

namespace gatehouse::cli {
namespace {

// What a shell gives a command that a signal ended.
constexpr int kExitOfSignal = 128;

struct Handler {
  std::mutex mutex;
  std::function<void()> interrupted;
  bool waiting = false;
};

Handler& TheHandler() {
  static Handler& handler = *new Handler;
  return handler;
}

// A thread that waits may do what a signal handler may not: lock, allocate.
void WaitForSignals(sigset_t signals) {
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    std::lock_guard<std::mutex> lock(TheHandler().mutex);
    if (!TheHandler().interrupted) std::_Exit(kExitOfSignal + signal);
    TheHandler().interrupted();
  }
}

}  // namespace

void OnInterrupt(std::function<void()> interrupted) {
  Handler& handler = TheHandler();
  std::lock_guard<std::mutex> lock(handler.mutex);
  handler.interrupted = std::move(interrupted);
  if (handler.waiting) return;
  handler.waiting = true;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  // Threads that are started from here on inherit it.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread(WaitForSignals, signals).detach();
}

}  // namespace gatehouse::cli
