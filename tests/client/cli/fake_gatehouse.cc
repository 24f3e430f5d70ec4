#include "tests/client/cli/fake_gatehouse.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gatehouse/v1/access_token_service.grpc.pb.h"
#include "gatehouse/v1/domain_service.grpc.pb.h"
#include "gatehouse/v1/enforcement_service.grpc.pb.h"
#include "gatehouse/v1/login_service.grpc.pb.h"
#include "gatehouse/v1/organization_service.grpc.pb.h"
#include "gatehouse/v1/sso_profile_service.grpc.pb.h"
#include "gatehouse/v1/user_service.grpc.pb.h"
#include "policy/errors.h"
#include "server/services/status_rendering.h"

namespace gatehouse::cli {
namespace {

using google::protobuf::Empty;
using google::protobuf::Message;
using grpc::ServerContext;
using grpc::Status;

template <typename T>
Status Find(const std::vector<T>& all, const std::string& name, T* out) {
  for (const T& item : all) {
    if (item.name() != name) continue;
    *out = item;
    return Status::OK;
  }
  return RenderStatus(ResourceNotFound(name));
}

template <typename T, typename Request, typename Response>
Status Page(const std::vector<T>& all, const Request& request, Response* response,
            google::protobuf::RepeatedPtrField<T>* items) {
  size_t start = 0;
  if (!request.page_token().empty()) {
    EXPECT_TRUE(absl::SimpleAtoi(request.page_token(), &start));
  }
  const size_t size = request.page_size() == 0 ? 50 : request.page_size();
  const size_t end = std::min(all.size(), start + size);
  for (size_t i = start; i < end; ++i) *items->Add() = all[i];
  if (end < all.size()) response->set_next_page_token(absl::StrCat(end));
  return Status::OK;
}

}  // namespace

class FakeGatehouse::Services {
 public:
  explicit Services(FakeGatehouse& fake)
      : organizations_(fake),
        domains_(fake),
        users_(fake),
        profiles_(fake),
        enforcement_(fake),
        login_(fake),
        tokens_(fake) {
    grpc::ServerBuilder builder;
    builder.RegisterService(&organizations_);
    builder.RegisterService(&domains_);
    builder.RegisterService(&users_);
    builder.RegisterService(&profiles_);
    builder.RegisterService(&enforcement_);
    builder.RegisterService(&login_);
    builder.RegisterService(&tokens_);
    server_ = builder.BuildAndStart();
  }
  ~Services() { server_->Shutdown(); }

  std::shared_ptr<grpc::Channel> Channel() { return server_->InProcessChannel({}); }

 private:
  // Records the request; the failure to answer it with, or OK.
  static Status Begin(FakeGatehouse& fake, const Message& request) {
    const std::lock_guard lock(fake.mutex_);
    fake.requests_.emplace_back(request.New());
    fake.requests_.back()->CopyFrom(request);
    if (fake.failures_.empty()) return Status::OK;
    absl::Status failure = std::move(fake.failures_.front());
    fake.failures_.pop_front();
    return RenderStatus(failure);
  }

#define BEGIN(request) \
  if (Status status = Begin(fake_, *(request)); !status.ok()) return status

  class Organizations final : public v1::OrganizationService::Service {
   public:
    explicit Organizations(FakeGatehouse& fake) : fake_(fake) {}
    Status CreateOrganization(ServerContext*, const v1::CreateOrganizationRequest* request,
                              v1::Organization* response) override {
      BEGIN(request);
      *response = request->organization();
      response->set_name(absl::StrCat("organizations/", request->organization_id()));
      return Status::OK;
    }
    Status GetOrganization(ServerContext*, const v1::GetOrganizationRequest* request,
                           v1::Organization* response) override {
      BEGIN(request);
      return Find(fake_.organizations, request->name(), response);
    }
    Status ListOrganizations(ServerContext*, const v1::ListOrganizationsRequest* request,
                             v1::ListOrganizationsResponse* response) override {
      BEGIN(request);
      return Page(fake_.organizations, *request, response, response->mutable_organizations());
    }
    Status UpdateOrganization(ServerContext*, const v1::UpdateOrganizationRequest* request,
                              v1::Organization* response) override {
      BEGIN(request);
      *response = request->organization();
      return Status::OK;
    }
    Status DeleteOrganization(ServerContext*, const v1::DeleteOrganizationRequest* request,
                              Empty*) override {
      BEGIN(request);
      return Status::OK;
    }

   private:
    FakeGatehouse& fake_;
  };

