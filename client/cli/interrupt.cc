#include "client/cli/interrupt.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <mutex>
#include <thread>
#include <utility>

namespace gatehouse::cli {
namespace {

int signal_pipe[2] = {-1, -1};

// A signal handler may do little more than write; a thread that reads it may do
// all the rest: lock, allocate, cancel a call.
void WriteToPipe(int) {
  const char byte = 0;
  [[maybe_unused]] const ssize_t written = write(signal_pipe[1], &byte, 1);
}

struct Handler {
  std::mutex mutex;
  std::function<void()> interrupted;
};

Handler& TheHandler() {
  static Handler& handler = *new Handler;
  return handler;
}

void WaitForSignals() {
  char byte = 0;
  while (read(signal_pipe[0], &byte, 1) != 0) {
    std::lock_guard<std::mutex> lock(TheHandler().mutex);
    if (TheHandler().interrupted) TheHandler().interrupted();
  }
}

}  // namespace

void OnInterrupt(std::function<void()> interrupted) {
  Handler& handler = TheHandler();
  std::lock_guard<std::mutex> lock(handler.mutex);
  handler.interrupted = std::move(interrupted);
  if (signal_pipe[0] == -1) {
    // Without a pipe, signals stay what they are: deadly.
    if (pipe2(signal_pipe, O_CLOEXEC) != 0) return;
    std::thread(WaitForSignals).detach();
  }
  struct sigaction action {};
  action.sa_handler = handler.interrupted ? WriteToPipe : SIG_DFL;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace gatehouse::cli
