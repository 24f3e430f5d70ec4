#include "tests/client/cli/cli_runner.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/cli/app.h"
#include "client/cli/session.h"

namespace gatehouse::cli {

CliResult CliRunner::Run(absl::string_view command_line) {
  return Run(std::vector<std::string>(absl::StrSplit(command_line, ' ', absl::SkipEmpty())));
}

CliResult CliRunner::Run(const std::vector<std::string>& arguments) {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  CliResult result;
  result.exit_code = RunCli(
      arguments,
      Environment{.in = in,
                  .out = out,
                  .err = err,
                  .in_is_terminal = terminal,
                  .out_is_terminal = terminal,
                  .err_is_terminal = terminal,
                  .variable =
                      [this](const std::string& name) {
                        const auto found = variables.find(name);
                        return found == variables.end() ? std::string() : found->second;
                      },
                  .now = [this] { return now; },
                  .connect =
                      [this](const std::string& address, const client::ConnectionSecurity& how) {
                        connected_to = address;
                        security = how;
                        return server.Channel();
                      }});
  result.out = out.str();
  result.err = err.str();
  return result;
}

TempFile::TempFile(const std::string& contents) {
  std::string name = absl::StrCat(testing::TempDir(), "/gatehouse-cli-XXXXXX");
  const int fd = mkstemp(name.data());
  EXPECT_GE(fd, 0);
  close(fd);
  path_ = name;
  std::ofstream(path_, std::ios::binary) << contents;
}

TempFile::~TempFile() { unlink(path_.c_str()); }

google::protobuf::Timestamp TimeAgo(absl::Duration ago) {
  google::protobuf::Timestamp time;
  SetTime(absl::FromUnixSeconds(1'780'000'000) - ago, &time);
  return time;
}

}  // namespace gatehouse::cli
