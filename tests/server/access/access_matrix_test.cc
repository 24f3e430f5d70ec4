// Every method, by every role, with every state of a credential, for its own
// organization, another one and one that does not exist. What is expected stands
// here once more, written by hand: not derived from method_rules.cc.
#include <map>
#include <set>

#include "server/access/method_rules.h"
#include "tests/server/access/access_world.h"

namespace gatehouse {
namespace {

// o: operator, a: organization-admin, u: auditor, g: gateway.
const std::map<std::string, std::string>& Expected() {
  static const auto* const expected = new std::map<std::string, std::string>{
      {"AccessTokenService/CreateAccessToken", "o"},
      {"AccessTokenService/GetAccessToken", "o"},
      {"AccessTokenService/ListAccessTokens", "o"},
      {"AccessTokenService/RevokeAccessToken", "o"},
      {"AccessTokenService/RotateAccessToken", "o"},
      {"AuditService/GetAuditChain", "ou"},
      {"AuditService/ListAuditEvents", "ou"},
      {"AuditService/WatchAuditEvents", "ou"},
      {"DomainService/AddDomain", "oa"},
      {"DomainService/GetDomain", "oau"},
      {"DomainService/ListDomains", "oau"},
      {"DomainService/RemoveDomain", "oa"},
      {"DomainService/VerifyDomain", "oa"},
      {"EnforcementService/CreateExemption", "oa"},
      {"EnforcementService/DeleteExemption", "oa"},
      {"EnforcementService/EnforceDomains", "oa"},
      {"EnforcementService/GetEnforcement", "oau"},
      {"EnforcementService/GetEnforcementReport", "oau"},
      {"EnforcementService/ListEnforcements", "oau"},
      {"EnforcementService/ListExemptions", "oau"},
      {"EnforcementService/PauseEnforcement", "oa"},
      {"EnforcementService/PlanEnforcement", "oa"},
      {"EnforcementService/ReleaseDomains", "oa"},
      {"EnforcementService/ResumeEnforcement", "oa"},
      {"LoginService/BatchCheckLogin", "og"},
      {"LoginService/CheckLogin", "og"},
      {"LoginService/ReportLogin", "og"},
      {"OrganizationService/CreateOrganization", "o"},
      {"OrganizationService/DeleteOrganization", "o"},
      {"OrganizationService/GetOrganization", "oau"},
      {"OrganizationService/ListOrganizations", "oau"},
      {"OrganizationService/UpdateOrganization", "oa"},
      {"ServerReflection/ServerReflectionInfo", "oaug"},
      {"SsoProfileService/CompleteConnectionTest", "oa"},
      {"SsoProfileService/CreateSsoProfile", "oa"},
      {"SsoProfileService/DeleteSsoProfile", "oa"},
      {"SsoProfileService/GetConnectionTest", "oau"},
      {"SsoProfileService/GetServiceProviderMetadata", "oau"},
      {"SsoProfileService/GetSsoProfile", "oau"},
      {"SsoProfileService/ListSsoProfiles", "oau"},
      {"SsoProfileService/StartConnectionTest", "oa"},
      {"SsoProfileService/UpdateSsoProfile", "oa"},
      {"UserService/CreateUser", "oa"},
      {"UserService/DeleteUser", "oa"},
      {"UserService/GetUser", "oau"},
      {"UserService/ImportUsers", "oa"},
      {"UserService/ListUsers", "oau"},
      {"UserService/LookupUser", "oau"},
      {"UserService/UpdateUser", "oa"},
  };
  return *expected;
}

class AccessMatrix : public AccessWorld {
 protected:
  void SetUp() override {
    const User root = acme_.Add({.email = "root@acme.test", .role = Role::kOwner});
    scopes_ = {
        {'o', {}}, {'a', {{acme_.id(), root.id}}}, {'u', {{acme_.id(), UserId()}}}, {'g', {}}};
  }

