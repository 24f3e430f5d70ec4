#include "server/assembly/gatehouse_server.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "proto/embedded_descriptors.h"
#include "server/access/access_gate_impl.h"
#include "server/access/certificate_identities.h"
#include "server/access/method_rules.h"
#include "server/access/token_index.h"
#include "server/decision/indexed_decision_source.h"
#include "server/managers/access_token_manager.h"
#include "server/managers/audit_manager.h"
#include "server/managers/audit_watch.h"
#include "server/managers/certificate_watch_manager.h"
#include "server/managers/connection_test_manager.h"
#include "server/managers/decision_counters.h"
#include "server/managers/domain_check_manager.h"
#include "server/managers/domain_manager.h"
#include "server/managers/domain_proof.h"
#include "server/managers/enforcement_manager.h"
#include "server/managers/enforcement_report_manager.h"
#include "server/managers/exemption_manager.h"
#include "server/managers/login_manager.h"
#include "server/managers/login_report_manager.h"
#include "server/managers/metadata_refresh_manager.h"
#include "server/managers/organization_manager.h"
#include "server/managers/policy_watch.h"
#include "server/managers/sso_profile_manager.h"
#include "server/managers/user_manager.h"
#include "server/metrics/call_metrics.h"
#include "server/metrics/decision_index_metrics.h"
#include "server/metrics/decision_metrics.h"
#include "server/metrics/policy_metrics.h"
#include "server/metrics/process_metrics.h"
#include "server/metrics/store_metrics.h"
#include "server/metrics/watch_metrics.h"
#include "server/metrics/work_metrics.h"
#include "server/runtime/periodic_tasks.h"
#include "server/runtime/thread_priority.h"
#include "server/runtime/worker_pool.h"
#include "server/services/access_token_service.h"
#include "server/services/audit_service.h"
#include "server/services/call_runner.h"
#include "server/services/domain_rule_rendering.h"
#include "server/services/domain_service.h"
#include "server/services/enforcement_service.h"
#include "server/services/health_service.h"
#include "server/services/login_service.h"
#include "server/services/organization_service.h"
#include "server/services/reflection_service.h"
#include "server/services/sso_profile_service.h"
#include "server/services/user_service.h"
#include "server/transport/certificate_reloader.h"
#include "server/transport/tls_credentials.h"
#include "storage/commit_feed.h"
#include "storage/stores/secret_sealing.h"

