#include "client/login_channel.h"

#include <grpcpp/support/channel_arguments.h>

#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "policy/errors.h"

namespace gatehouse::client {
namespace {

// A dead peer is noticed within keepalive + this.
constexpr absl::Duration kKeepaliveTimeout = absl::Seconds(5);
// gRPC's own first pause is 1 s and the longest 2 min: too long for people who
// wait to sign in while the server restarts.
constexpr absl::Duration kFirstReconnectPause = absl::Milliseconds(100);
constexpr absl::Duration kLongestReconnectPause = absl::Seconds(2);
constexpr absl::Duration kConnectTimeout = absl::Seconds(5);

std::string ServiceConfig(int max_attempts) {
  // Retries by gRPC itself, within the deadline of the call's context: they heed
  // a server's push-back and go to another address if there is one. (A `timeout`
  // in a service config fires early in gRPC 1.51: grpc/grpc#34547.)
  const std::string retry_policy = max_attempts < 2 ? ""
                                                    : absl::StrFormat(R"(, "retryPolicy": {
                             "maxAttempts": %d,
                             "initialBackoff": "0.01s",
                             "maxBackoff": "0.1s",
                             "backoffMultiplier": 2,
                             "retryableStatusCodes": ["UNAVAILABLE"]
                           })",
                                                                      max_attempts);
  return absl::StrFormat(R"({
      "loadBalancingConfig": [{"round_robin": {}}],
      "methodConfig": [{"name": [{"service": "gatehouse.v1.LoginService"}]%s}]
    })",
                         retry_policy);
}

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeLoginChannel(
    const LoginChannelOptions& options) {
  if (options.target.empty()) return InvalidField("target", "", "host:port or a gRPC target URI");
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(ServiceConfig(options.max_attempts));
  // The configuration is the one above, not what a TXT record in DNS says.
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, options.max_attempts > 1 ? 1 : 0);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(options.keepalive));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(kKeepaliveTimeout));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // Else gRPC stops probing after two pings without traffic in between.
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, Milliseconds(kFirstReconnectPause));
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, Milliseconds(kLongestReconnectPause));
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, Milliseconds(kConnectTimeout));
  if (options.credentials != nullptr) {
    return MakeSecureChannel(options.target, options.credentials, options.security,
                             std::move(arguments));
  }
  return MakeSecureChannel(options.target, options.security, std::move(arguments));
}

}  // namespace gatehouse::client
