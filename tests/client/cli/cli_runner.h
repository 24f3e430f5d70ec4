// Runs commands in this process against a fake server.
#ifndef GATEHOUSE_TESTS_CLIENT_CLI_CLI_RUNNER_H_
#define GATEHOUSE_TESTS_CLIENT_CLI_CLI_RUNNER_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/cli/exit_code.h"
#include "client/secure_channel.h"
#include "tests/client/cli/fake_gatehouse.h"

namespace gatehouse::cli {

struct CliResult {
  ExitCode exit_code = ExitCode::kOk;
  std::string out;
  std::string err;
};

class CliRunner {
 public:
  // Arguments divided by single spaces.
  CliResult Run(absl::string_view command_line);
  CliResult Run(const std::vector<std::string>& arguments);

  FakeGatehouse server;
  std::map<std::string, std::string> variables;
  std::string input;
  bool terminal = false;  // input, output and errors are one
  absl::Time now = absl::FromUnixSeconds(1'780'000'000);
  std::string connected_to;             // the server of the last run that called one
  client::ConnectionSecurity security;  // how
};

// A file with these contents, removed with the returned object.
class TempFile {
 public:
  explicit TempFile(const std::string& contents);
  ~TempFile();
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Sets a timestamp `ago` before the runner's usual now.
google::protobuf::Timestamp TimeAgo(absl::Duration ago);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_TESTS_CLIENT_CLI_CLI_RUNNER_H_