namespace gatehouse {
namespace {

// A client may ping this often; the client library's keepalive is above it.
constexpr int kMinPingIntervalMs = 10'000;
// Background tasks at a time.
constexpr int kTaskThreads = 2;
// Imports have threads of their own, so that however many run, the other calls find
// workers; few, since what one writes at a time is about what the store takes. They
// yield the processor to whoever signs in.
constexpr int kImportThreads = 4;
constexpr int kImportNice = 10;

// Health is told for each of these, and for the server as a whole.
std::vector<std::string> ApiServices() {
  return {
      v1::AccessTokenService::service_full_name(), v1::AuditService::service_full_name(),
      v1::DomainService::service_full_name(),      v1::EnforcementService::service_full_name(),
      v1::LoginService::service_full_name(),       v1::OrganizationService::service_full_name(),
      v1::SsoProfileService::service_full_name(),  v1::UserService::service_full_name(),
  };
}

std::vector<std::string> ReflectedServices() {
  std::vector<std::string> services = ApiServices();
  services.push_back("grpc.health.v1.Health");
  services.push_back("grpc.reflection.v1.ServerReflection");
  services.push_back("grpc.reflection.v1alpha.ServerReflection");
  return services;
}

// The methods of the API; health checks and reflection tell nothing about our work.
std::vector<std::string> CountedMethods() {
  const std::vector<std::string> services = ApiServices();
  std::vector<std::string> methods;
  for (const MethodRule& rule : MethodRules()) {
    const std::string name = absl::StrCat("gatehouse.v1.", rule.method);
    if (std::find(services.begin(), services.end(), name.substr(0, name.find('/'))) !=
        services.end()) {
      methods.push_back(name);
    }
  }
  return methods;
}

std::unique_ptr<WorkerPool> NewPool(const GatehouseServerOptions& options, int threads) {
  return std::make_unique<WorkerPool>(
      threads, WorkerPool::Limits{.max_queued = static_cast<size_t>(options.max_waiting_calls),
                                  .max_wait = absl::ToChronoNanoseconds(options.max_wait)});
}

std::unique_ptr<WorkerPool> NewImportPool(const GatehouseServerOptions& options) {
  std::unique_ptr<WorkerPool> pool;
  StartYieldingThreads(kImportNice, [&] {
    pool = NewPool(options, std::min(options.worker_threads, kImportThreads));
  });
  return pool;
}

}  // namespace

// Members are built top down and destroyed bottom up: each uses only what
// stands above it.
class GatehouseServer::Impl {
 public:
  Impl(const GatehouseServerOptions& options, Implementations implementations,
       std::unique_ptr<storage::CommitFeed> feed, std::unique_ptr<IndexedDecisionSource> source,
       std::unique_ptr<TokenIndex> tokens, CertificateIdentities certificate_identities)
      : made_of_(std::move(implementations)),
        feed_(std::move(feed)),
        source_(std::move(source)),
        tokens_(std::move(tokens)),
        certificate_identities_(std::move(certificate_identities)),
        transactions_(made_of_.engine.get()),
        context_{&transactions_, made_of_.clock.get(), made_of_.random.get(),
                 made_of_.secrets.get()},
        audit_(context_, options.audit_retention),
        audit_watch_(context_, feed_.get()),
        policy_watch_(feed_.get(), &rule_encoding_),
        gate_({.authentication = options.access.authentication,
               .requests_per_second = options.access.requests_per_second,
               .burst = options.access.burst},
              GateParts()),
        access_tokens_(context_, tokens_.get(),
                       certificate_identities_.HasRole(AccessRole::kOperator)),
        organizations_(context_),
        proof_(made_of_.resolver.get(), made_of_.web.get()),
        domains_(context_, &proof_, made_of_.public_suffixes.get()),
        domain_checks_(
            context_, &proof_,
            {.interval = options.domain_check, .parallelism = options.domain_check_parallelism}),
        users_(context_),
        profiles_(context_, made_of_.saml.get(), made_of_.web.get(), options.sp_base_url),
        metadata_refresh_(context_, &profiles_, {}),
        certificate_watch_(context_),
        tests_(context_, made_of_.saml.get(), made_of_.oidc.get()),
        enforcements_(context_),
        exemptions_(context_),
        counters_(context_),
        enforcement_reports_(context_, &counters_),
        call_metrics_(CountedMethods()),
        policy_metrics_(made_of_.engine.get(), made_of_.clock.get(), made_of_.logger.get()),
        watch_metrics_(&policy_watch_),
        work_metrics_(made_of_.engine.get(), &domain_checks_, &metadata_refresh_),
        logins_(source_.get(), made_of_.clock.get(), options.cache_ttl, &counters_,
                &decision_metrics_),
        login_reports_(context_),
        pool_(NewPool(options, options.worker_threads)),
        import_pool_(NewImportPool(options)),
        calls_(pool_.get(), made_of_.logger.get(), &gate_, &call_metrics_),
        import_calls_(import_pool_.get(), made_of_.logger.get(), &gate_, &call_metrics_),
        access_token_service_(&calls_, &access_tokens_),
        audit_service_(&calls_, &audit_, &audit_watch_),
        organization_service_(&calls_, &organizations_),
        domain_service_(&calls_, &domains_),
        user_service_(&calls_, &users_, context_, &import_calls_),
        profile_service_(&calls_, &profiles_, &tests_),
        enforcement_service_(&calls_, &enforcements_, &exemptions_, &enforcement_reports_),
        login_service_(&calls_, &logins_, &login_reports_, &policy_watch_),
        health_service_(ApiServices()),
        tasks_(made_of_.clock.get(), made_of_.random.get(), made_of_.logger.get()) {}

  ~Impl() { Shutdown(absl::ZeroDuration()); }

