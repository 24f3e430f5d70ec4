#include "tests/benchmark/populate_store.h"

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gatehouse/v1/domain_service.grpc.pb.h"
#include "gatehouse/v1/enforcement_service.grpc.pb.h"
#include "gatehouse/v1/organization_service.grpc.pb.h"
#include "gatehouse/v1/sso_profile_service.grpc.pb.h"
#include "gatehouse/v1/user_service.grpc.pb.h"
#include "policy/status_macros.h"
#include "server/assembly/gatehouse_server.h"
#include "server/connectors/psl_public_suffix_list.h"
#include "server/connectors/saml_xmlsec_connector.h"
#include "server/runtime/json_logger.h"
#include "tests/server/connectors/saml_test_idp.h"

namespace gatehouse::benchmark {
namespace {

// Commits of several threads share a sync.
constexpr int kThreads = 8;
constexpr int kRowsPerMessage = 1'000;
constexpr size_t kDomainsPerEnforcement = 100;

// What the names of Population have room for.
constexpr int kMaxDomains = 100'000;
constexpr int kMaxUsers = 99'999'999;

// What administrators publish, without asking them to.
class PublishedRecords {
 public:
  void Publish(const std::string& name, const std::string& value) {
    std::lock_guard<std::mutex> lock(mutex_);
    records_[name] = value;
  }
  std::vector<std::string> Lookup(absl::string_view name) const {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = records_.find(std::string(name));
    if (found == records_.end()) return {};
    return {found->second};
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> records_;
};

class FakeTxtResolver final : public TxtResolver {
 public:
  explicit FakeTxtResolver(const PublishedRecords* records) : records_(records) {}
  absl::StatusOr<std::vector<std::string>> LookupTxt(absl::string_view name) override {
    return records_->Lookup(name);
  }

 private:
  const PublishedRecords* records_;
};

absl::Status ToAbsl(const grpc::Status& status, absl::string_view method) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      absl::StrCat(status.ok() ? "" : method, ": ", status.error_message()));
}

// One method of a stub, called to its end.
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(Stub& stub,
                              grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                           Response*),
                              const Request& request) {
  grpc::ClientContext context;
  Response response;
  RETURN_IF_ERROR(ToAbsl((stub.*method)(&context, request, &response), Request().GetTypeName()));
  return response;
}

// An administrator of any organization. Not thread-safe.
class Administrator {
 public:
  Administrator(const Population& population, const std::shared_ptr<grpc::Channel>& channel,
                PublishedRecords* records, const TestIdp* idp)
      : population_(population),
        records_(records),
        idp_(idp),
        organizations_(channel),
        domains_(channel),
        users_(channel),
        profiles_(channel),
        enforcements_(channel) {}

  // Of the organization that the domain `first` is of, and is the first of.
  absl::Status SetUp(int first) {
    const std::string name = absl::StrCat("organizations/", Population::Organization(first));
    RETURN_IF_ERROR(CreateOrganization(first));
    std::vector<int> domains;
    const int end = population_.first_domain + population_.domains;
    for (int domain = first; domain < end; domain += population_.organizations()) {
      domains.push_back(domain);
      RETURN_IF_ERROR(ClaimDomain(name, domain));
    }
    RETURN_IF_ERROR(ImportUsers(name, domains));
    if (!Population::IsEnforced(Population::Domain(first))) return absl::OkStatus();
    return Enforce(name, domains, population_.Email(first - population_.first_domain));
  }

 private:
  absl::Status CreateOrganization(int organization) {
    v1::CreateOrganizationRequest request;
    request.set_organization_id(Population::Organization(organization));
    request.mutable_organization()->set_display_name(absl::StrCat("Corporation ", organization));
    return Call(organizations_, &v1::OrganizationService::Stub::CreateOrganization, request)
        .status();
  }

  absl::Status ClaimDomain(const std::string& organization, int domain) {
    v1::AddDomainRequest add;
    add.set_parent(organization);
    add.set_domain(Population::Domain(domain));
    ASSIGN_OR_RETURN(const v1::Domain added,
                     Call(domains_, &v1::DomainService::Stub::AddDomain, add));
    records_->Publish(added.verification_record_name(), added.verification_record_value());
    v1::VerifyDomainRequest verify;
    verify.set_name(added.name());
    return Call(domains_, &v1::DomainService::Stub::VerifyDomain, verify).status();
  }

  // One stream for all domains, one after the other.
  absl::Status ImportUsers(const std::string& organization, const std::vector<int>& domains) {
    grpc::ClientContext context;
    v1::ImportUsersResponse response;
    auto stream = users_.ImportUsers(&context, &response);
    v1::ImportUsersRequest message;
    message.set_parent(organization);
    bool open = true;
    int64_t rows = 0;
    for (int domain : domains) {
      for (int user = domain - population_.first_domain; open && user < population_.users;
           user += population_.domains) {
        AddRow(user, ++rows, &message);
        if (message.rows_size() < kRowsPerMessage) continue;
        open = stream->Write(message);
        message.Clear();
      }
    }
    if (message.rows_size() > 0) stream->Write(message);
    stream->WritesDone();
    RETURN_IF_ERROR(ToAbsl(stream->Finish(), "ImportUsers"));
    if (response.created_count() == rows) return absl::OkStatus();
    return absl::InternalError(absl::StrCat("of ", rows, " users of ", organization, " only ",
                                            response.created_count(), " are new"));
  }

  void AddRow(int user, int64_t number, v1::ImportUsersRequest* message) const {
    auto* row = message->add_rows();
    row->set_email(population_.Email(user));
    row->set_display_name(absl::StrCat("User ", user));
    row->set_role(population_.IsOwner(user) ? v1::User::ROLE_OWNER : v1::User::ROLE_MEMBER);
    row->set_row_number(number);
  }