  NewAccessToken TokenOf(char role, absl::Time expire_time = absl::InfiniteFuture()) {
    const std::map<char, AccessRole> roles = {{'o', AccessRole::kOperator},
                                              {'a', AccessRole::kOrganizationAdmin},
                                              {'u', AccessRole::kAuditor},
                                              {'g', AccessRole::kGateway}};
    return Create(roles.at(role), scopes_.at(role), expire_time);
  }

  // As a call is judged: by Admit, then Authorize.
  absl::Status Judge(const CallCredentials& credentials, const std::string& method,
                     const std::string& resource) {
    const Admission admission = gate_->Admit(credentials, method);
    if (!admission.status.ok()) return admission.status;
    return gate_->Authorize(admission.caller, resource);
  }

  std::map<char, std::vector<Scope>> scopes_;
};

TEST_F(AccessMatrix, NamesEveryMethodThatIsNotOpen) {
  std::set<std::string> ruled, expected;
  for (const MethodRule& rule : MethodRules()) {
    if (!rule.open) ruled.insert(std::string(rule.method));
  }
  for (const auto& [method, roles] : Expected()) expected.insert(method);
  EXPECT_EQ(ruled, expected);
}

TEST_F(AccessMatrix, LetsEachRoleDoWhatItMayInItsOrganization) {
  for (const char role : {'o', 'a', 'u', 'g'}) {
    const CallCredentials credentials = Bearer(TokenOf(role).secret);
    for (const auto& [method, roles] : Expected()) {
      const absl::Status status = Judge(credentials, method, "organizations/acme");
      if (roles.find(role) != std::string::npos) {
        EXPECT_TRUE(status.ok()) << role << " " << method << " " << status;
      } else {
        EXPECT_EQ(ReasonOf(status), reason::kPermissionDenied) << role << " " << method;
      }
    }
  }
}

TEST_F(AccessMatrix, TellsNobodyWhatExistsInAnotherOrganization) {
  // About no organization, or cut to what the caller may see.
  const std::set<std::string> without = {"OrganizationService/ListOrganizations",
                                         "ServerReflection/ServerReflectionInfo"};
  for (const char role : {'a', 'u'}) {
    const CallCredentials credentials = Bearer(TokenOf(role).secret);
    for (const auto& [method, roles] : Expected()) {
      if (without.count(method) > 0) continue;
      const absl::Status existing = Judge(credentials, method, "organizations/beta/users/u1");
      EXPECT_EQ(ReasonOf(existing), reason::kPermissionDenied) << role << " " << method;
      for (const char* name : {"organizations/none/users/u1", "organizations/-", ""}) {
        // Code, message and details.
        EXPECT_EQ(Judge(credentials, method, name), existing) << role << " " << method << name;
      }
    }
  }
}

TEST_F(AccessMatrix, LetsNobodyInWithoutAGoodCredential) {
  for (const char role : {'o', 'a', 'u', 'g'}) {
    const NewAccessToken expired = TokenOf(role, clock_.Now() + absl::Seconds(1));
    const NewAccessToken revoked = TokenOf(role);
    TokenOf('o');  // so that none of them is the last operator's
    ASSERT_TRUE(manager_->Revoke(TestCaller(), revoked.view.token.id).ok());
    clock_.Advance(absl::Seconds(1));
    for (const auto& [method, roles] : Expected()) {
      for (const auto& [credentials, reason] :
           {std::pair(CallCredentials{}, reason::kCredentialMissing),
            std::pair(Bearer("gh_malformed"), reason::kCredentialInvalid),
            std::pair(Bearer(expired.secret), reason::kCredentialExpired),
            std::pair(Bearer(revoked.secret), reason::kCredentialInvalid)}) {
        const absl::Status status = Judge(credentials, method, "organizations/acme");
        EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << role << " " << method;
        EXPECT_EQ(ReasonOf(status), reason) << role << " " << method;
        EXPECT_EQ(gate_->Check(credentials, method), status);
      }
    }
  }
}

}  // namespace
}  // namespace gatehouse
