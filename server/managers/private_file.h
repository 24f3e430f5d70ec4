// A file that only its owner may read.
#ifndef GATEHOUSE_SERVER_MANAGERS_PRIVATE_FILE_H_
#define GATEHOUSE_SERVER_MANAGERS_PRIVATE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace gatehouse {

// Puts `content` into a file of mode 0600 at `path`, whole and durable or not at
// all; one that is there is replaced. Makes the directory (0700) if it is
// missing. UNAVAILABLE naming the path.
absl::Status WritePrivateFile(const std::string& path, absl::string_view content);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_PRIVATE_FILE_H_
