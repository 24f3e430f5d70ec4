// Structured logs: an event with fields, one JSON object a line.
//
// Never give a whole address or a secret to a field: EmailAddress::Redacted()
// is what a log may know of an address.
#ifndef GATEHOUSE_SERVER_RUNTIME_LOGGER_H_
#define GATEHOUSE_SERVER_RUNTIME_LOGGER_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/string_view.h"

namespace gatehouse {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

using LogValue = std::variant<std::string, int64_t, double, bool>;
using LogFields = std::initializer_list<std::pair<absl::string_view, LogValue>>;

// Thread-safe.
class Logger {
 public:
  virtual ~Logger() = default;
  // `event`: a fixed text, lower case, that a search can rely on.
  virtual void Log(LogLevel level, absl::string_view event, LogFields fields) = 0;
  // Whether Log does anything at this level.
  virtual bool IsEnabled(LogLevel level) const = 0;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_RUNTIME_LOGGER_H_
