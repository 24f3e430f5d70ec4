#include "client/cli/connection.h"

#include <grpcpp/support/channel_arguments.h>

#include "absl/strings/str_cat.h"
#include "client/cli/version.h"

namespace gatehouse::cli {
namespace {

// Not more often than servers allow, or they end the connection.
constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
// An import's report names up to 10,000 bad rows and a million outcomes.
constexpr int kMaxReceivedBytes = 64 << 20;

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const std::string& server,
                                                       const client::ConnectionSecurity& security) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetMaxReceiveMessageSize(kMaxReceivedBytes);
  arguments.SetUserAgentPrefix(absl::StrCat("gatehouse-cli/", kVersion));
  return client::MakeSecureChannel(server, security, arguments);
}

}  // namespace gatehouse::cli
