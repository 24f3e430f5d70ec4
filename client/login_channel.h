// The gRPC channel of a LoginClient: credentials, retries, keepalive.
#ifndef GATEHOUSE_CLIENT_LOGIN_CHANNEL_H_
#define GATEHOUSE_CLIENT_LOGIN_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/loopback_target.h"
#include "client/secure_channel.h"

namespace grpc {
class Channel;
class ChannelCredentials;
}  // namespace grpc

namespace gatehouse::client {

struct LoginChannelOptions {
  std::string target;
  // Null: as `security` says. Else it says the token only.
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  ConnectionSecurity security;
  int max_attempts = 3;
  absl::Duration keepalive = absl::Seconds(30);
};

// A channel that connects when it is first used. INVALID_ARGUMENT: no target, or
// as MakeSecureChannel.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeLoginChannel(const LoginChannelOptions& options);

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_LOGIN_CHANNEL_H_