  class Domains final : public v1::DomainService::Service {
   public:
    explicit Domains(FakeGatehouse& fake) : fake_(fake) {}
    Status AddDomain(ServerContext*, const v1::AddDomainRequest* request,
                     v1::Domain* response) override {
      BEGIN(request);
      response->set_name(absl::StrCat(request->parent(), "/domains/", request->domain()));
      response->set_unicode_name(request->domain());
      response->set_state(v1::Domain::STATE_PENDING);
      response->set_verification_record_name(absl::StrCat("_gatehouse.", request->domain()));
      response->set_verification_record_value("gatehouse-domain-verification=0123");
      return Status::OK;
    }
    Status GetDomain(ServerContext*, const v1::GetDomainRequest* request,
                     v1::Domain* response) override {
      BEGIN(request);
      return Find(fake_.domains, request->name(), response);
    }
    Status ListDomains(ServerContext*, const v1::ListDomainsRequest* request,
                       v1::ListDomainsResponse* response) override {
      BEGIN(request);
      return Page(fake_.domains, *request, response, response->mutable_domains());
    }
    Status VerifyDomain(ServerContext*, const v1::VerifyDomainRequest* request,
                        v1::Domain* response) override {
      BEGIN(request);
      return Find(fake_.domains, request->name(), response);
    }
    Status RemoveDomain(ServerContext*, const v1::RemoveDomainRequest* request, Empty*) override {
      BEGIN(request);
      return Status::OK;
    }

   private:
    FakeGatehouse& fake_;
  };

  class Users final : public v1::UserService::Service {
   public:
    explicit Users(FakeGatehouse& fake) : fake_(fake) {}
    Status CreateUser(ServerContext*, const v1::CreateUserRequest* request,
                      v1::User* response) override {
      BEGIN(request);
      *response = request->user();
      response->set_name(absl::StrCat(request->parent(), "/users/unew"));
      return Status::OK;
    }
    Status GetUser(ServerContext*, const v1::GetUserRequest* request, v1::User* response) override {
      BEGIN(request);
      return Find(fake_.users, request->name(), response);
    }
    Status LookupUser(ServerContext*, const v1::LookupUserRequest* request,
                      v1::User* response) override {
      BEGIN(request);
      for (const v1::User& user : fake_.users) {
        if (user.email() != request->email()) continue;
        *response = user;
        return Status::OK;
      }
      return RenderStatus(Error(absl::StatusCode::kNotFound, reason::kResourceNotFound,
                                "no user has this address"));
    }
    Status ListUsers(ServerContext*, const v1::ListUsersRequest* request,
                     v1::ListUsersResponse* response) override {
      BEGIN(request);
      return Page(fake_.users, *request, response, response->mutable_users());
    }
    Status UpdateUser(ServerContext*, const v1::UpdateUserRequest* request,
                      v1::User* response) override {
      BEGIN(request);
      *response = request->user();
      return Status::OK;
    }
    Status DeleteUser(ServerContext*, const v1::DeleteUserRequest* request, Empty*) override {
      BEGIN(request);
      return Status::OK;
    }
    Status ImportUsers(ServerContext*, grpc::ServerReader<v1::ImportUsersRequest>* reader,
                       v1::ImportUsersResponse* response) override {
      v1::ImportUsersRequest request;
      v1::ImportUsersRequest all;
      while (reader->Read(&request)) all.MergeFrom(request);
      if (Status status = Begin(fake_, all); !status.ok()) return status;
      *response = fake_.import_outcome;
      return Status::OK;
    }

   private:
    FakeGatehouse& fake_;
  };

