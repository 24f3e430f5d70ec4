#include "tests/benchmark/load_target.h"

#include <grpcpp/grpcpp.h>

#include <chrono>

#include "absl/strings/str_cat.h"

namespace gatehouse::benchmark {
namespace {

// A call that takes longer has failed.
constexpr auto kCallDeadline = std::chrono::seconds(10);

}  // namespace

std::shared_ptr<grpc::Channel> Connect(const LoadTarget& target) {
  grpc::ChannelArguments arguments;
  // Each client has a connection of its own.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  auto credentials = target.ca_pem.empty()
                         ? grpc::InsecureChannelCredentials()
                         : grpc::SslCredentials({.pem_root_certs = target.ca_pem});
  return grpc::CreateCustomChannel(target.address, credentials, arguments);
}

void Prepare(const LoadTarget& target, grpc::ClientContext* context) {
  context->set_deadline(std::chrono::system_clock::now() + kCallDeadline);
  if (target.token.empty()) return;
  context->AddMetadata("authorization", absl::StrCat("Bearer ", target.token));
}

}  // namespace gatehouse::benchmark