  absl::Status CreateFirstToken(const AccessOptions& options) {
    if (!options.authentication || options.operator_token_file.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(const bool created, access_tokens_.CreateFirst(options.operator_token_file));
    if (created) {
      made_of_.logger->Log(LogLevel::kInfo, "operator token written",
                           {{"file", options.operator_token_file}});
    }
    return absl::OkStatus();
  }

  absl::Status SealSecrets() {
    ASSIGN_OR_RETURN(const storage::SecretSealing sealing,
                     storage::SealSecrets(transactions_, *made_of_.secrets, made_of_.clock->Now()));
    if (sealing.sealed + sealing.resealed > 0) {
      made_of_.logger->Log(LogLevel::kInfo, "secrets sealed",
                           {{"from_clear", sealing.sealed}, {"from_other_keys", sealing.resealed}});
    }
    // One profile's IdP then does not work, but nobody else's sign-in depends on it.
    for (const std::string& record : sealing.damaged) {
      made_of_.logger->Log(LogLevel::kError, "damaged secret", {{"record", record}});
    }
    return absl::OkStatus();
  }

  absl::Status Listen(const GatehouseServerOptions& options) {
    ASSIGN_OR_RETURN(credentials_, Credentials(options));
    ASSIGN_OR_RETURN(reflection_,
                     NewReflectionServices(
                         absl::string_view(reinterpret_cast<const char*>(gatehouse_descriptors),
                                           gatehouse_descriptors_size),
                         ReflectedServices(), &calls_));
    grpc::ServerBuilder builder;
    // Otherwise a second server would share the port without a word.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                               kMinPingIntervalMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_concurrent_streams);
    builder.SetMaxReceiveMessageSize(options.max_request_bytes);
    builder.AddListeningPort(options.listen, credentials_, &port_);
    for (grpc::Service* service : {static_cast<grpc::Service*>(&organization_service_),
                                   static_cast<grpc::Service*>(&access_token_service_),
                                   static_cast<grpc::Service*>(&audit_service_),
                                   static_cast<grpc::Service*>(&domain_service_),
                                   static_cast<grpc::Service*>(&user_service_),
                                   static_cast<grpc::Service*>(&profile_service_),
                                   static_cast<grpc::Service*>(&enforcement_service_),
                                   static_cast<grpc::Service*>(&login_service_),
                                   static_cast<grpc::Service*>(&health_service_)}) {
      builder.RegisterService(service);
    }
    for (const auto& service : reflection_) builder.RegisterService(service.get());
    server_ = builder.BuildAndStart();
    if (server_ == nullptr || port_ == 0) {
      return Error(absl::StatusCode::kUnavailable, reason::kInvalidField,
                   absl::StrCat("cannot listen on \"", options.listen,
                                "\": the address is in use or not this machine's"))
          .Build();
    }
    return absl::OkStatus();
  }

  // What the server does by itself from now on.
  void StartTasks() {
    tasks_.Add(
        {.name = DomainCheckManager::kTask,
         .interval = absl::Minutes(1),
         .run = [this](const std::stop_token& stop) { return domain_checks_.CheckDue(stop); }});
    tasks_.Add({.name = MetadataRefreshManager::kTask,
                .interval = absl::Minutes(1),
                .run = [this](const std::stop_token& stop) {
                  return metadata_refresh_.RefreshDue(stop);
                }});
    tasks_.Add({.name = CertificateWatchManager::kTask,
                .interval = absl::Hours(1),
                .run = [this](const std::stop_token& stop) {
                  return certificate_watch_.GiveNotices(stop);
                }});
    tasks_.Add({.name = "audit-retention",
                .interval = absl::Hours(1),
                .run = [this](const std::stop_token&) { return audit_.RemoveExpired().status(); }});
    tasks_.Add({.name = "decision-counts",
                .interval = absl::Seconds(5),
                .run = [this](const std::stop_token&) { return counters_.Flush(); }});
    tasks_.Add({.name = "token-use",
                .interval = absl::Minutes(10),
                .run = [this](const std::stop_token&) { return FlushTokenUse(); }});
    tasks_.Start(kTaskThreads);
  }

  void Shutdown(absl::Duration drain) {
    if (server_ != nullptr) {
      health_service_.Drain();
      // Streams without an end would hold the drain to its deadline.
      audit_watch_.Shutdown();
      policy_watch_.Shutdown();
      server_->Shutdown(absl::ToChronoTime(absl::Now() + drain));
      server_->Wait();
      server_.reset();
    }
    tasks_.Stop();
    // Runs what still waits; nothing new can come.
    import_pool_.reset();
    pool_.reset();
    FlushCounts();
    const absl::Status flushed = FlushTokenUse();
    if (!flushed.ok()) {
      made_of_.logger->Log(LogLevel::kWarning, "use of tokens not kept",
                           {{"error", std::string(flushed.message())}});
    }
  }

  absl::Status FlushTokenUse() {
    return tokens_->FlushLastUse(transactions_, made_of_.clock->Now());
  }

  void FlushCounts() {
    const absl::Status flushed = counters_.Flush();
    if (flushed.ok()) return;
    made_of_.logger->Log(LogLevel::kWarning, "decision counts not kept",
                         {{"error", std::string(flushed.message())}});
  }

  int port() const { return port_; }

  std::vector<MetricSource*> metrics() {
    return {&call_metrics_,   &decision_metrics_, &index_metrics_,
            &policy_metrics_, &watch_metrics_,    &work_metrics_,
            &store_metrics_,  &process_metrics_};
  }

 private:
  AccessGateParts GateParts() {
    return {.tokens = tokens_.get(),
            .certificates = &certificate_identities_,
            .engine = made_of_.engine.get(),
            .clock = made_of_.clock.get(),
            .random = made_of_.random.get(),
            .logger = made_of_.logger.get(),
            .record_refusal = [this](const Caller& caller, absl::string_view resource,
                                     const absl::Status& status, int64_t unwritten) {
              return audit_.RecordRefusal(caller, resource, status, unwritten);
            }};
  }

  absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> Credentials(
      const GatehouseServerOptions& options) {
    if (!options.tls) return grpc::InsecureServerCredentials();
    ASSIGN_OR_RETURN(certificates_,
                     CertificateReloader::Start(*options.tls, options.tls_reload,
                                                made_of_.clock.get(), made_of_.logger.get()));
    return NewTlsCredentials(certificates_.get(), options.client_certificates);
  }

  Implementations made_of_;
  std::unique_ptr<storage::CommitFeed> feed_;
  std::unique_ptr<IndexedDecisionSource> source_;
  std::unique_ptr<TokenIndex> tokens_;
  CertificateIdentities certificate_identities_;
  storage::TransactionRunner transactions_;
  ManagerContext context_;

  AuditManager audit_;
  AuditWatch audit_watch_;
  WatchPolicyEncoding rule_encoding_;
  PolicyWatch policy_watch_;
  AccessGateImpl gate_;
  AccessTokenManager access_tokens_;
  OrganizationManager organizations_;
  DomainProof proof_;
  DomainManager domains_;
  DomainCheckManager domain_checks_;
  UserManager users_;
  SsoProfileManager profiles_;
  MetadataRefreshManager metadata_refresh_;
  CertificateWatchManager certificate_watch_;
  ConnectionTestManager tests_;
  EnforcementManager enforcements_;
  ExemptionManager exemptions_;
  DecisionCounters counters_;
  EnforcementReportManager enforcement_reports_;
  CallMetrics call_metrics_;
  DecisionMetrics decision_metrics_;
  DecisionIndexMetrics index_metrics_{&source_->index()};
  PolicyMetrics policy_metrics_;
  WatchMetrics watch_metrics_;
  WorkMetrics work_metrics_;
  StoreMetrics store_metrics_{made_of_.engine.get()};
  ProcessMetrics process_metrics_;
  LoginManager logins_;
  LoginReportManager login_reports_;

  std::unique_ptr<WorkerPool> pool_;
  std::unique_ptr<WorkerPool> import_pool_;
  CallRunner calls_;
  CallRunner import_calls_;
  AccessTokenService access_token_service_;
  AuditService audit_service_;
  OrganizationService organization_service_;
  DomainService domain_service_;
  UserService user_service_;
  SsoProfileService profile_service_;
  EnforcementService enforcement_service_;
  LoginService login_service_;
  HealthService health_service_;
  std::vector<std::unique_ptr<grpc::Service>> reflection_;

  std::unique_ptr<CertificateReloader> certificates_;  // null: plain text
  std::shared_ptr<grpc::ServerCredentials> credentials_;
  // Last: its tasks use what stands above.
  PeriodicTasks tasks_;

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

absl::StatusOr<std::unique_ptr<GatehouseServer>> GatehouseServer::Start(
    const GatehouseServerOptions& options, Implementations implementations) {
  auto feed = std::make_unique<storage::CommitFeed>(implementations.engine.get());
  ASSIGN_OR_RETURN(auto source,
                   IndexedDecisionSource::Open(
                       feed.get(), implementations.random->Bytes(AddressHasher::kKeyBytes)));
  ASSIGN_OR_RETURN(auto tokens, TokenIndex::Open(feed.get()));
  ASSIGN_OR_RETURN(auto identities,
                   CertificateIdentities::Parse(options.access.certificate_identities));
  auto impl = std::make_unique<Impl>(options, std::move(implementations), std::move(feed),
                                     std::move(source), std::move(tokens), std::move(identities));
  RETURN_IF_ERROR(impl->CreateFirstToken(options.access));
  RETURN_IF_ERROR(impl->SealSecrets());
  RETURN_IF_ERROR(impl->Listen(options));
  impl->StartTasks();
  return std::unique_ptr<GatehouseServer>(new GatehouseServer(std::move(impl)));
}

GatehouseServer::GatehouseServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

GatehouseServer::~GatehouseServer() = default;

std::vector<MetricSource*> GatehouseServer::metrics() { return impl_->metrics(); }

int GatehouseServer::port() const { return impl_->port(); }

void GatehouseServer::Shutdown(absl::Duration drain) { impl_->Shutdown(drain); }

}  // namespace gatehouse
