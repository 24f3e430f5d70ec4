#include "client/cli/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/app.h"

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

}  // namespace
}  // namespace gatehouse::cli