  absl::Status Enforce(const std::string& organization, const std::vector<int>& domains,
                       const std::string& owner_email) {
    v1::CreateSsoProfileRequest create;
    create.set_parent(organization);
    create.set_sso_profile_id("workforce-idp");
    create.mutable_sso_profile()->set_display_name("Workforce IdP");
    auto* saml = create.mutable_sso_profile()->mutable_saml();
    saml->set_idp_metadata_xml(idp_->MetadataXml());
    saml->set_acs_url("https://login.workforce.example/saml/acs");
    ASSIGN_OR_RETURN(const v1::SsoProfile profile,
                     Call(profiles_, &v1::SsoProfileService::Stub::CreateSsoProfile, create));
    RETURN_IF_ERROR(PassConnectionTest(profile.name(), owner_email));

    v1::LookupUserRequest lookup;
    lookup.set_parent(organization);
    lookup.set_email(owner_email);
    ASSIGN_OR_RETURN(const v1::User owner,
                     Call(users_, &v1::UserService::Stub::LookupUser, lookup));
    for (size_t begin = 0; begin < domains.size(); begin += kDomainsPerEnforcement) {
      v1::EnforceDomainsRequest enforce;
      enforce.set_parent(organization);
      const size_t end = std::min(domains.size(), begin + kDomainsPerEnforcement);
      for (size_t i = begin; i < end; ++i) enforce.add_domains(Population::Domain(domains[i]));
      enforce.set_sso_profile(profile.name());
      enforce.set_acting_admin(owner.name());
      RETURN_IF_ERROR(
          Call(enforcements_, &v1::EnforcementService::Stub::EnforceDomains, enforce).status());
    }
    return absl::OkStatus();
  }

  absl::Status PassConnectionTest(const std::string& profile, const std::string& email) {
    v1::StartConnectionTestRequest start;
    start.set_name(profile);
    ASSIGN_OR_RETURN(const v1::ConnectionTest started,
                     Call(profiles_, &v1::SsoProfileService::Stub::StartConnectionTest, start));
    v1::CompleteConnectionTestRequest complete;
    complete.set_name(started.name());
    complete.set_saml_response(idp_->Respond(AnswerTo(started.sign_in_url(), absl::Now(), email)));
    ASSIGN_OR_RETURN(
        const v1::ConnectionTest test,
        Call(profiles_, &v1::SsoProfileService::Stub::CompleteConnectionTest, complete));
    if (test.state() == v1::ConnectionTest::STATE_PASSED) return absl::OkStatus();
    return absl::InternalError(absl::StrCat("the connection test failed: ", test.failure_detail()));
  }

  const Population population_;
  PublishedRecords* records_;
  const TestIdp* idp_;
  v1::OrganizationService::Stub organizations_;
  v1::DomainService::Stub domains_;
  v1::UserService::Stub users_;
  v1::SsoProfileService::Stub profiles_;
  v1::EnforcementService::Stub enforcements_;
};

absl::Status SetUpAll(const Population& population, const std::string& address,
                      PublishedRecords* records) {
  const TestIdp idp = TestIdp::Create();
  std::atomic<int> next_organization{0};
  std::vector<absl::Status> results(kThreads);
  std::vector<std::thread> threads;
  for (absl::Status& result : results) {
    threads.emplace_back([&] {
      auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
      Administrator administrator(population, channel, records, &idp);
      while (result.ok()) {
        const int organization = next_organization++;
        if (organization >= population.organizations()) return;
        result = administrator.SetUp(population.first_domain + organization);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& result : results) RETURN_IF_ERROR(result);
  return absl::OkStatus();
}

}  // namespace

absl::Status PopulateStore(const Population& population, std::unique_ptr<storage::Engine> engine,
                           std::unique_ptr<storage::SecretBox> secrets) {
  const auto is_even = [](int number) { return number % 2 == 0; };
  if (population.domains < 2 || population.first_domain < 0 ||
      population.first_domain > kMaxDomains - population.domains ||
      population.max_organizations < 2 || !is_even(population.domains) ||
      !is_even(population.first_domain) || !is_even(population.max_organizations) ||
      population.users <= population.domains || population.users > kMaxUsers) {
    return absl::InvalidArgumentError(absl::StrCat(
        population.users, " users on ", population.domains, " domains from ",
        population.first_domain, " on, of ", population.max_organizations,
        " organizations; expected even numbers of domains and organizations, domains up to ",
        kMaxDomains, ", and more users than domains, up to ", kMaxUsers));
  }
  PublishedRecords records;
  Implementations made_of;
  made_of.engine = std::move(engine);
  made_of.resolver = std::make_unique<FakeTxtResolver>(&records);
  ASSIGN_OR_RETURN(made_of.public_suffixes, NewPslPublicSuffixList(""));
  made_of.saml = NewXmlsecSamlConnector();
  made_of.secrets = std::move(secrets);
  made_of.clock = std::make_unique<SystemClock>();
  made_of.random = std::make_unique<SystemRandomSource>();
  made_of.logger = NewJsonLogger(LogLevel::kError);
  ASSIGN_OR_RETURN(auto server,
                   GatehouseServer::Start({.access = {.authentication = false},
                                           .sp_base_url = "https://gatehouse.example/saml"},
                                          std::move(made_of)));
  absl::Status status = SetUpAll(population, absl::StrCat("127.0.0.1:", server->port()), &records);
  server->Shutdown(absl::ZeroDuration());
  return status;
}

}  // namespace gatehouse::benchmark
