#include "client/login_channel.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>

#include "absl/strings/str_cat.h"
#include "tests/client/fake_login_service.h"

namespace gatehouse::client {
namespace {

TEST(IsLoopback, IsTrueOnlyForTargetsThatCannotLeaveTheMachine) {
  for (const char* target :
       {"localhost:8443", "LOCALHOST:1", "localhost", "127.0.0.1:8443", "127.8.9.1:1", "[::1]:8443",
        "unix:/run/gatehouse.sock", "unix:///run/gatehouse.sock", "unix-abstract:gatehouse",
        "dns:localhost:1", "dns:///localhost:8443", "dns:///127.0.0.1:1", "ipv4:127.0.0.1:1",
        "ipv4:127.0.0.1:1,127.0.0.2:2", "ipv6:[::1]:1"}) {
    EXPECT_TRUE(IsLoopback(target)) << target;
  }
  for (const char* target :
       {"", "gatehouse.example:8443", "localhost.example:1", "127.example:1", "127.0.0.1.example:1",
        "10.0.0.1:1", "0.0.0.0:1", "[::]:1", "[::ffff:127.0.0.1]:1", "[fe80::1]:1",
        "dns:///gatehouse.example:1", "dns://8.8.8.8/localhost:1", "ipv4:127.0.0.1:1,10.0.0.1:1",
        "ipv6:[2001:db8::1]:1", "xds:///localhost:1", "dns:///localhost%2eexample:1", "127.1:1",
        "0x7f.0.0.1:1", "localhost@evil.example:1"}) {
    EXPECT_FALSE(IsLoopback(target)) << target;
  }
}

// Whether a server that takes a ping per `server_minimum` closes the connection
// of an idle channel within five seconds.
bool ClosesIdleConnection(absl::Duration keepalive, absl::Duration server_minimum) {
  FakeLoginService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             static_cast<int>(absl::ToInt64Milliseconds(server_minimum)));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 1);
  const std::unique_ptr<grpc::Server> server = builder.RegisterService(&service).BuildAndStart();
  const std::shared_ptr<grpc::Channel> channel =
      *MakeLoginChannel({.target = absl::StrCat("127.0.0.1:", port), .keepalive = keepalive});
  const auto now = std::chrono::system_clock::now();
  EXPECT_TRUE(channel->WaitForConnected(now + std::chrono::seconds(20)));
  const bool closed = channel->WaitForStateChange(
      GRPC_CHANNEL_READY, std::chrono::system_clock::now() + std::chrono::seconds(5));
  server->Shutdown(std::chrono::system_clock::now());
  return closed;
}

TEST(MakeLoginChannel, ProbesAnIdleConnectionWithoutAngeringTheServer) {
  // The real ratio, 30 s to the server's 10 s, sped up as far as gRPC goes: it
  // sends no more than a ping per second.
  std::future<bool> as_shipped = std::async(std::launch::async, [] {
    return ClosesIdleConnection(absl::Seconds(1), absl::Milliseconds(333));
  });
  // That it does probe shows with a server that wants fewer pings, and closes
  // with too_many_pings.
  std::future<bool> too_often = std::async(
      std::launch::async, [] { return ClosesIdleConnection(absl::Seconds(1), absl::Seconds(10)); });
  EXPECT_FALSE(as_shipped.get());
  EXPECT_TRUE(too_often.get());
}

}  // namespace
}  // namespace gatehouse::client
