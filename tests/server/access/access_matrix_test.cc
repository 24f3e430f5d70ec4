// Every method, by every role, with every state of a credential, for its own
// organization, another one and one that does not exist.
#include <map>
#include <set>

#include "server/access/method_rules.h"
#include "tests/server/access/access_world.h"
#include "tests/server/access/expected_access.h"

namespace gatehouse {
namespace {

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
  for (const auto& [method, roles] : ExpectedAccess()) expected.insert(method);
  EXPECT_EQ(ruled, expected);
}

TEST_F(AccessMatrix, LetsEachRoleDoWhatItMayInItsOrganization) {
  for (const char role : {'o', 'a', 'u', 'g'}) {
    const CallCredentials credentials = Bearer(TokenOf(role).secret);
    for (const auto& [method, roles] : ExpectedAccess()) {
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
  // For these it means those that the caller may see.
  const std::string kAll = "organizations/-";
  const std::set<std::string> cut = {"AuditService/ListAuditEvents",
                                     "AuditService/WatchAuditEvents"};
  for (const char role : {'a', 'u'}) {
    const CallCredentials credentials = Bearer(TokenOf(role).secret);
    for (const auto& [method, roles] : ExpectedAccess()) {
      if (ExpectedWithoutOrganization().count(method) > 0) continue;
      const absl::Status existing = Judge(credentials, method, "organizations/beta/users/u1");
      EXPECT_EQ(ReasonOf(existing), reason::kPermissionDenied) << role << " " << method;
      for (const char* name : {"organizations/none/users/u1", "organizations/-", ""}) {
        if (name == kAll && cut.count(method) > 0) {
          EXPECT_EQ(Judge(credentials, method, name).ok(), roles.find(role) != std::string::npos);
          continue;
        }
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
    for (const auto& [method, roles] : ExpectedAccess()) {
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
