#include "tests/integration/tenant.h"

#include <algorithm>
#include <utility>

#include "absl/strings/substitute.h"
#include "policy/status_macros.h"

namespace gatehouse {

absl::Status Tenant::Create() {
  RETURN_IF_ERROR(
      api_->Call(&Organizations::CreateOrganization, absl::Substitute(R"(organization_id: "$0"
                                                 organization { display_name: "The $0 company" })",
                                                                      id_))
          .status());
  ASSIGN_OR_RETURN(const v1::User owner, AddUser(Email("owner"), v1::User::ROLE_OWNER));
  owner_ = owner.name();
  return absl::OkStatus();
}

absl::StatusOr<v1::User> Tenant::AddUser(absl::string_view email, v1::User::Role role) const {
  v1::CreateUserRequest request;
  request.set_parent(name());
  request.mutable_user()->set_email(std::string(email));
  request.mutable_user()->set_role(role);
  return api_->Call(&Users::CreateUser, request);
}

absl::StatusOr<v1::Domain> Tenant::AddDomain(absl::string_view domain) const {
  return api_->Call(&Domains::AddDomain,
                    absl::Substitute(R"(parent: "$0" domain: "$1")", name(), domain));
}

absl::StatusOr<v1::Domain> Tenant::VerifyDomain() const {
  return api_->Call(&Domains::VerifyDomain, absl::Substitute(R"(name: "$0")", domain_name()));
}

absl::Status Tenant::HoldDomain(KnotServer& dns, absl::string_view domain) const {
  ASSIGN_OR_RETURN(const v1::Domain claimed, AddDomain(domain));
  RETURN_IF_ERROR(
      dns.SetTxt(claimed.verification_record_name(), {claimed.verification_record_value()}));
  return api_->Call(&Domains::VerifyDomain, absl::Substitute(R"(name: "$0")", claimed.name()))
      .status();
}

absl::Status Tenant::Import(absl::string_view email) const {
  const auto request = FromText<v1::ImportUsersRequest>(
      absl::Substitute(R"(parent: "$0" rows { email: "$1" })", name(), email));
  ASSIGN_OR_RETURN(const v1::ImportUsersResponse response, api_->ImportUsers({request}));
  if (response.failed_count() == 0) return absl::OkStatus();
  return absl::InternalError(response.DebugString());
}

absl::StatusOr<v1::SsoProfile> Tenant::Connect(const std::string& idp_metadata) const {
  v1::CreateSsoProfileRequest request;
  request.set_parent(name());
  request.set_sso_profile_id("idp");
  request.mutable_sso_profile()->set_display_name("The company's identity provider");
  v1::SamlConfig* const saml = request.mutable_sso_profile()->mutable_saml();
  saml->set_idp_metadata_xml(idp_metadata);
  saml->set_acs_url(kAcsUrl);
  return api_->Call(&SsoProfiles::CreateSsoProfile, request);
}

absl::StatusOr<v1::ConnectionTest> Tenant::StartConnectionTest() const {
  return api_->Call(&SsoProfiles::StartConnectionTest,
                    absl::Substitute(R"(name: "$0")", profile()));
}

absl::StatusOr<v1::ConnectionTest> Tenant::CompleteConnectionTest(
    const std::string& test, const std::string& response) const {
  v1::CompleteConnectionTestRequest request;
  request.set_name(test);
  request.set_saml_response(response);
  return api_->Call(&SsoProfiles::CompleteConnectionTest, request);
}

absl::StatusOr<v1::ConnectionTest> Tenant::RunConnectionTest(SamlIdp& idp,
                                                             SamlIdp::Options options) const {
  ASSIGN_OR_RETURN(const v1::ConnectionTest test, StartConnectionTest());
  const bool has_email = std::any_of(options.begin(), options.end(),
                                     [](const auto& option) { return option.first == "email"; });
  if (!has_email) options.emplace_back("email", Email("owner"));
  ASSIGN_OR_RETURN(const SamlIdp::SignInResult signed_in, idp.SignIn(test.sign_in_url(), options));
  // The callback knows which test it is from the RelayState alone.
  return CompleteConnectionTest(absl::StrCat(profile(), "/connectionTests/", signed_in.relay_state),
                                signed_in.saml_response);
}

absl::Status Tenant::PassConnectionTest(SamlIdp& idp) const {
  ASSIGN_OR_RETURN(const v1::ConnectionTest test, RunConnectionTest(idp));
  if (test.state() == v1::ConnectionTest::STATE_PASSED) return absl::OkStatus();
  return absl::InternalError(test.DebugString());
}

absl::StatusOr<v1::SsoProfile> Tenant::GetProfile() const {
  return api_->Call(&SsoProfiles::GetSsoProfile, absl::Substitute(R"(name: "$0")", profile()));
}

v1::EnforceDomainsRequest Tenant::EnforceRequest(std::vector<std::string> domains) const {
  if (domains.empty()) domains.push_back(domain_);
  v1::EnforceDomainsRequest request;
  request.set_parent(name());
  for (std::string& domain : domains) request.add_domains(std::move(domain));
  request.set_sso_profile(profile());
  request.set_acting_admin(owner_);
  return request;
}

absl::StatusOr<v1::EnforceDomainsResponse> Tenant::Enforce() const {
  return api_->Call(&Enforcements::EnforceDomains, EnforceRequest());
}

absl::StatusOr<v1::CheckLoginResponse> Tenant::Check(absl::string_view email,
                                                     v1::LoginAction action,
                                                     int64_t min_revision) const {
  v1::CheckLoginRequest request;
  request.set_email(std::string(email));
  request.set_action(action);
  request.set_min_revision(min_revision);
  return api_->Call(&Logins::CheckLogin, request);
}

}  // namespace gatehouse
