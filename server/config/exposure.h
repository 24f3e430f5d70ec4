// Who could reach the server, and whether it is fit for that: what a
// configuration must have before anything listens.
#ifndef GATEHOUSE_SERVER_CONFIG_EXPOSURE_H_
#define GATEHOUSE_SERVER_CONFIG_EXPOSURE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/config/server_config.h"

namespace gatehouse {

// "host:port" whose host only this machine reaches: 127.0.0.0/8, [::1] or
// localhost.
bool IsLoopbackAddress(absl::string_view address);

inline bool HasTls(const ServerConfig& config) { return !config.tls_certificate_file.empty(); }

// Off loopback: TLS and authentication. On loopback: TLS, or `insecure`. Settings
// that would have no effect are refused, too: whoever names a client CA expects
// that clients are asked for certificates. INVALID_ARGUMENT naming the setting
// that is missing or wrong, and what to do.
absl::Status CheckExposure(const ServerConfig& config);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONFIG_EXPOSURE_H_
