// kill -9 in the middle of commits: what was acknowledged is there.
//
// The test runs itself as the process to kill: with a directory as its argument it commits there
// until it is killed, and writes each acknowledged revision to its standard output.
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/storage/rocksdb_engine_fixture.h"

extern char** environ;

namespace gatehouse::storage {
namespace {

constexpr char kCommitUntilKilled[] = "--commit_until_killed";

struct Acknowledged {
  int32_t thread;
  int32_t count;  // commits of this thread so far
  Revision revision;
};

int CommitUntilKilled(const std::string& directory) {
  RocksDbEngineOptions options;
  options.directory = directory;
  auto engine = OpenRocksDbEngine(options);
  if (!engine.ok()) return 1;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&engine, thread] {
      for (int count = 1;; ++count) {
        auto revision = (*engine)->Commit({{}, {{absl::StrCat("t", thread), absl::StrCat(count)}}});
        if (!revision.ok()) _exit(2);
        Acknowledged acknowledged{thread, count, *revision};
        // A write this small to a pipe is atomic.
        if (::write(STDOUT_FILENO, &acknowledged, sizeof(acknowledged)) != sizeof(acknowledged)) {
          _exit(3);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}

class CrashTest : public RocksDbEngineFixture {};

TEST_F(CrashTest, AcknowledgedCommitsSurviveKill) {
  std::map<int, Acknowledged> last;
  Revision newest = 0;
  for (int round = 0; round < 3; ++round) {
    int output[2];
    ASSERT_EQ(::pipe(output), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, output[0]);
    std::string flag = kCommitUntilKilled, directory = store().string(), self = "/proc/self/exe";
    char* arguments[] = {self.data(), flag.data(), directory.data(), nullptr};
    pid_t child = 0;
    ASSERT_EQ(::posix_spawn(&child, self.c_str(), &actions, nullptr, arguments, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(output[1]);

    Acknowledged acknowledged;
    for (int i = 0;
         ::read(output[0], &acknowledged, sizeof(acknowledged)) == sizeof(acknowledged);) {
      last[acknowledged.thread] = acknowledged;
      newest = std::max(newest, acknowledged.revision);
      if (++i == 200) ::kill(child, SIGKILL);
    }
    ::close(output[0]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;

    auto engine = Open();
    EXPECT_GE(engine->revision(), newest);
    auto all = *ReadAll(*engine);
    for (const auto& [thread, expected] : last) {
      const Entry& entry = all[absl::StrCat("t", thread)];
      EXPECT_GE(entry.mod_revision, expected.revision);
      EXPECT_GE(std::stoi(entry.value), expected.count);
    }
    newest = engine->revision();
    last.clear();  // the next process counts from 1 again
  }
}

}  // namespace
}  // namespace gatehouse::storage

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == gatehouse::storage::kCommitUntilKilled) {
    return gatehouse::storage::CommitUntilKilled(argv[2]);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
