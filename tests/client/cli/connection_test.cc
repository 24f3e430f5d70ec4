#include "client/cli/connection.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/app.h"
#include "gatehouse/v1/audit_service.grpc.pb.h"
#include "tests/builders/test_certificates.h"
#include "tests/storage/scoped_directory.h"

namespace gatehouse::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Result {
  ExitCode exit_code;
  std::string err;
};

Result RunAgainst(const std::vector<std::string>& arguments) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  const ExitCode code = RunCli(arguments, {.in = in,
                                           .out = out,
                                           .err = err,
                                           .variable = [](const std::string&) { return ""; },
                                           .now = absl::Now,
                                           .connect = Connect});
  EXPECT_EQ(out.str(), "");
  return {code, err.str()};
}

// A loopback port that is bound and, if `listening`, accepts and says nothing.
class SilentPort {
 public:
  explicit SilentPort(bool listening) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    if (listening) {
      EXPECT_EQ(listen(fd_, 8), 0);
    }
    address_ = absl::StrCat("127.0.0.1:", ntohs(address.sin_port));
  }
  ~SilentPort() { close(fd_); }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  const std::string& address() const { return address_; }

 private:
  int fd_;
  std::string address_;
};

TEST(Connection, ThatIsRefusedIsUnavailable) {
  const SilentPort port(/*listening=*/false);
  const Result result =
      RunAgainst({"check", "a@b.example", "--server", port.address(), "--exit-code"});
  EXPECT_EQ(result.exit_code, ExitCode::kUnavailable);
  EXPECT_THAT(result.err, StartsWith(absl::StrCat("error: no answer from ", port.address(), ": ")));
  EXPECT_THAT(result.err, HasSubstr("  reason: UNAVAILABLE\n"));
  EXPECT_THAT(result.err, HasSubstr("next: is the server running"));
}

TEST(Connection, ToASilentServerEndsInTime) {
  const SilentPort port(/*listening=*/true);
  const Result result =
      RunAgainst({"check", "a@b.example", "--server", port.address(), "--timeout", "200ms"});
  EXPECT_EQ(result.exit_code, ExitCode::kUnavailable);
  EXPECT_THAT(result.err,
              StartsWith(absl::StrCat("error: no answer from ", port.address(), " in time\n")));
}

// What a person is told when TLS does not come about, and that it is the right
// advice: with it, the next thing fails.
TEST(Connection, SaysWhatIsWrongWithTls) {
  const TestAuthority authority, stranger;
  const TestCertificate own = authority.Issue({.dns = {"localhost"}});
  const storage::ScopedDirectory directory;
  const auto write = [&directory](const std::string& name, const std::string& content) {
    std::ofstream(directory / name) << content;
    return (directory / name).string();
  };
  const std::string ca = write("ca.pem", authority.certificate_pem());
  const std::string other_ca = write("other.pem", stranger.certificate_pem());
  grpc::SslServerCredentialsOptions options;
  options.pem_key_cert_pairs.push_back({own.key_pem, own.certificate_pem});
  int tls_port = 0, plain_port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(options), &tls_port);
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &plain_port);
  v1::AuditService::CallbackService other;  // a server without a service does not start
  builder.RegisterService(&other);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  ASSERT_NE(server, nullptr);
  const struct {
    std::string host;
    int port;
    std::vector<std::string> flags;
    ExitCode exit_code;
    const char* advice;
  } cases[] = {
      {"localhost", tls_port, {}, ExitCode::kUnavailable, "perhaps it speaks TLS"},
      {"localhost", tls_port, {"--tls"}, ExitCode::kUnavailable, "not one that you trust"},
      {"localhost", tls_port, {"--ca-file", other_ca}, ExitCode::kUnavailable, "--ca-file"},
      {"127.0.0.1", tls_port, {"--ca-file", ca}, ExitCode::kUnavailable, "for another name"},
      {"localhost", plain_port, {"--tls"}, ExitCode::kUnavailable, "does not speak TLS"},
      {"localhost", tls_port, {"--ca-file", ca}, ExitCode::kFailed, "no Gatehouse"},
      {"localhost", tls_port, {"--ca-file", "/no/such/file"}, ExitCode::kUsage, "ca_file"},
      {"localhost", tls_port, {"--token-file", ca}, ExitCode::kUsage, "token_file"},
  };
  for (const auto& test : cases) {
    std::vector<std::string> arguments = {"check", "a@b.example", "--server",
                                          absl::StrCat(test.host, ":", test.port)};
    arguments.insert(arguments.end(), test.flags.begin(), test.flags.end());
    const Result result = RunAgainst(arguments);
    EXPECT_EQ(result.exit_code, test.exit_code) << test.advice;
    EXPECT_THAT(result.err, HasSubstr(test.advice));
  }
}

}  // namespace
}  // namespace gatehouse::cli
