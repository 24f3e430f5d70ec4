// Every method that changes something leaves exactly its event, on a real server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "absl/time/clock.h"
#include "tests/integration/deployment_test_case.h"

namespace gatehouse {
namespace {

// Methods that only read, and what they have in common.
bool Reads(const std::string& method) {
  for (absl::string_view prefix :
       {"Get", "List", "Lookup", "Check", "BatchCheck", "Watch", "Plan"}) {
    if (absl::StartsWith(method, prefix)) return true;
  }
  return false;
}

std::set<std::string> ChangeMethods() {
  std::set<std::string> methods;
  for (const google::protobuf::FileDescriptor* file :
       {v1::CreateOrganizationRequest::descriptor()->file(),
        v1::AddDomainRequest::descriptor()->file(), v1::CreateUserRequest::descriptor()->file(),
        v1::CreateSsoProfileRequest::descriptor()->file(),
        v1::EnforceDomainsRequest::descriptor()->file(),
        v1::CheckLoginRequest::descriptor()->file(),
        v1::ListAuditEventsRequest::descriptor()->file()}) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        const std::string& name = file->service(s)->method(m)->name();
        if (!Reads(name)) methods.insert(absl::StrCat(file->service(s)->name(), "/", name));
      }
    }
  }
  // What gateways report is no change of a resource; access tokens have a test
  // of their own.
  methods.erase("LoginService/ReportLogin");
  return methods;
}

class AuditTest : public DeploymentTestCase {
 protected:
  static std::vector<v1::AuditEvent> Events(const std::string& parent) {
    v1::ListAuditEventsRequest request;
    request.set_parent(parent);
    request.set_page_size(1000);
    const auto response = api().Call(&Audits::ListAuditEvents, request);
    if (absl::IsNotFound(response.status())) return {};
    EXPECT_OK(response);
    if (!response.ok()) return {};
    return {response->audit_events().begin(), response->audit_events().end()};
  }
};

struct Step {
  std::string method;
  std::string resource;                // of the first change; below the organization
  bool before = false, after = false;  // of that change
  std::function<absl::Status()> call;
};

