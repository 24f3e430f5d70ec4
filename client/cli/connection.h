// Channels to a server.
#ifndef GATEHOUSE_CLIENT_CLI_CONNECTION_H_
#define GATEHOUSE_CLIENT_CLI_CONNECTION_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/secure_channel.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace gatehouse::cli {

// A channel to "host:port", in plain text on loopback at most. It connects with
// the first call, and finds out within a minute that a silent peer is gone. The
// errors are those of MakeSecureChannel.
absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const std::string& server,
                                                       const client::ConnectionSecurity& security);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_CONNECTION_H_
