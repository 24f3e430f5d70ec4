#include "server/assembly/gatehouse_server.h"

#include <grpcpp/grpcpp.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "proto/embedded_descriptors.h"
#include "server/decision/indexed_decision_source.h"
#include "server/managers/connection_test_manager.h"
#include "server/managers/domain_manager.h"
#include "server/managers/enforcement_manager.h"
#include "server/managers/exemption_manager.h"
#include "server/managers/login_manager.h"
#include "server/managers/organization_manager.h"
#include "server/managers/sso_profile_manager.h"
#include "server/managers/user_manager.h"
#include "server/runtime/worker_pool.h"
#include "server/services/call_runner.h"
#include "server/services/domain_service.h"
#include "server/services/enforcement_service.h"
#include "server/services/health_service.h"
#include "server/services/login_service.h"
#include "server/services/organization_service.h"
#include "server/services/reflection_service.h"
#include "server/services/sso_profile_service.h"
#include "server/services/user_service.h"
#include "storage/stores/secret_sealing.h"

namespace gatehouse {
namespace {

// A client may ping this often; the client library's keepalive is above it.
constexpr int kMinPingIntervalMs = 10'000;

// Health is told for each of these, and for the server as a whole.
std::vector<std::string> ApiServices() {
  return {
      v1::DomainService::service_full_name(),     v1::EnforcementService::service_full_name(),
      v1::LoginService::service_full_name(),      v1::OrganizationService::service_full_name(),
      v1::SsoProfileService::service_full_name(), v1::UserService::service_full_name(),
  };
}

std::vector<std::string> ReflectedServices() {
  std::vector<std::string> services = ApiServices();
  services.push_back("grpc.health.v1.Health");
  services.push_back("grpc.reflection.v1.ServerReflection");
  services.push_back("grpc.reflection.v1alpha.ServerReflection");
  return services;
}

}  // namespace

// Members are built top down and destroyed bottom up: each uses only what
// stands above it.
class GatehouseServer::Impl {
 public:
  Impl(const GatehouseServerOptions& options, Implementations implementations,
       std::unique_ptr<IndexedDecisionSource> source)
      : made_of_(std::move(implementations)),
        source_(std::move(source)),
        transactions_(made_of_.engine.get()),
        context_{&transactions_, made_of_.clock.get(), made_of_.random.get(),
                 made_of_.secrets.get()},
        organizations_(context_),
        domains_(context_, made_of_.resolver.get(), made_of_.public_suffixes.get()),
        users_(context_),
        profiles_(context_, made_of_.saml.get(), made_of_.web.get(), options.sp_base_url),
        tests_(context_, made_of_.saml.get(), made_of_.oidc.get()),
        enforcements_(context_),
        exemptions_(context_),
        logins_(source_.get(), made_of_.clock.get(), options.cache_ttl),
        pool_(std::make_unique<WorkerPool>(options.worker_threads, options.max_waiting_calls)),
        calls_(pool_.get(), made_of_.logger.get()),
        organization_service_(&calls_, &organizations_),
        domain_service_(&calls_, &domains_),
        user_service_(&calls_, &users_, context_),
        profile_service_(&calls_, &profiles_, &tests_),
        enforcement_service_(&calls_, &enforcements_, &exemptions_),
        login_service_(&calls_, &logins_),
        health_service_(ApiServices()) {}

  ~Impl() { Shutdown(absl::ZeroDuration()); }

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

  absl::Status Listen(const std::string& address) {
    ASSIGN_OR_RETURN(reflection_,
                     NewReflectionServices(
                         absl::string_view(reinterpret_cast<const char*>(gatehouse_descriptors),
                                           gatehouse_descriptors_size),
                         ReflectedServices()));
    grpc::ServerBuilder builder;
    // Otherwise a second server would share the port without a word.
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                               kMinPingIntervalMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port_);
    for (grpc::Service* service : {static_cast<grpc::Service*>(&organization_service_),
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
                   absl::StrCat("cannot listen on \"", address,
                                "\": the address is in use or not this machine's"))
          .Build();
    }
    return absl::OkStatus();
  }

  void Shutdown(absl::Duration drain) {
    if (server_ != nullptr) {
      health_service_.Drain();
      server_->Shutdown(absl::ToChronoTime(absl::Now() + drain));
      server_->Wait();
      server_.reset();
    }
    // Runs what still waits; nothing new can come.
    pool_.reset();
  }

  int port() const { return port_; }

 private:
  Implementations made_of_;
  std::unique_ptr<IndexedDecisionSource> source_;
  storage::TransactionRunner transactions_;
  ManagerContext context_;

  OrganizationManager organizations_;
  DomainManager domains_;
  UserManager users_;
  SsoProfileManager profiles_;
  ConnectionTestManager tests_;
  EnforcementManager enforcements_;
  ExemptionManager exemptions_;
  LoginManager logins_;

  std::unique_ptr<WorkerPool> pool_;
  CallRunner calls_;
  OrganizationService organization_service_;
  DomainService domain_service_;
  UserService user_service_;
  SsoProfileService profile_service_;
  EnforcementService enforcement_service_;
  LoginService login_service_;
  HealthService health_service_;
  std::vector<std::unique_ptr<grpc::Service>> reflection_;

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

absl::StatusOr<std::unique_ptr<GatehouseServer>> GatehouseServer::Start(
    const GatehouseServerOptions& options, Implementations implementations) {
  ASSIGN_OR_RETURN(auto source, IndexedDecisionSource::Open(implementations.engine.get()));
  auto impl = std::make_unique<Impl>(options, std::move(implementations), std::move(source));
  RETURN_IF_ERROR(impl->SealSecrets());
  RETURN_IF_ERROR(impl->Listen(options.listen));
  return std::unique_ptr<GatehouseServer>(new GatehouseServer(std::move(impl)));
}

GatehouseServer::GatehouseServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

GatehouseServer::~GatehouseServer() = default;

int GatehouseServer::port() const { return impl_->port(); }

void GatehouseServer::Shutdown(absl::Duration drain) { impl_->Shutdown(drain); }

}  // namespace gatehouse
