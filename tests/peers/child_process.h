// Programs that a test runs: peers beside it, and commands to completion.
#ifndef GATEHOUSE_TESTS_PEERS_CHILD_PROCESS_H_
#define GATEHOUSE_TESTS_PEERS_CHILD_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace gatehouse {

// A running program. Its stdin stays open as long as the test lives: one that
// ends with its stdin ends with the test, however the test dies. Its stderr is
// the test's. Not thread-safe.
class ChildProcess {
 public:
  // argv[0] is a path, or a name to look up in PATH.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(const std::vector<std::string>& argv);
  // Starts a peer: a program that prints a line once it is ready. That line goes
  // to `ready_line`. An error says to run tools/setup, which a peer may lack.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> StartPeer(
      const std::vector<std::string>& argv, std::string& ready_line);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // The next line of its stdout, without the newline. UNAVAILABLE if it ends
  // its stdout first, DEADLINE_EXCEEDED after `timeout`.
  absl::StatusOr<std::string> ReadLine(absl::Duration timeout);

  // Ends its stdin and waits for its exit; kills it after ten seconds.
  // Idempotent; the destructor does it too.
  void Stop();

  // Sends `signal` to it, if it has not been stopped.
  void Signal(int signal);

  // Waits for its exit: the exit code, or 128 + the signal that ended it.
  // DEADLINE_EXCEEDED after `timeout`.
  absl::StatusOr<int> Wait(absl::Duration timeout);

 private:
  ChildProcess(pid_t pid, int stdin_fd, int stdout_fd)
      : pid_(pid), stdin_fd_(stdin_fd), stdout_fd_(stdout_fd) {}

  pid_t pid_;
  int stdin_fd_;  // -1 once closed
  int stdout_fd_;
  int exit_code_ = -1;  // -1 while it runs
  std::string unread_;
};

struct ProgramResult {
  int exit_code = 0;  // 128 + the signal that ended it, if one did
  std::string out;
  std::string err;
};

// Runs a program to its end with `input` on its stdin. DEADLINE_EXCEEDED (and it
// is killed) after `timeout`. A non-zero exit code is a result, not an error.
absl::StatusOr<ProgramResult> RunProgram(const std::vector<std::string>& argv,
                                         absl::string_view input = "",
                                         absl::Duration timeout = absl::Seconds(60));

// The same for a program that must succeed: its stdout; INTERNAL with its stderr
// if the exit code is not 0.
absl::StatusOr<std::string> RunChecked(const std::vector<std::string>& argv);

// The file of this repository that a test names in its `data`
// ("tests/peers/knot"), as an absolute path.
std::string DataFile(absl::string_view path);

// A program that tools/setup installs in .cache/bin ("buf", "grpcurl", "node").
// FAILED_PRECONDITION, saying to run tools/setup, if it is not there.
absl::StatusOr<std::string> InstalledTool(absl::string_view name);

// A new directory with a short path (a unix socket fits), removed with all it
// holds by the destructor.
class ShortTempDir {
 public:
  ShortTempDir();
  ~ShortTempDir();
  ShortTempDir(const ShortTempDir&) = delete;
  ShortTempDir& operator=(const ShortTempDir&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_PEERS_CHILD_PROCESS_H_
