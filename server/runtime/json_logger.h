// Logger on spdlog: JSON lines to standard error.
#ifndef GATEHOUSE_SERVER_RUNTIME_JSON_LOGGER_H_
#define GATEHOUSE_SERVER_RUNTIME_JSON_LOGGER_H_

#include <memory>

#include "server/runtime/logger.h"

namespace gatehouse {

// Writes {"time":…,"level":…,"event":…,<fields>} from `level` on.
std::unique_ptr<Logger> NewJsonLogger(LogLevel level);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_RUNTIME_JSON_LOGGER_H_
