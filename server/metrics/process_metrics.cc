#include "server/metrics/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>

namespace gatehouse {
namespace {

// The fields of proc(5), "/proc/[pid]/stat", from the third on; empty if it cannot be read.
std::vector<std::string> StatFields() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  // The second is the program's name in parentheses, which may have blanks and parentheses.
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return {};
  std::istringstream rest(line.substr(name_end + 1));
  return {std::istream_iterator<std::string>(rest), {}};
}

// Field `number` as proc(5) counts; 0 if there is none.
double Field(const std::vector<std::string>& fields, size_t number) {
  const size_t index = number - 3;
  return index < fields.size() ? std::strtod(fields[index].c_str(), nullptr) : 0;
}

double BootTime() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("btime ", 0) == 0) return std::strtod(line.c_str() + 6, nullptr);
  }
  return 0;
}

void AddFiles(std::vector<MetricFamily>* families) {
  std::error_code error;
  std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (!error) {
    // One of them is the directory that is being read.
    const auto open = std::distance(begin(files), end(files)) - 1;
    families->push_back({"process_open_fds",
                         "Open file descriptors.",
                         MetricFamily::Type::kGauge,
                         {{.value = static_cast<double>(open)}}});
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    families->push_back({"process_max_fds",
                         "File descriptors that may be open.",
                         MetricFamily::Type::kGauge,
                         {{.value = static_cast<double>(limit.rlim_cur)}}});
  }
}

}  // namespace

std::vector<MetricFamily> ProcessMetrics::Collect() {
  using Type = MetricFamily::Type;
  std::vector<MetricFamily> families;
  const std::vector<std::string> stat = StatFields();
  if (!stat.empty()) {
    const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    const double page = static_cast<double>(sysconf(_SC_PAGESIZE));
    const auto add = [&](const char* name, const char* help, Type type, double value) {
      families.push_back({name, help, type, {{.value = value}}});
    };
    add("process_cpu_seconds_total", "CPU time, user and system.", Type::kCounter,
        (Field(stat, 14) + Field(stat, 15)) / ticks);
    add("process_resident_memory_bytes", "Memory in RAM.", Type::kGauge, Field(stat, 24) * page);
    add("process_virtual_memory_bytes", "Address space.", Type::kGauge, Field(stat, 23));
    add("process_threads", "Threads.", Type::kGauge, Field(stat, 20));
    add("process_start_time_seconds", "Start, in seconds since 1970.", Type::kGauge,
        BootTime() + Field(stat, 22) / ticks);
  }
  AddFiles(&families);
  return families;
}

}  // namespace gatehouse