TEST_F(AuditTest, EveryChangeLeavesExactlyItsEvent) {
  Tenant acme = NewTenant("audited");
  const std::string org = acme.name();
  const auto named = [&](const std::string& below) {
    return absl::Substitute(R"(name: "$0/$1")", org, below);
  };
  std::string user;
  v1::ConnectionTest test;
  SamlIdp::SignInResult signed_in;
  const auto& api = DeploymentTestCase::api();
  const std::vector<Step> steps = {
      {"OrganizationService/CreateOrganization", "", false, true,
       [&] {
         return api
             .Call(&Organizations::CreateOrganization,
                   R"(organization_id: "audited" organization { display_name: "A" })")
             .status();
       }},
      {"OrganizationService/UpdateOrganization", "", true, true,
       [&] {
         return api
             .Call(&Organizations::UpdateOrganization,
                   absl::Substitute(R"(organization { name: "$0" display_name: "B" })", org))
             .status();
       }},
      {"DomainService/AddDomain", "/domains/audited.example", false, true,
       [&]() -> absl::Status {
         ASSIGN_OR_RETURN(const v1::Domain domain, acme.AddDomain("audited.example"));
         return dns().SetTxt(domain.verification_record_name(),
                             {domain.verification_record_value()});
       }},
      {"DomainService/VerifyDomain", "/domains/audited.example", true, true,
       [&] { return acme.VerifyDomain().status(); }},
      {"UserService/CreateUser", "/users/", false, true,
       [&]() -> absl::Status {
         ASSIGN_OR_RETURN(const v1::User created,
                          acme.AddUser("jo@audited.example", v1::User::ROLE_OWNER));
         user = created.name();
         return absl::OkStatus();
       }},
      {"UserService/UpdateUser", "/users/", true, true,
       [&] {
         return api
             .Call(&Users::UpdateUser,
                   absl::Substitute(R"(user { name: "$0" display_name: "Jo" })", user))
             .status();
       }},
      {"UserService/ImportUsers", "/users/", false, true,
       [&] { return acme.Import("al@audited.example"); }},
      {"SsoProfileService/CreateSsoProfile", "/ssoProfiles/idp", false, true,
       [&] { return acme.Connect(idp()).status(); }},
      {"SsoProfileService/UpdateSsoProfile", "/ssoProfiles/idp", true, true,
       [&] {
         return api
             .Call(&SsoProfiles::UpdateSsoProfile,
                   absl::Substitute(R"(sso_profile { name: "$0" display_name: "IdP" }
                                       update_mask { paths: "display_name" })",
                                    acme.profile()))
             .status();
       }},
      {"SsoProfileService/StartConnectionTest", "/ssoProfiles/idp/connectionTests/", false, true,
       [&]() -> absl::Status {
         ASSIGN_OR_RETURN(test, acme.StartConnectionTest());
         ASSIGN_OR_RETURN(signed_in,
                          idp().SignIn(test.sign_in_url(), {{"email", "jo@audited.example"}}));
         return absl::OkStatus();
       }},
      {"SsoProfileService/CompleteConnectionTest", "/ssoProfiles/idp", true, true,
       [&] { return acme.CompleteConnectionTest(test.name(), signed_in.saml_response).status(); }},
      {"EnforcementService/EnforceDomains", "/enforcements/audited.example", false, true,
       [&] {
         v1::EnforceDomainsRequest request = acme.EnforceRequest();
         request.set_acting_admin(user);
         return api.Call(&Enforcements::EnforceDomains, request).status();
       }},
      {"EnforcementService/PauseEnforcement", "/enforcements/audited.example", true, true,
       [&] {
         return api
             .Call(&Enforcements::PauseEnforcement,
                   absl::StrCat(named("enforcements/audited.example"), R"( reason: "trouble")"))
             .status();
       }},
      {"EnforcementService/ResumeEnforcement", "/enforcements/audited.example", true, true,
       [&] {
         return api.Call(&Enforcements::ResumeEnforcement, named("enforcements/audited.example"))
             .status();
       }},
      {"EnforcementService/ReleaseDomains", "/enforcements/audited.example", true, false,
       [&] {
         return api
             .Call(&Enforcements::ReleaseDomains,
                   absl::Substitute(R"(parent: "$0" domains: "audited.example")", org))
             .status();
       }},
      {"EnforcementService/DeleteExemption", "/exemptions/", true, false,
       [&] {
         return api
             .Call(&Enforcements::DeleteExemption,
                   named(absl::StrCat("exemptions/", user.substr(user.rfind('/') + 1))))
             .status();
       }},
      {"EnforcementService/CreateExemption", "/exemptions/", false, true,
       [&] {
         return api
             .Call(&Enforcements::CreateExemption,
                   absl::Substitute(R"(parent: "$0" exemption { user: "$1"
                                       kind: KIND_BREAK_GLASS reason: "spare key" })",
                                    org, user))
             .status();
       }},
      {"SsoProfileService/DeleteSsoProfile", "/ssoProfiles/idp", true, false,
       [&] { return api.Call(&SsoProfiles::DeleteSsoProfile, named("ssoProfiles/idp")).status(); }},
      {"DomainService/RemoveDomain", "/domains/audited.example", true, false,
       [&] { return api.Call(&Domains::RemoveDomain, named("domains/audited.example")).status(); }},
      {"UserService/DeleteUser", "/users/", true, false,
       [&]() -> absl::Status {
         ASSIGN_OR_RETURN(const v1::ListUsersResponse users,
                          api.Call(&Users::ListUsers, absl::Substitute(R"(parent: "$0")", org)));
         for (const v1::User& other : users.users()) {
           if (other.name() == user) continue;
           return api.Call(&Users::DeleteUser, absl::Substitute(R"(name: "$0")", other.name()))
               .status();
         }
         return absl::NotFoundError("the imported user");
       }},
      // Not to be audited twice below: the last user goes before the organization.
      {"UserService/DeleteUser", "/users/", true, false,
       [&] {
         return api.Call(&Users::DeleteUser, absl::Substitute(R"(name: "$0")", user)).status();
       }},
      {"OrganizationService/DeleteOrganization", "", true, false,
       [&] {
         return api.Call(&Organizations::DeleteOrganization, absl::Substitute(R"(name: "$0")", org))
             .status();
       }},
  };
  std::set<std::string> tested;
  size_t known = 0;
  const absl::Time start = absl::Now() - absl::Seconds(1);
  for (const Step& step : steps) {
    tested.insert(step.method);
    ASSERT_OK(step.call()) << step.method;
    const std::vector<v1::AuditEvent> events = Events(org);
    ASSERT_EQ(events.size(), known + 1) << step.method;
    const v1::AuditEvent& event = events.back();
    known = events.size();
    SCOPED_TRACE(event.DebugString());
    EXPECT_EQ(event.kind(), v1::AuditEvent::KIND_CHANGE);
    EXPECT_EQ(event.method(), step.method);
    EXPECT_EQ(event.sequence(), static_cast<int64_t>(known));
    EXPECT_FALSE(event.principal().empty());
    EXPECT_NE(event.role(), v1::ACCESS_ROLE_UNSPECIFIED);
    EXPECT_FALSE(event.peer().empty());
    EXPECT_GE(absl::FromUnixSeconds(event.time().seconds()),
              absl::FromUnixSeconds(absl::ToUnixSeconds(start)));
    bool found = false;
    for (const v1::AuditEvent::Change& change : event.changes()) {
      if (!absl::StartsWith(change.resource(), absl::StrCat(org, step.resource)) ||
          change.has_before() != step.before || change.has_after() != step.after) {
        continue;
      }
      found = true;
    }
    EXPECT_TRUE(found) << "no change of " << step.resource;
  }
  EXPECT_EQ(tested, ChangeMethods());
}

TEST_F(AuditTest, ShowsWhatWasAndWhatIs) {
  Tenant tenant = NewTenant("before-after");
  ASSERT_OK(tenant.Create());
  ASSERT_OK(api().Call(
      &Organizations::UpdateOrganization,
      absl::Substitute(R"(organization { name: "$0" display_name: "After" })", tenant.name())));
  const v1::AuditEvent event = Events(tenant.name()).back();
  ASSERT_EQ(event.changes_size(), 1);
  EXPECT_EQ(event.resource(), tenant.name());
  EXPECT_EQ(event.changes(0).before().fields().at("display_name").string_value(),
            "The before-after company");
  EXPECT_EQ(event.changes(0).after().fields().at("display_name").string_value(), "After");
}

TEST_F(AuditTest, ACallThatChangesNothingLeavesNoEvent) {
  Tenant tenant = NewTenant("unchanged");
  ASSERT_OK(tenant.Create());
  const size_t before = Events(tenant.name()).size();
  ASSERT_OK(
      api().Call(&Organizations::UpdateOrganization, absl::Substitute(R"(organization { name: "$0"
                                           display_name: "The unchanged company" })",
                                                                      tenant.name())));
  EXPECT_EQ(Events(tenant.name()).size(), before);
}

}  // namespace
}  // namespace gatehouse
