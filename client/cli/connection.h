// Channels to a server.
#ifndef GATEHOUSE_CLIENT_CLI_CONNECTION_H_
#define GATEHOUSE_CLIENT_CLI_CONNECTION_H_

#include <memory>
#include <string>

namespace grpc {
class Channel;
}  // namespace grpc

namespace gatehouse::cli {

// A channel to "host:port", not encrypted: Gatehouse listens on loopback only.
// It connects with the first call, and finds out within a minute that a silent
// peer is gone.
std::shared_ptr<grpc::Channel> Connect(const std::string& server);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_CONNECTION_H_