  class Profiles final : public v1::SsoProfileService::Service {
   public:
    explicit Profiles(FakeGatehouse& fake) : fake_(fake) {}
    Status CreateSsoProfile(ServerContext*, const v1::CreateSsoProfileRequest* request,
                            v1::SsoProfile* response) override {
      BEGIN(request);
      *response = request->sso_profile();
      response->set_name(
          absl::StrCat(request->parent(), "/ssoProfiles/", request->sso_profile_id()));
      response->set_test_state(v1::SsoProfile::TEST_STATE_UNTESTED);
      return Status::OK;
    }
    Status GetSsoProfile(ServerContext*, const v1::GetSsoProfileRequest* request,
                         v1::SsoProfile* response) override {
      BEGIN(request);
      return Find(fake_.profiles, request->name(), response);
    }
    Status ListSsoProfiles(ServerContext*, const v1::ListSsoProfilesRequest* request,
                           v1::ListSsoProfilesResponse* response) override {
      BEGIN(request);
      return Page(fake_.profiles, *request, response, response->mutable_sso_profiles());
    }
    Status UpdateSsoProfile(ServerContext*, const v1::UpdateSsoProfileRequest* request,
                            v1::SsoProfile* response) override {
      BEGIN(request);
      *response = request->sso_profile();
      return Status::OK;
    }
    Status DeleteSsoProfile(ServerContext*, const v1::DeleteSsoProfileRequest* request,
                            Empty*) override {
      BEGIN(request);
      return Status::OK;
    }
    Status GetServiceProviderMetadata(ServerContext*,
                                      const v1::GetServiceProviderMetadataRequest* request,
                                      v1::ServiceProviderMetadata* response) override {
      BEGIN(request);
      response->set_xml("<md:EntityDescriptor/>");
      response->set_entity_id("https://gatehouse.example/acme/okta");
      return Status::OK;
    }
    Status StartConnectionTest(ServerContext*, const v1::StartConnectionTestRequest* request,
                               v1::ConnectionTest* response) override {
      BEGIN(request);
      response->set_name(absl::StrCat(request->name(), "/connectionTests/t1"));
      response->set_state(v1::ConnectionTest::STATE_PENDING);
      response->set_sign_in_url("https://idp.example/sso?SAMLRequest=abc");
      return Status::OK;
    }
    Status CompleteConnectionTest(ServerContext*, const v1::CompleteConnectionTestRequest* request,
                                  v1::ConnectionTest* response) override {
      BEGIN(request);
      return Find(fake_.tests, request->name(), response);
    }
    Status GetConnectionTest(ServerContext*, const v1::GetConnectionTestRequest* request,
                             v1::ConnectionTest* response) override {
      BEGIN(request);
      return Find(fake_.tests, request->name(), response);
    }

   private:
    FakeGatehouse& fake_;
  };

  class Enforcement final : public v1::EnforcementService::Service {
   public:
    explicit Enforcement(FakeGatehouse& fake) : fake_(fake) {}
    Status PlanEnforcement(ServerContext*, const v1::PlanEnforcementRequest* request,
                           v1::EnforcementPlan* response) override {
      BEGIN(request);
      *response = fake_.plan;
      return Status::OK;
    }
    Status EnforceDomains(ServerContext*, const v1::EnforceDomainsRequest* request,
                          v1::EnforceDomainsResponse* response) override {
      BEGIN(request);
      *response = fake_.enforced;
      return Status::OK;
    }
    Status ReleaseDomains(ServerContext*, const v1::ReleaseDomainsRequest* request,
                          v1::ReleaseDomainsResponse* response) override {
      BEGIN(request);
      response->set_revision(77);
      return Status::OK;
    }
    Status PauseEnforcement(ServerContext*, const v1::PauseEnforcementRequest* request,
                            v1::Enforcement* response) override {
      BEGIN(request);
      return Find(fake_.enforcements, request->name(), response);
    }
    Status ResumeEnforcement(ServerContext*, const v1::ResumeEnforcementRequest* request,
                             v1::Enforcement* response) override {
      BEGIN(request);
      return Find(fake_.enforcements, request->name(), response);
    }
    Status GetEnforcement(ServerContext*, const v1::GetEnforcementRequest* request,
                          v1::Enforcement* response) override {
      BEGIN(request);
      return Find(fake_.enforcements, request->name(), response);
    }
    Status ListEnforcements(ServerContext*, const v1::ListEnforcementsRequest* request,
                            v1::ListEnforcementsResponse* response) override {
      BEGIN(request);
      return Page(fake_.enforcements, *request, response, response->mutable_enforcements());
    }
    Status GetEnforcementReport(ServerContext*, const v1::GetEnforcementReportRequest* request,
                                v1::EnforcementReport* response) override {
      BEGIN(request);
      v1::GetEnforcementReportRequest page = *request;
      page.set_page_size(std::min(page.page_size(), fake_.report_page_size));
      *response = fake_.report;
      response->clear_refused_users();
      const std::vector<v1::EnforcementReport::RefusedUser> users(
          fake_.report.refused_users().begin(), fake_.report.refused_users().end());
      return Page(users, page, response, response->mutable_refused_users());
    }
    Status CreateExemption(ServerContext*, const v1::CreateExemptionRequest* request,
                           v1::Exemption* response) override {
      BEGIN(request);
      *response = request->exemption();
      response->set_name(absl::StrCat(request->parent(), "/exemptions/unew"));
      return Status::OK;
    }
    Status ListExemptions(ServerContext*, const v1::ListExemptionsRequest* request,
                          v1::ListExemptionsResponse* response) override {
      BEGIN(request);
      return Page(fake_.exemptions, *request, response, response->mutable_exemptions());
    }
    Status DeleteExemption(ServerContext*, const v1::DeleteExemptionRequest* request,
                           Empty*) override {
      BEGIN(request);
      return Status::OK;
    }

   private:
    FakeGatehouse& fake_;
  };

