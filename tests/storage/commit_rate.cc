// Prints how many synced commits per second the RocksDB engine makes, by number of threads, in a
// directory under TMPDIR, each beside what the disk gives at that moment: appends to a file, each
// synced. docs/storage-engine.md has a run.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "storage/rocksdb_engine.h"

namespace gatehouse::storage {
namespace {

constexpr auto kDuration = std::chrono::seconds(3);

// Synced appends per second of one thread, with nothing else; negative if one failed.
double MeasureDisk(const std::string& path) {
  constexpr int kAppends = 300;
  const std::string bytes(300, 'v');
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  bool failed = fd < 0;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kAppends && !failed; ++i) {
    failed = ::write(fd, bytes.data(), bytes.size()) < 0 || ::fdatasync(fd) != 0;
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  if (fd >= 0) ::close(fd);
  return failed ? -1 : kAppends / elapsed.count();
}

// Commits per second, or a negative number if one failed.
double Measure(Engine* engine, int threads) {
  std::atomic<int64_t> commits{0};
  std::atomic<bool> failed{false};
  const auto start = std::chrono::steady_clock::now();
  std::vector<std::thread> running;
  for (int thread = 0; thread < threads; ++thread) {
    running.emplace_back([&, thread] {
      const std::string value(100, 'v');
      for (int i = 0; std::chrono::steady_clock::now() - start < kDuration; ++i) {
        std::string key = "user/" + std::to_string(thread) + "/" + std::to_string(i);
        // As a typed store commits: a record and its index entry, which must be new.
        if (!engine->Commit({{{key, 0}}, {{key, value}, {"index/" + key, ""}}}).ok()) failed = true;
        ++commits;
      }
    });
  }
  for (std::thread& thread : running) thread.join();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return failed ? -1 : static_cast<double>(commits) / elapsed.count();
}

int Main() {
  std::string directory =
      (std::filesystem::temp_directory_path() / "gatehouse-commit-rate-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return 1;
  bool failed = false;
  for (int threads : {1, 8, 32}) {
    const double disk = MeasureDisk(directory + "/appends");
    RocksDbEngineOptions options;
    options.directory = directory + "/" + std::to_string(threads);
    auto engine = OpenRocksDbEngine(options);
    double rate = engine.ok() ? Measure(engine->get(), threads) : -1;
    failed = failed || rate < 0 || disk < 0;
    std::printf("%2d threads: %7.0f commits/s; disk: %7.0f synced appends/s; ratio %5.2f\n",
                threads, rate, disk, rate / disk);
  }
  std::filesystem::remove_all(directory);
  return failed ? 1 : 0;
}

}  // namespace
}  // namespace gatehouse::storage

int main() { return gatehouse::storage::Main(); }
