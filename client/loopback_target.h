// Whether a target of gRPC can be reached from this machine only.
#ifndef GATEHOUSE_CLIENT_LOOPBACK_TARGET_H_
#define GATEHOUSE_CLIENT_LOOPBACK_TARGET_H_

#include "absl/strings/string_view.h"

namespace gatehouse::client {

// localhost, 127.0.0.0/8, [::1] or a Unix socket, as "host:port" or as a gRPC URI.
bool IsLoopback(absl::string_view target);

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_LOOPBACK_TARGET_H_
