#include "server/runtime/json_logger.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace gatehouse {
namespace {

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      break;
  }
  return spdlog::level::err;
}

class JsonLogger final : public Logger {
 public:
  explicit JsonLogger(LogLevel level)
      : logger_("gatehouse", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    // spdlog's own JSON pattern does not escape: the whole line is made here.
    logger_.set_pattern("%v");
    logger_.set_level(ToSpdlog(level));
    logger_.flush_on(spdlog::level::debug);
  }

  void Log(LogLevel level, absl::string_view event, LogFields fields) override {
    const spdlog::level::level_enum spdlog_level = ToSpdlog(level);
    if (!logger_.should_log(spdlog_level)) return;
    nlohmann::ordered_json line;
    line["time"] = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
    const auto name = spdlog::level::to_string_view(spdlog_level);
    line["level"] = std::string(name.data(), name.size());
    line["event"] = std::string(event);
    for (const auto& [key, value] : fields) {
      std::visit([&, k = std::string(key)](const auto& v) { line[k] = v; }, value);
    }
    // Invalid UTF-8 is replaced: a log line never fails for what it reports.
    logger_.log(spdlog_level,
                line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  }

  bool IsEnabled(LogLevel level) const override { return logger_.should_log(ToSpdlog(level)); }

 private:
  spdlog::logger logger_;
};

}  // namespace

std::unique_ptr<Logger> NewJsonLogger(LogLevel level) {
  return std::make_unique<JsonLogger>(level);
}

}  // namespace gatehouse
