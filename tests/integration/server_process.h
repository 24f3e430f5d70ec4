// The real gatehouse-server, as a process of its own.
#ifndef GATEHOUSE_TESTS_INTEGRATION_SERVER_PROCESS_H_
#define GATEHOUSE_TESTS_INTEGRATION_SERVER_PROCESS_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/peers/child_process.h"

namespace gatehouse {

// The binary's path.
std::string ServerBinary();

// A server on a free loopback port; unless Options say otherwise, in plain text,
// and whoever calls is its operator. It ends with the test, however the test
// dies. Not thread-safe.
class ServerProcess {
 public:
  struct Options {
    std::string data_directory;
    // Credentials are asked for.
    bool authentication = false;
    // Both set: TLS. PEM files.
    std::string certificate_file;
    std::string key_file;
    // Names and values: {{"--dns-servers", "127.0.0.1:5353"}}; a switch has an empty value.
    std::vector<std::pair<std::string, std::string>> flags;
  };

  // Returns once it serves. UNAVAILABLE if it ends instead (stderr says why).
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(const Options& options);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  // "127.0.0.1:PORT".
  const std::string& address() const { return address_; }

  // Asks it to end (SIGTERM); to be followed by Wait.
  void Terminate();
  // Its exit code. DEADLINE_EXCEEDED if it does not end within a minute.
  absl::StatusOr<int> Wait();
  // Ends it as a crash of the process would (SIGKILL); returns once it is gone.
  void Kill();

 private:
  ServerProcess() = default;

  ShortTempDir directory_;
  std::unique_ptr<ChildProcess> process_;
  std::string address_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_INTEGRATION_SERVER_PROCESS_H_
