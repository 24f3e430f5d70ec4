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

enum class ClientCertificates { kOff, kRequest, kRequire };

// Each member's comment is its documentation: key in the file, meaning, unit,
// limits. docs/configuration.md is tested to name every key.
struct ServerConfig {
  // listen: address and port; port 0 picks a free one. Off loopback only with
  // TLS and authentication (exposure.h).
  std::string listen = "127.0.0.1:8443";
  // insecure: listen without TLS, on loopback.
  bool insecure = false;
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

  // [tls]
  // certificate_file: PEM, the server's own certificate first. Empty: no TLS.
  std::string tls_certificate_file;
  // key_file: PEM, its private key, without a passphrase.
  std::string tls_key_file;
  // client_ca_file: PEM, who may sign clients' certificates.
  std::string tls_client_ca_file;
  // client_certificates: "off", "request" (verified if there is one), "require".
  ClientCertificates client_certificates = ClientCertificates::kOff;
  // reload_seconds: how soon changed files are taken up. 1 to 86,400.
  absl::Duration tls_reload = absl::Seconds(60);

  // [access]
  // authentication: "required", or "off", on loopback: everybody is operator.
  bool authentication = true;
  // operator_token_file: where the first start writes the operator's token.
  // Empty: "operator.token" in data_directory.
  std::string operator_token_file;
  // certificate_identities: the roles of clients' certificates
  // (server/access/certificate_identities.h).
  std::vector<std::string> certificate_identities;

  // [limits]
  // max_request_kib: of one request message. 64 to 65,536.
  int64_t max_request_kib = 4096;
  // requests_per_second, burst: of one principal. 0: unlimited. Up to 1,000,000.
  int64_t requests_per_second = 5000;
  int64_t burst = 10'000;
  // max_concurrent_streams: calls at a time on one connection. 1 to 100,000.
  int max_concurrent_streams = 1000;
  // max_wait_ms: how long a call may wait for a worker thread. 1 to 60,000.
  absl::Duration max_wait = absl::Seconds(2);

  // [store]
  // engine: "rocksdb", or "memory" (nothing outlives the process).
  std::string store_engine = "rocksdb";
  // block_cache_mib: 1 to 1,048,576.
  int64_t block_cache_mib = 256;
  // write_buffer_mib: commits not yet in tables. 4 to 16,384.
  int64_t write_buffer_mib = 64;
  // background_jobs: threads that write and merge tables. 2 to 64.
  int background_jobs = 2;
  // background_mib_per_second: what they may write. 0: no limit. Up to 100,000.
  int64_t background_mib_per_second = 0;

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
  // check_hours: how often a held domain is checked again. 1 to 720.
  absl::Duration domain_check = absl::Hours(24);
  // check_parallelism: checks at a time. 1 to 64.
  int domain_check_parallelism = 4;

  // [https]
  // ca_file: PEM, trusted beside the system's authorities when fetching from
  // IdPs and domains. Empty: none.
  std::string https_ca_file;
  // allow_loopback: fetch from this machine, and by http there. For tests.
  bool https_allow_loopback = false;
  // connect_to: "host:port:address:port": where to connect instead. For tests.
  std::vector<std::string> https_connect_to;

  // [saml]
  // sp_base_url: what our entity ids begin with, unless a profile says another.
  std::string sp_base_url = "https://gatehouse.invalid/saml";

  // [secrets]
  // key_file: the keys that seal secrets in the store. Empty: "key-ring" in
  // data_directory. The environment's GATEHOUSE_KEY_RING wins.
  std::string key_file;

  // [audit]
  // retention_days: after these, events are removed. 0: never. Up to 36,500.
  int64_t audit_retention_days = 0;

  // [metrics]
  // listen: where Prometheus scrapes, in the clear. Empty: nowhere.
  std::string metrics_listen;

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
  bool is_switch;  // its flag needs no value: --insecure is --insecure=true
};
std::vector<ConfigKey> ConfigKeys();

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONFIG_SERVER_CONFIG_H_
