// Prints how long point reads of the RocksDB engine take, alone and while commits come as fast as
// they are taken, with what the engine did in the background meanwhile. In a directory under
// TMPDIR, for some seconds each. docs/storage-engine.md has a run.
//
//   read_latency [KEYS] [CACHE_MIB]      1,000,000 keys and 64 MiB unless given
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "storage/rocksdb_engine.h"

namespace gatehouse::storage {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kDuration = std::chrono::seconds(5);
constexpr size_t kRowsPerCommit = 1000;

std::string KeyOf(uint64_t number) {
  // Spread over the whole range, as ids of users are.
  char key[64];
  std::snprintf(key, sizeof(key), "user/organization/%016llx",
                static_cast<unsigned long long>(number * 0x9e3779b97f4a7c15));
  return key;
}

// Rows of numbers from `next` on. About 120 bytes each, which compress to half.
CommitRequest Rows(size_t count, std::mt19937_64& random, std::function<uint64_t()> next) {
  CommitRequest request;
  std::vector<std::string> keys;
  for (size_t i = 0; i < count; ++i) keys.push_back(KeyOf(next()));
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  for (std::string& key : keys) {
    std::string value(120, 'v');
    for (size_t i = 0; i < 60; ++i) value[i] = static_cast<char>('a' + random() % 26);
    request.writes.push_back({std::move(key), std::move(value)});
  }
  return request;
}

struct Reads {
  size_t count = 0;
  double p50 = 0, p99 = 0, p999 = 0;  // microseconds
  bool failed = false;
};

Reads ReadFor(const Engine& engine, uint64_t keys) {
  std::mt19937_64 random(7);
  std::vector<double> times;
  Reads reads;
  for (const auto end = Clock::now() + kDuration; Clock::now() < end;) {
    const std::string key = KeyOf(random() % keys);
    const auto start = Clock::now();
    const auto entry = engine.Get(key);
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
    reads.failed = reads.failed || !entry.ok() || !entry->has_value();
  }
  std::sort(times.begin(), times.end());
  reads.count = times.size();
  auto at = [&](double part) {
    return times[static_cast<size_t>(part * static_cast<double>(times.size() - 1))];
  };
  reads.p50 = at(0.5);
  reads.p99 = at(0.99);
  reads.p999 = at(0.999);
  return reads;
}

void Print(const char* what, const Reads& reads) {
  std::printf("%-16s %9zu reads, p50 %7.1f us, p99 %7.1f us, p99.9 %7.1f us%s\n", what, reads.count,
              reads.p50, reads.p99, reads.p999, reads.failed ? ", SOME FAILED" : "");
}

void Print(const EngineStatistics& now) {
  const FileStatistics& files = *now.files;
  const double mib = 1 << 20;
  std::printf(
      "  %llu commits, %llu flushes, %llu compactions (%.0f MiB read, %.0f MiB written), "
      "%llu delays, %llu stops, %.2f s stalled\n"
      "  memory: cache %.1f MiB (%.1f pinned), memtables %.1f MiB, tables %.1f MiB; "
      "cache hits %.3f; files %.0f MiB\n",
      static_cast<unsigned long long>(now.commits.count),
      static_cast<unsigned long long>(files.flushes.done),
      static_cast<unsigned long long>(files.compactions.done),
      static_cast<double>(files.compactions.read_bytes) / mib,
      static_cast<double>(files.compactions.written_bytes) / mib,
      static_cast<unsigned long long>(files.write_delays),
      static_cast<unsigned long long>(files.write_stops), files.write_stall_seconds,
      static_cast<double>(files.cache_bytes) / mib,
      static_cast<double>(files.cache_pinned_bytes) / mib,
      static_cast<double>(files.memtable_bytes) / mib,
      static_cast<double>(files.table_reader_bytes) / mib,
      static_cast<double>(files.cache_hits) /
          static_cast<double>(std::max<uint64_t>(files.cache_hits + files.cache_misses, 1)),
      [&] {
        double bytes = 0;
        for (const auto& level : files.levels) bytes += static_cast<double>(level.bytes);
        return bytes / mib;
      }());
}

bool Measure(const RocksDbEngineOptions& options, uint64_t keys) {
  std::mt19937_64 random(1);
  auto engine = OpenRocksDbEngine(options);
  if (!engine.ok()) return false;
  uint64_t number = 0;
  while (number < keys) {
    if (!(*engine)->Commit(Rows(kRowsPerCommit, random, [&] { return number++; })).ok()) {
      return false;
    }
  }
  engine->reset();
  const auto start = Clock::now();
  engine = OpenRocksDbEngine(options);
  if (!engine.ok()) return false;
  std::printf("opened in %.3f s\n", std::chrono::duration<double>(Clock::now() - start).count());

  const Reads quiet = ReadFor(**engine, keys);
  Print("quiet", quiet);
  Print((*engine)->Statistics());

  std::atomic<bool> stop{false}, failed{false};
  std::thread writer([&] {
    while (!stop) {
      const auto request = Rows(kRowsPerCommit, random, [&] { return random() % keys; });
      if (!(*engine)->Commit(request).ok()) failed = true;
    }
  });
  const Reads busy = ReadFor(**engine, keys);
  stop = true;
  writer.join();
  Print("under commits", busy);
  Print((*engine)->Statistics());
  std::printf("p99 under commits / quiet: %.2f\n", busy.p99 / quiet.p99);
  return !quiet.failed && !busy.failed && !failed;
}

int Main(int argc, char** argv) {
  std::string directory =
      (std::filesystem::temp_directory_path() / "gatehouse-read-latency-XXXXXX").string();
  if (::mkdtemp(directory.data()) == nullptr) return 1;
  RocksDbEngineOptions options;
  options.directory = directory + "/store";
  // So small that flushes and compactions are under way all the time.
  options.write_buffer_bytes = 4 << 20;
  const uint64_t keys = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  options.block_cache_bytes = (argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 64) << 20;
  const bool done = keys > 0 && Measure(options, keys);
  std::filesystem::remove_all(directory);
  return done ? 0 : 1;
}

}  // namespace
}  // namespace gatehouse::storage

int main(int argc, char** argv) { return gatehouse::storage::Main(argc, argv); }
