// gatehouse-server: configuration, implementations, signals.

#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/assembly/gatehouse_server.h"
#include "server/config/exposure.h"
#include "server/config/server_config.h"
#include "server/connectors/cares_txt_resolver.h"
#include "server/connectors/curl_http_fetcher.h"
#include "server/connectors/oidc_http_connector.h"
#include "server/connectors/psl_public_suffix_list.h"
#include "server/connectors/saml_xmlsec_connector.h"
#include "server/metrics/prometheus_endpoint.h"
#include "server/runtime/json_logger.h"
#include "storage/memory_engine.h"
#include "storage/rocksdb_engine.h"
#include "storage/secrets/key_ring.h"
#include "storage/stores/secret_sealing.h"

namespace gatehouse {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;

absl::StatusOr<std::string> ReadFile(absl::string_view setting, const std::string& path) {
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  if (!file) return InvalidField(setting, path, "a file that can be read");
  return content.str();
}

// The file, then the flags over it.
absl::StatusOr<ServerConfig> LoadConfig(const std::string& file,
                                        const std::map<std::string, std::string>& flags) {
  ServerConfig config;
  if (!file.empty()) {
    ASSIGN_OR_RETURN(std::string toml, ReadFile("--config", file));
    RETURN_IF_ERROR(ApplyToml(toml, file, &config));
  }
  for (const auto& [key, value] : flags) {
    RETURN_IF_ERROR(ApplyFlag(key, value, &config));
  }
  RETURN_IF_ERROR(CheckExposure(config));
  return config;
}

absl::StatusOr<std::unique_ptr<storage::SecretBox>> LoadSecretBox(const ServerConfig& config,
                                                                  const storage::Engine& engine,
                                                                  Logger& logger) {
  storage::KeyRingOptions options;
  if (const char* ring = std::getenv(storage::kKeyRingVariable)) options.environment = ring;
  if (config.store_engine != "memory") {
    options.file = config.key_file.empty() ? absl::StrCat(config.data_directory, "/key-ring")
                                           : config.key_file;
  }
  ASSIGN_OR_RETURN(auto reader, storage::SnapshotReader::Open(engine));
  ASSIGN_OR_RETURN(options.store_has_secrets, storage::HasSealedSecrets(reader));
  ASSIGN_OR_RETURN(storage::KeyRing ring, storage::LoadOrCreateKeyRing(options));
  if (ring.created) {
    logger.Log(LogLevel::kWarning, "key ring created",
               {{"source", ring.source},
                {"advice", std::string("keep a copy apart from the backups of the store: without "
                                       "it, nobody can open the secrets of the store")}});
  }
  return std::move(ring.box);
}

absl::Duration AuditRetention(const ServerConfig& config) {
  return config.audit_retention_days == 0 ? absl::InfiniteDuration()
                                          : absl::Hours(24 * config.audit_retention_days);
}

absl::StatusOr<std::unique_ptr<HttpFetcher>> NewFetcher(const ServerConfig& config) {
  CurlHttpFetcherOptions options{.allow_loopback = config.https_allow_loopback,
                                 .connect_to = config.https_connect_to};
  if (!config.https_ca_file.empty()) {
    ASSIGN_OR_RETURN(options.extra_ca_pem, ReadFile("https.ca_file", config.https_ca_file));
  }
  return NewCurlHttpFetcher(options);
}

absl::StatusOr<Implementations> Implement(const ServerConfig& config,
                                          std::unique_ptr<Logger> logger) {
  Implementations made_of;
  if (config.store_engine == "memory") {
    made_of.engine = storage::NewMemoryEngine();
  } else {
    ASSIGN_OR_RETURN(made_of.engine,
                     storage::OpenRocksDbEngine(
                         {.directory = config.data_directory,
                          .block_cache_bytes = static_cast<size_t>(config.block_cache_mib) << 20,
                          .write_buffer_bytes = static_cast<size_t>(config.write_buffer_mib) << 20,
                          .background_jobs = config.background_jobs,
                          .background_bytes_per_second =
                              static_cast<uint64_t>(config.background_mib_per_second) << 20}));
  }
  ASSIGN_OR_RETURN(made_of.secrets, LoadSecretBox(config, *made_of.engine, *logger));
  ASSIGN_OR_RETURN(made_of.resolver, NewCaresTxtResolver({.servers = config.dns_servers,
                                                          .timeout = config.dns_timeout,
                                                          .tries = config.dns_tries,
                                                          .deadline = config.dns_deadline}));
  ASSIGN_OR_RETURN(made_of.web, NewFetcher(config));
  ASSIGN_OR_RETURN(made_of.public_suffixes, NewPslPublicSuffixList(config.public_suffix_list));
  made_of.saml = NewXmlsecSamlConnector();
  made_of.clock = std::make_unique<SystemClock>();
  made_of.oidc = NewHttpOidcConnector(made_of.web.get(), made_of.clock.get());
  made_of.random = std::make_unique<SystemRandomSource>();
  made_of.logger = std::move(logger);
  return made_of;
}

absl::Status WriteAddress(const std::string& path, const std::string& address) {
  if (path.empty()) return absl::OkStatus();
  // Moved into place: whoever waits for the file finds it whole.
  const std::string temporary = absl::StrCat(path, ".new");
  std::ofstream file(temporary);
  file << address << "\n";
  file.close();
  if (!file || std::rename(temporary.c_str(), path.c_str()) != 0) {
    return InvalidField("address_file", path, "a path that can be written");
  }
  return absl::OkStatus();
}

std::optional<CertificateFiles> TlsFiles(const ServerConfig& config) {
  if (!HasTls(config)) return std::nullopt;
  return CertificateFiles{.certificate = config.tls_certificate_file,
                          .key = config.tls_key_file,
                          .client_ca = config.tls_client_ca_file};
}

std::string Transport(const ServerConfig& config) {
  if (!HasTls(config)) return "plain text, on loopback only";
  switch (config.client_certificates) {
    case ClientCertificates::kOff:
      return "TLS";
    case ClientCertificates::kRequest:
      return "TLS, client certificates verified";
    case ClientCertificates::kRequire:
      return "TLS, client certificates required";
  }
  return "";
}

AccessOptions AccessOf(const ServerConfig& config) {
  return {.authentication = config.authentication,
          .operator_token_file = config.operator_token_file.empty()
                                     ? absl::StrCat(config.data_directory, "/operator.token")
                                     : config.operator_token_file,
          .certificate_identities = config.certificate_identities,
          .requests_per_second = config.requests_per_second,
          .burst = config.burst};
}

std::string Access(const ServerConfig& config) {
  return config.authentication ? "authenticated"
                               : "off: every process on this machine may do everything";
}

// Null if they are not asked for. The server must outlive it.
absl::StatusOr<std::unique_ptr<PrometheusEndpoint>> PublishMetrics(const ServerConfig& config,
                                                                   GatehouseServer& server,
                                                                   Logger* logger) {
  if (config.metrics_listen.empty()) return nullptr;
  ASSIGN_OR_RETURN(auto endpoint,
                   PrometheusEndpoint::Start(config.metrics_listen, server.metrics()));
  logger->Log(LogLevel::kInfo, "publishing metrics",
              {{"listen", config.metrics_listen}, {"port", int64_t{endpoint->port()}}});
  return endpoint;
}

absl::Status Run(const ServerConfig& config, const sigset_t& signals) {
  std::unique_ptr<Logger> owned_logger = NewJsonLogger(config.log_level);
  Logger* const logger = owned_logger.get();
  ASSIGN_OR_RETURN(Implementations made_of, Implement(config, std::move(owned_logger)));
  ASSIGN_OR_RETURN(
      auto server,
      GatehouseServer::Start({.listen = config.listen,
                              .tls = TlsFiles(config),
                              .client_certificates = config.client_certificates,
                              .tls_reload = config.tls_reload,
                              .access = AccessOf(config),
                              .worker_threads = config.worker_threads,
                              .max_waiting_calls = config.max_waiting_calls,
                              .max_wait = config.max_wait,
                              .max_request_bytes = static_cast<int>(config.max_request_kib << 10),
                              .max_concurrent_streams = config.max_concurrent_streams,
                              .sp_base_url = config.sp_base_url,
                              .cache_ttl = config.cache_ttl,
                              .domain_check = config.domain_check,
                              .domain_check_parallelism = config.domain_check_parallelism,
                              .audit_retention = AuditRetention(config)},
                             std::move(made_of)));
  ASSIGN_OR_RETURN(const auto metrics, PublishMetrics(config, *server, logger));
  const std::string host = config.listen.substr(0, config.listen.rfind(':'));
  const std::string address = absl::StrCat(host, ":", server->port());
  logger->Log(LogLevel::kInfo, "serving",
              {{"address", address},
               {"store", config.store_engine},
               {"data_directory", config.data_directory},
               {"transport", Transport(config)},
               {"access", Access(config)}});
  RETURN_IF_ERROR(WriteAddress(config.address_file, address));

  int signal = 0;
  sigwait(&signals, &signal);
  logger->Log(LogLevel::kInfo, "draining",
              {{"signal", int64_t{signal}}, {"seconds", absl::ToInt64Seconds(config.drain)}});
  server->Shutdown(config.drain);
  logger->Log(LogLevel::kInfo, "stopped", {});
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  CLI::App app("Gatehouse server: decides who must sign in through SSO.");
  app.footer(
      "Examples:\n"
      "  gatehouse-server --config /etc/gatehouse/gatehouse.toml\n"
      "  gatehouse-server --insecure --data-directory ./data\n"
      "  gatehouse-server --insecure --access-authentication off --store-engine memory\n"
      "Every flag but --config is a key of the file; the flag wins.");
  std::string file;
  app.add_option("--config", file, "TOML file, see docs/configuration.md");
  std::map<std::string, std::string> flags, switches;
  for (const ConfigKey& key : ConfigKeys()) {
    if (key.is_switch) {
      app.add_flag(FlagName(key.name), switches[key.name], key.help);
      continue;
    }
    app.add_option_function<std::string>(
        FlagName(key.name),
        [&flags, name = key.name](const std::string& value) { flags[name] = value; }, key.help);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kExitUsage;
  }

  for (const auto& [key, value] : switches) {
    if (!value.empty()) flags[key] = value;
  }

  // Blocked before any thread exists, so that all inherit it and only sigwait
  // sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const absl::StatusOr<ServerConfig> config = LoadConfig(file, flags);
  if (!config.ok()) {
    std::cerr << "gatehouse-server: " << config.status().message() << "\n";
    return kExitUsage;
  }
  const absl::Status status = Run(*config, signals);
  if (!status.ok()) {
    std::cerr << "gatehouse-server: " << status.message() << "\n";
    return kExitFailed;
  }
  return 0;
}

}  // namespace
}  // namespace gatehouse

int main(int argc, char** argv) { return gatehouse::Main(argc, argv); }