  class Login final : public v1::LoginService::Service {
   public:
    explicit Login(FakeGatehouse& fake) : fake_(fake) {}
    Status CheckLogin(ServerContext*, const v1::CheckLoginRequest* request,
                      v1::CheckLoginResponse* response) override {
      BEGIN(request);
      const auto decision = fake_.decisions.find(request->email());
      if (decision == fake_.decisions.end()) return RenderStatus(NoAddress(request->email()));
      *response = decision->second;
      return Status::OK;
    }
    Status ReportLogin(ServerContext*, const v1::ReportLoginRequest* request,
                       v1::ReportLoginResponse* response) override {
      BEGIN(request);
      *response = fake_.reported;
      return Status::OK;
    }
    Status BatchCheckLogin(ServerContext*, const v1::BatchCheckLoginRequest* request,
                           v1::BatchCheckLoginResponse* response) override {
      BEGIN(request);
      for (const std::string& email : request->emails()) {
        auto* result = response->add_results();
        const auto decision = fake_.decisions.find(email);
        if (decision == fake_.decisions.end()) {
          *result->mutable_error() = RenderItemError(NoAddress(email));
        } else {
          *result->mutable_decision() = decision->second;
        }
      }
      return Status::OK;
    }

   private:
    static absl::Status NoAddress(const std::string& email) {
      return InvalidField("email", email, "exactly one '@'");
    }
    FakeGatehouse& fake_;
  };

  class Tokens final : public v1::AccessTokenService::Service {
   public:
    explicit Tokens(FakeGatehouse& fake) : fake_(fake) {}
    Status CreateAccessToken(ServerContext*, const v1::CreateAccessTokenRequest* request,
                             v1::CreateAccessTokenResponse* response) override {
      BEGIN(request);
      return Make(request->access_token(), response);
    }
    Status GetAccessToken(ServerContext*, const v1::GetAccessTokenRequest* request,
                          v1::AccessToken* response) override {
      BEGIN(request);
      return Find(fake_.tokens, request->name(), response);
    }
    Status ListAccessTokens(ServerContext*, const v1::ListAccessTokensRequest* request,
                            v1::ListAccessTokensResponse* response) override {
      BEGIN(request);
      return Page(fake_.tokens, *request, response, response->mutable_access_tokens());
    }
    Status RotateAccessToken(ServerContext*, const v1::RotateAccessTokenRequest* request,
                             v1::CreateAccessTokenResponse* response) override {
      BEGIN(request);
      v1::AccessToken old;
      if (Status status = Find(fake_.tokens, request->name(), &old); !status.ok()) return status;
      return Make(old, response);
    }
    Status RevokeAccessToken(ServerContext*, const v1::RevokeAccessTokenRequest* request,
                             v1::AccessToken* response) override {
      BEGIN(request);
      const Status status = Find(fake_.tokens, request->name(), response);
      response->set_state(v1::AccessToken::STATE_REVOKED);
      return status;
    }

   private:
    static Status Make(const v1::AccessToken& token, v1::CreateAccessTokenResponse* response) {
      *response->mutable_access_token() = token;
      response->mutable_access_token()->set_name("accessTokens/knew");
      response->mutable_access_token()->set_state(v1::AccessToken::STATE_ACTIVE);
      response->set_secret(kFakeSecret);
      return Status::OK;
    }
    FakeGatehouse& fake_;
  };

#undef BEGIN

  Organizations organizations_;
  Domains domains_;
  Users users_;
  Profiles profiles_;
  Enforcement enforcement_;
  Login login_;
  Tokens tokens_;
  std::unique_ptr<grpc::Server> server_;
};

FakeGatehouse::FakeGatehouse() : services_(std::make_unique<Services>(*this)) {}
FakeGatehouse::~FakeGatehouse() = default;

std::shared_ptr<grpc::Channel> FakeGatehouse::Channel() { return services_->Channel(); }

void FakeGatehouse::FailNext(absl::Status status) {
  const std::lock_guard lock(mutex_);
  failures_.push_back(std::move(status));
}

size_t FakeGatehouse::CallCount() const {
  const std::lock_guard lock(mutex_);
  return requests_.size();
}

std::vector<std::string> FakeGatehouse::Calls() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> calls;
  for (const auto& request : requests_) calls.push_back(request->GetDescriptor()->name());
  return calls;
}

void FakeGatehouse::FindLast(Message& request) const {
  const std::lock_guard lock(mutex_);
  for (auto received = requests_.rbegin(); received != requests_.rend(); ++received) {
    if ((*received)->GetDescriptor() != request.GetDescriptor()) continue;
    request.CopyFrom(**received);
    return;
  }
  ADD_FAILURE() << "no " << request.GetDescriptor()->name() << " was received";
}

}  // namespace gatehouse::cli
