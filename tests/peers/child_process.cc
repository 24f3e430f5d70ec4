#include "tests/peers/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "policy/status_macros.h"

namespace gatehouse {
namespace {

constexpr absl::Duration kPollInterval = absl::Milliseconds(5);

struct Pipe {
  int read = -1;
  int write = -1;
};

absl::StatusOr<Pipe> NewPipe() {
  int fds[2];
  // Close-on-exec: another child that held the write end of a stdin would keep
  // its reader alive.
  if (pipe2(fds, O_CLOEXEC) != 0) {
    return absl::InternalError(absl::StrCat("pipe: ", std::strerror(errno)));
  }
  return Pipe{fds[0], fds[1]};
}

void Close(int& fd) {
  if (fd >= 0) close(fd);
  fd = -1;
}

// posix_spawn, not fork: the test may have threads. A negative fd is inherited.
absl::StatusOr<pid_t> Spawn(const std::vector<std::string>& argv, int in, int out, int err) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  if (err >= 0) posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = 0;
  const int error = posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return absl::InternalError(
        absl::StrCat("cannot run ", absl::StrJoin(argv, " "), ": ", std::strerror(error)));
  }
  return pid;
}

int ExitCode(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

int PollTimeoutMs(absl::Time deadline) {
  const absl::Duration left = deadline - absl::Now();
  return left <= absl::ZeroDuration() ? 0 : static_cast<int>(absl::ToInt64Milliseconds(left)) + 1;
}

// Writes `input` to the child and reads both its outputs, as each is ready.
absl::Status Exchange(absl::string_view input, Pipe& in, Pipe& out, Pipe& err, absl::Time deadline,
                      ProgramResult& result) {
  while (out.read >= 0 || err.read >= 0) {
    if (input.empty()) Close(in.write);
    std::array<pollfd, 3> fds = {
        {{in.write, POLLOUT, 0}, {out.read, POLLIN, 0}, {err.read, POLLIN, 0}}};
    if (poll(fds.data(), fds.size(), PollTimeoutMs(deadline)) == 0) {
      return absl::DeadlineExceededError("the program did not end in time");
    }
    if (fds[0].revents != 0) {
      const ssize_t written = write(in.write, input.data(), input.size());
      if (written < 0) Close(in.write);  // it reads no more
      input.remove_prefix(written < 0 ? input.size() : static_cast<size_t>(written));
    }
    const std::array<std::pair<int*, std::string*>, 2> outputs = {
        {{&out.read, &result.out}, {&err.read, &result.err}}};
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (fds[i + 1].revents == 0) continue;
      char buffer[4096];
      const ssize_t size = read(*outputs[i].first, buffer, sizeof(buffer));
      if (size <= 0) {
        Close(*outputs[i].first);
      } else {
        outputs[i].second->append(buffer, static_cast<size_t>(size));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(
    const std::vector<std::string>& argv) {
  ASSIGN_OR_RETURN(Pipe in, NewPipe());
  ASSIGN_OR_RETURN(Pipe out, NewPipe());
  absl::StatusOr<pid_t> pid = Spawn(argv, in.read, out.write, -1);
  Close(in.read);
  Close(out.write);
  if (!pid.ok()) {
    Close(in.write);
    Close(out.read);
    return pid.status();
  }
  return std::unique_ptr<ChildProcess>(new ChildProcess(*pid, in.write, out.read));
}

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::StartPeer(
    const std::vector<std::string>& argv, std::string& ready_line) {
  ASSIGN_OR_RETURN(std::unique_ptr<ChildProcess> peer, Start(argv));
  absl::StatusOr<std::string> line = peer->ReadLine(absl::Seconds(60));
  if (!line.ok()) {
    return absl::Status(line.status().code(),
                        absl::StrCat(argv[0], " did not start: ", line.status().message(),
                                     ". If something is not installed, run tools/setup."));
  }
  ready_line = *std::move(line);
  return peer;
}

ChildProcess::~ChildProcess() {
  Stop();
  Close(stdout_fd_);
}

absl::StatusOr<std::string> ChildProcess::ReadLine(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    if (const size_t end = unread_.find('\n'); end != std::string::npos) {
      std::string line = unread_.substr(0, end);
      unread_.erase(0, end + 1);
      return line;
    }
    pollfd fd = {stdout_fd_, POLLIN, 0};
    if (poll(&fd, 1, PollTimeoutMs(deadline)) == 0) {
      return absl::DeadlineExceededError("no line from the program in time");
    }
    char buffer[4096];
    const ssize_t size = read(stdout_fd_, buffer, sizeof(buffer));
    if (size <= 0) return absl::UnavailableError("the program ended its output");
    unread_.append(buffer, static_cast<size_t>(size));
  }
}

void ChildProcess::Stop() {
  Close(stdin_fd_);
  if (Wait(absl::Seconds(10)).ok()) return;
  Signal(SIGKILL);
  (void)Wait(absl::InfiniteDuration());
}

void ChildProcess::Signal(int signal) {
  if (exit_code_ < 0) kill(pid_, signal);
}

absl::StatusOr<int> ChildProcess::Wait(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (exit_code_ < 0) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      exit_code_ = ExitCode(status);
    } else if (absl::Now() >= deadline) {
      return absl::DeadlineExceededError("the program did not end in time");
    } else {
      absl::SleepFor(kPollInterval);  // there is no wait with a deadline
    }
  }
  return exit_code_;
}

absl::StatusOr<ProgramResult> RunProgram(const std::vector<std::string>& argv,
                                         absl::string_view input, absl::Duration timeout) {
  // A program that reads no input must not end the test.
  signal(SIGPIPE, SIG_IGN);
  const absl::Time deadline = absl::Now() + timeout;
  ASSIGN_OR_RETURN(Pipe in, NewPipe());
  ASSIGN_OR_RETURN(Pipe out, NewPipe());
  ASSIGN_OR_RETURN(Pipe err, NewPipe());
  absl::StatusOr<pid_t> pid = Spawn(argv, in.read, out.write, err.write);
  Close(in.read);
  Close(out.write);
  Close(err.write);
  // Or a write of more than the pipe holds would wait for a program that itself
  // waits for its output to be read.
  fcntl(in.write, F_SETFL, O_NONBLOCK);
  ProgramResult result;
  absl::Status status = pid.status();
  if (pid.ok()) {
    status = Exchange(input, in, out, err, deadline, result);
    if (!status.ok()) kill(*pid, SIGKILL);
    int wait_status = 0;
    waitpid(*pid, &wait_status, 0);
    result.exit_code = ExitCode(wait_status);
  }
  Close(in.write);
  Close(out.read);
  Close(err.read);
  if (!status.ok()) {
    return absl::Status(status.code(), absl::StrCat(absl::StrJoin(argv, " "), ": ",
                                                    status.message(), "\n", result.err));
  }
  return result;
}

absl::StatusOr<std::string> RunChecked(const std::vector<std::string>& argv) {
  ASSIGN_OR_RETURN(ProgramResult result, RunProgram(argv));
  if (result.exit_code != 0) {
    return absl::InternalError(absl::StrCat(absl::StrJoin(argv, " "), " ended with ",
                                            result.exit_code, ":\n", result.err));
  }
  return std::move(result.out);
}

std::string DataFile(absl::string_view path) {
  const char* runfiles = getenv("TEST_SRCDIR");
  const std::string root = runfiles == nullptr ? "." : absl::StrCat(runfiles, "/gatehouse");
  return std::filesystem::absolute(absl::StrCat(root, "/", path)).string();
}

absl::StatusOr<std::string> InstalledTool(absl::string_view name) {
  // Installed tools are no build inputs: they are found beside the source tree
  // that this runfile is a link to.
  std::error_code error;
  const std::filesystem::path script =
      std::filesystem::canonical(DataFile("tests/peers/knot"), error);
  const std::filesystem::path tool = script.parent_path() / "../../.cache/bin" / std::string(name);
  if (error || access(tool.c_str(), X_OK) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(name, " is not installed (", tool.string(), "); run tools/setup"));
  }
  return tool.lexically_normal().string();
}

ShortTempDir::ShortTempDir() {
  // Not TEST_TMPDIR: below Bazel's output base a path is too long for a socket.
  std::string path = "/tmp/gatehouse-XXXXXX";
  if (mkdtemp(path.data()) == nullptr) abort();
  path_ = path;
}

ShortTempDir::~ShortTempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace gatehouse
