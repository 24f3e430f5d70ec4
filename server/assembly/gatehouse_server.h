// The server, put together: stores, managers, services, gRPC.
//
// It knows no implementation of the engine or the connectors: main gives it the
// real ones, tests give it what they need.
#ifndef GATEHOUSE_SERVER_ASSEMBLY_GATEHOUSE_SERVER_H_
#define GATEHOUSE_SERVER_ASSEMBLY_GATEHOUSE_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/connectors/http_fetcher.h"
#include "server/connectors/oidc_connector.h"
#include "server/connectors/public_suffix_list.h"
#include "server/connectors/saml_connector.h"
#include "server/connectors/txt_resolver.h"
#include "server/runtime/clock.h"
#include "server/runtime/logger.h"
#include "server/runtime/random_source.h"
#include "storage/engine.h"
#include "storage/secrets/secret_box.h"

namespace gatehouse {

struct GatehouseServerOptions {
  std::string listen = "127.0.0.1:0";
  int worker_threads = 16;
  int max_waiting_calls = 1000;
  std::string sp_base_url;
  absl::Duration cache_ttl = absl::Seconds(30);
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
  // UNAVAILABLE: the address cannot be listened on. Otherwise errors of the
  // store: a damaged record of a rule stops the start.
  static absl::StatusOr<std::unique_ptr<GatehouseServer>> Start(
      const GatehouseServerOptions& options, Implementations implementations);
  // Shuts down at once if Shutdown was not called.
  ~GatehouseServer();

  // The port that was asked for, or picked.
  int port() const;

  // Says NOT_SERVING, refuses new calls, lets those under way take up to
  // `drain`, then cancels them, and closes the store. Returns when all is done.
  void Shutdown(absl::Duration drain);

 private:
  class Impl;
  explicit GatehouseServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_ASSEMBLY_GATEHOUSE_SERVER_H_
