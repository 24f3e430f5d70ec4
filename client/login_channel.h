// The gRPC channel of a LoginClient: credentials, retries, keepalive.
#ifndef GATEHOUSE_CLIENT_LOGIN_CHANNEL_H_
#define GATEHOUSE_CLIENT_LOGIN_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace grpc {
class Channel;
class ChannelCredentials;
}  // namespace grpc

namespace gatehouse::client {

struct LoginChannelOptions {
  std::string target;
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  int max_attempts = 3;
  absl::Duration keepalive = absl::Seconds(30);
};

// Whether a target can only be reached from this machine: localhost, 127.0.0.0/8,
// [::1] or a Unix socket, as "host:port" or as a gRPC URI.
bool IsLoopback(absl::string_view target);

// A channel that connects when it is first used. INVALID_ARGUMENT (field
// "target" or "credentials"): no target, or no credentials off loopback.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeLoginChannel(const LoginChannelOptions& options);

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_LOGIN_CHANNEL_H_
