// How a client proves the server's identity, and its own.
#ifndef GATEHOUSE_CLIENT_SECURE_CHANNEL_H_
#define GATEHOUSE_CLIENT_SECURE_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace grpc {
class Channel;
class ChannelArguments;
class ChannelCredentials;
}  // namespace grpc

namespace gatehouse::client {

struct ConnectionSecurity {
  // TLS on loopback, too; elsewhere, and with any of the files, it always is.
  bool tls = false;
  // PEM files. The authorities that sign servers' certificates; empty: the
  // system's.
  std::string ca_file;
  // The client's own certificate and its key (mTLS); both or none.
  std::string certificate_file;
  std::string key_file;
  // The access token; or a file that holds it, re-read when it changes. At most
  // one of the two.
  std::string token;
  std::string token_file;
};

// A channel to `target` that connects when it is first used. In plain text on
// loopback at most, so no token ever travels in the clear. INVALID_ARGUMENT
// naming what cannot be used: a file, a token, or options that contradict each
// other.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeSecureChannel(const std::string& target,
                                                                 const ConnectionSecurity& security,
                                                                 grpc::ChannelArguments arguments);

// The same with credentials of the caller's own; `security` says the token only.
// INVALID_ARGUMENT: credentials that cannot carry a token, as those of plain text.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeSecureChannel(
    const std::string& target, std::shared_ptr<grpc::ChannelCredentials> credentials,
    const ConnectionSecurity& security, grpc::ChannelArguments arguments);

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_SECURE_CHANNEL_H_
