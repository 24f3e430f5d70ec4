// A logger whose lines a test reads.
#ifndef GATEHOUSE_TESTS_FAKES_RECORDING_LOGGER_H_
#define GATEHOUSE_TESTS_FAKES_RECORDING_LOGGER_H_

#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/runtime/logger.h"

namespace gatehouse {

// Thread-safe.
class RecordingLogger final : public Logger {
 public:
  void Log(LogLevel level, absl::string_view event, LogFields fields) override {
    std::string line(event);
    for (const auto& [name, value] : fields) {
      absl::StrAppend(&line, " ", name, "=");
      std::visit([&line](const auto& v) { absl::StrAppend(&line, v); }, value);
    }
    std::lock_guard<std::mutex> lock(mutex_);
    lines_.emplace_back(level, std::move(line));
  }
  bool IsEnabled(LogLevel) const override { return true; }

  // "event name=value …" of each line since the last call.
  std::vector<std::pair<LogLevel, std::string>> Take() {
    std::lock_guard<std::mutex> lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::pair<LogLevel, std::string>> lines_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_FAKES_RECORDING_LOGGER_H_
