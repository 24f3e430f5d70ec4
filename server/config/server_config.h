// The server's configuration: a TOML file, and flags that override it.
#ifndef GATEHOUSE_SERVER_CONFIG_SERVER_CONFIG_H_
#define GATEHOUSE_SERVER_CONFIG_SERVER_CONFIG_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/runtime/logger.h"

namespace gatehouse {

// Each member's comment is its documentation: key in the file, meaning, unit,
// limits. docs/configuration.md is tested to name every key.
struct ServerConfig {
  // listen: address and port; port 0 picks a free one. Loopback only, until
  // access control exists.
  std::string listen = "127.0.0.1:8443";
  // address_file: where to write the address that is listened on, once it is;
  // for scripts that let the server pick its port. Empty: nowhere.
  std::string address_file;
  // data_directory: of the store. Created if missing.
  std::string data_directory = "/var/lib/gatehouse";
  // worker_threads: for calls that wait for disk or DNS. 1 to 256.
  int worker_threads = 16;
  // max_waiting_calls: calls that may wait for such a thread; above, they are
  // refused with RESOURCE_EXHAUSTED. 1 to 100,000.
  int max_waiting_calls = 1000;
  // drain_seconds: on SIGTERM, how long calls under way may take. 0 to 300.
  absl::Duration drain = absl::Seconds(15);

  // [store]
  // engine: "rocksdb", or "memory" (nothing outlives the process).
  std::string store_engine = "rocksdb";
  // block_cache_mib: 1 to 1,048,576.
  int64_t block_cache_mib = 256;

  // [dns]
  // servers: "host:port", in order of preference; empty: the system's.
  std::vector<std::string> dns_servers;
  // timeout_ms: for one server's answer, first try. 1 to 60,000.
  absl::Duration dns_timeout = absl::Seconds(2);
  // tries: rounds over all servers. 1 to 10.
  int dns_tries = 2;
  // deadline_ms: for a whole lookup. 1 to 120,000.
  absl::Duration dns_deadline = absl::Seconds(8);

  // [domains]
  // public_suffix_list: a newer list than the system's (publicsuffix.org
  // format). Empty: the system's.
  std::string public_suffix_list;

  // [saml]
  // sp_base_url: what our entity ids begin with, unless a profile says another.
  std::string sp_base_url = "https://gatehouse.invalid/saml";

  // [login]
  // cache_ttl_seconds: how long a gateway may reuse a decision. 0 to 3,600.
  absl::Duration cache_ttl = absl::Seconds(30);

  // [log]
  // level: "debug", "info", "warning", "error".
  LogLevel log_level = LogLevel::kInfo;

  friend bool operator==(const ServerConfig&, const ServerConfig&) = default;
};

// Reads `toml` over `config`. INVALID_ARGUMENT naming `file_name`, line, key,
// value and expectation: a syntax error, an unknown key, a wrong type, a value
// out of its limits.
absl::Status ApplyToml(absl::string_view toml, absl::string_view file_name, ServerConfig* config);

// The flag of a key: "--dns-servers" of "dns.servers".
std::string FlagName(absl::string_view key);

// Sets one key ("dns.servers") from the text of its flag: a list is separated by
// commas. INVALID_ARGUMENT as above, naming the flag.
absl::Status ApplyFlag(absl::string_view key, absl::string_view value, ServerConfig* config);

// Every key, "section.key" or "key", with a line of help; in the order above.
struct ConfigKey {
  std::string name;
  std::string help;
};
std::vector<ConfigKey> ConfigKeys();

// INVALID_ARGUMENT if `listen` is not host:port with a loopback host, saying
// that anything else needs access control.
absl::Status CheckListen(absl::string_view listen);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONFIG_SERVER_CONFIG_H_
