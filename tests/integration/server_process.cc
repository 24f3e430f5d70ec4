#include "tests/integration/server_process.h"

#include <signal.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "policy/status_macros.h"

namespace gatehouse {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(60);
constexpr absl::Duration kEndTimeout = absl::Seconds(60);

}  // namespace

std::string ServerBinary() { return DataFile("server/gatehouse-server"); }

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(const Options& options) {
  std::unique_ptr<ServerProcess> server(new ServerProcess());
  const std::string address_file = absl::StrCat(server->directory_.path(), "/address");
  // setpriv: unlike a peer, the server does not end with its stdin.
  std::vector<std::string> argv = {
      "setpriv",     "--pdeathsig",    "KILL",       ServerBinary(),     "--listen",
      "127.0.0.1:0", "--address-file", address_file, "--data-directory", options.data_directory,
  };
  if (!options.authentication) argv.insert(argv.end(), {"--access-authentication", "off"});
  if (options.certificate_file.empty()) {
    argv.push_back("--insecure");
  } else {
    argv.insert(argv.end(), {"--tls-certificate-file", options.certificate_file, "--tls-key-file",
                             options.key_file});
  }
  for (const auto& [flag, value] : options.flags) {
    argv.push_back(flag);
    if (!value.empty()) argv.push_back(value);
  }
  ASSIGN_OR_RETURN(server->process_, ChildProcess::Start(argv));
  const absl::Time deadline = absl::Now() + kStartTimeout;
  // The file is there once the server serves, or never, if it ends.
  while (absl::Now() < deadline) {
    std::ifstream file(address_file);
    if (file && std::getline(file, server->address_)) return server;
    if (const auto ended = server->process_->Wait(absl::Milliseconds(10)); ended.ok()) {
      return absl::UnavailableError(absl::StrCat("the server ended with ", *ended));
    }
  }
  return absl::DeadlineExceededError("the server does not serve");
}

ServerProcess::~ServerProcess() {
  if (process_ != nullptr) process_->Signal(SIGKILL);
}

void ServerProcess::Terminate() { process_->Signal(SIGTERM); }

absl::StatusOr<int> ServerProcess::Wait() { return process_->Wait(kEndTimeout); }

void ServerProcess::Kill() {
  process_->Signal(SIGKILL);
  (void)process_->Wait(absl::InfiniteDuration());
}

}  // namespace gatehouse
