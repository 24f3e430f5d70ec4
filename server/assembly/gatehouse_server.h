// The server, put together: stores, managers, services, gRPC.
//
// It knows no implementation of the engine or the connectors: main gives it the
// real ones, tests give it what they need.
#ifndef GATEHOUSE_SERVER_ASSEMBLY_GATEHOUSE_SERVER_H_
#define GATEHOUSE_SERVER_ASSEMBLY_GATEHOUSE_SERVER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/config/server_config.h"
#include "server/connectors/http_fetcher.h"
#include "server/connectors/oidc_connector.h"
#include "server/connectors/public_suffix_list.h"
#include "server/connectors/saml_connector.h"
#include "server/connectors/txt_resolver.h"
#include "server/metrics/metric.h"
#include "server/runtime/clock.h"
#include "server/runtime/logger.h"
#include "server/runtime/random_source.h"
#include "server/transport/certificate_files.h"
#include "storage/engine.h"
#include "storage/secrets/secret_box.h"

namespace gatehouse {

// Who may call.
struct AccessOptions {
  // false: everybody is operator.
  bool authentication = true;
  // Where the first start writes the operator's token; empty: nowhere, and none
  // is made.
  std::string operator_token_file;
  std::vector<std::string> certificate_identities;  // server/access/certificate_identities.h
  // Of each principal; 0: unlimited.
  int64_t requests_per_second = 0;
  int64_t burst = 0;
};

struct GatehouseServerOptions {
  std::string listen = "127.0.0.1:0";
  // nullopt: plain text.
  std::optional<CertificateFiles> tls;
  ClientCertificates client_certificates = ClientCertificates::kOff;
  absl::Duration tls_reload = absl::Seconds(60);
  AccessOptions access;
  int worker_threads = 16;
  int max_waiting_calls = 1000;
  absl::Duration max_wait = absl::Seconds(2);
  int max_request_bytes = 4 << 20;
  int max_concurrent_streams = 1000;
  std::string sp_base_url;
  absl::Duration cache_ttl = absl::Seconds(30);
  absl::Duration domain_check = absl::Hours(24);
  int domain_check_parallelism = 4;
  // Audit events older than this are removed.
  absl::Duration audit_retention = absl::InfiniteDuration();
};

// What the server stands on. All set.
struct Implementations {
  std::unique_ptr<storage::Engine> engine;
  std::unique_ptr<TxtResolver> resolver;
  std::unique_ptr<HttpFetcher> web;
  std::unique_ptr<PublicSuffixList> public_suffixes;
  std::unique_ptr<SamlConnector> saml;
  std::unique_ptr<storage::SecretBox> secrets;
  std::unique_ptr<Clock> clock;
  std::unique_ptr<OidcConnector> oidc;  // may fetch by `web` and ask `clock`
  std::unique_ptr<RandomSource> random;
  std::unique_ptr<Logger> logger;
};

class GatehouseServer {
 public:
  // Loads the rules, seals what older stores hold in clear, and listens; every
  // service is SERVING on return.
  // INVALID_ARGUMENT: a certificate's identity that makes no sense.
  // UNAVAILABLE: the address cannot be listened on. FAILED_PRECONDITION: a
  // certificate that cannot be served. Otherwise errors of the store: a damaged
  // record of a rule stops the start.
  static absl::StatusOr<std::unique_ptr<GatehouseServer>> Start(
      const GatehouseServerOptions& options, Implementations implementations);
  // Shuts down at once if Shutdown was not called.
  ~GatehouseServer();

  // The port that was asked for, or picked.
  int port() const;

  // What there is to watch; valid while this lives.
  std::vector<MetricSource*> metrics();

  // In this order: health says NOT_SERVING and streams without an end are ended;
  // new calls are refused, and those under way take up to `drain`, then are
  // cancelled; the server's own tasks end; the workers run what still waits; what
  // was counted in memory is written; the store closes. Returns when all is done.
  void Shutdown(absl::Duration drain);

 private:
  class Impl;
  explicit GatehouseServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_ASSEMBLY_GATEHOUSE_SERVER_H_
