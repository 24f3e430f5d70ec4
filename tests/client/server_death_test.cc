// What the client does when the server's process dies in the middle of a call.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/login_client.h"
#include "tests/client/fake_login_service.h"

namespace gatehouse::client {
namespace {

// Long enough that only a bug reaches it.
constexpr absl::Duration kPatience = absl::Seconds(20);

// A server in a process of its own, which kills itself in the middle of each
// check.
class DyingServer {
 public:
  DyingServer() {
    int ports[2];
    EXPECT_EQ(pipe(ports), 0);
    const std::string fd = absl::StrCat(ports[1]);
    std::string self = "/proc/self/exe", mode = "--die";
    char* arguments[] = {self.data(), mode.data(), const_cast<char*>(fd.c_str()), nullptr};
    EXPECT_EQ(posix_spawn(&pid_, self.c_str(), nullptr, nullptr, arguments, environ), 0);
    close(ports[1]);
    EXPECT_EQ(read(ports[0], &port_, sizeof(port_)), static_cast<ssize_t>(sizeof(port_)));
    close(ports[0]);
  }
  ~DyingServer() {
    if (!dead_) kill(pid_, SIGKILL);
    if (!dead_) waitpid(pid_, nullptr, 0);
  }

  int port() const { return port_; }
  bool IsDead() {
    if (!dead_) dead_ = waitpid(pid_, nullptr, WNOHANG) == pid_;
    return dead_;
  }

  // What the process does.
  static int Main(int port_fd) {
    FakeLoginService service;
    service.OnCheck([](int, v1::CheckLoginResponse&) {
      kill(getpid(), SIGKILL);
      return grpc::Status::OK;
    });
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    const std::unique_ptr<grpc::Server> server = builder.RegisterService(&service).BuildAndStart();
    if (write(port_fd, &port, sizeof(port)) != sizeof(port)) return 1;
    server->Wait();
    return 0;
  }

 private:
  pid_t pid_ = 0;
  int port_ = 0;
  bool dead_ = false;
};

TEST(ServerDeath, GivesNoPermissionWhenTheServerDiesInTheMiddle) {
  DyingServer server;
  LoginClient client = *LoginClient::Connect(
      {.target = absl::StrCat("127.0.0.1:", server.port()), .timeout = kPatience});
  EXPECT_TRUE(absl::IsUnavailable(client.CheckLogin("a@b.example").status()));
}

TEST(ServerDeath, AsksAnotherServerWhenOneDiesInTheMiddle) {
  DyingServer dying;
  FakeLoginService service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  const std::unique_ptr<grpc::Server> server = builder.RegisterService(&service).BuildAndStart();
  LoginClient client = *LoginClient::Connect(
      {.target = absl::StrCat("ipv4:127.0.0.1:", dying.port(), ",127.0.0.1:", port),
       .timeout = kPatience});
  const absl::Time end = absl::Now() + kPatience;
  while (!dying.IsDead() && absl::Now() < end) {
    const absl::StatusOr<LoginDecision> decision = client.CheckLogin("a@b.example");
    ASSERT_TRUE(decision.ok()) << decision.status();
  }
  EXPECT_TRUE(dying.IsDead());
  server->Shutdown(std::chrono::system_clock::now());
}

}  // namespace
}  // namespace gatehouse::client

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--die") {
    return gatehouse::client::DyingServer::Main(atoi(argv[2]));
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
