// OpenID Connect over the real server: a connection proven at a real provider,
// and enforced.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/substitute.h"
#include "tests/integration/deployment_test_case.h"
#include "tests/peers/oidc_idp.h"

namespace gatehouse {
namespace {

using ::testing::IsEmpty;
using Code = absl::StatusCode;
using ConnectionTest = v1::ConnectionTest;

constexpr char kRedirectUri[] = "https://login.acme.example/oidc/callback";
// A client of the peer, and its secret.
constexpr char kClientId[] = "es256-basic";
constexpr char kClientSecret[] = "basic-secret";
constexpr char kWrongSecret[] = "not-the-secret-of-the-client";

class EndToEndOidc : public DeploymentTestCase {
 protected:
  void SetUp() override {
    DeploymentTestCase::SetUp();
    if (HasFatalFailure()) return;
    static int tenants = 0;
    tenant_.emplace(NewTenant(absl::StrCat("oidc", ++tenants)));
    auto provider = OidcIdp::Start(kRedirectUri, tenant_->Email("owner"));
    if (absl::IsFailedPrecondition(provider.status())) GTEST_SKIP() << provider.status().message();
    ASSERT_OK(provider);
    provider_ = *std::move(provider);
    ASSERT_OK(tenant_->Create());
    ASSERT_OK(tenant_->HoldDomain(dns()));
    ASSERT_OK(tenant_->AddUser(tenant_->Email("carol")));
  }

  // Calls, and sees to it that no answer gives a secret away.
  template <typename Method, typename Request>
  static auto Call(Method method, const Request& request) {
    const auto answer = api().Call(method, request);
    const std::string bytes =
        answer.ok() ? answer->SerializeAsString() : std::string(answer.status().ToString());
    for (const char* secret : {kClientSecret, kWrongSecret}) {
      EXPECT_FALSE(absl::StrContains(bytes, secret)) << bytes;
    }
    return answer;
  }

  absl::StatusOr<v1::SsoProfile> Connect(const std::string& client_secret) const {
    v1::CreateSsoProfileRequest request;
    request.set_parent(tenant_->name());
    request.set_sso_profile_id("idp");
    request.mutable_sso_profile()->set_display_name("The company's identity provider");
    v1::OidcConfig* const oidc = request.mutable_sso_profile()->mutable_oidc();
    oidc->set_issuer(provider_->issuer());
    oidc->set_client_id(kClientId);
    oidc->set_client_secret(client_secret);
    oidc->set_redirect_uri(kRedirectUri);
    return Call(&SsoProfiles::CreateSsoProfile, request);
  }

  absl::StatusOr<v1::SsoProfile> ChangeSecret(const std::string& client_secret) const {
    v1::UpdateSsoProfileRequest request;
    request.mutable_sso_profile()->set_name(tenant_->profile());
    request.mutable_sso_profile()->mutable_oidc()->set_client_secret(client_secret);
    request.mutable_update_mask()->add_paths("oidc.client_secret");
    return Call(&SsoProfiles::UpdateSsoProfile, request);
  }

  absl::StatusOr<v1::SsoProfile> GetProfile() const {
    v1::GetSsoProfileRequest request;
    request.set_name(tenant_->profile());
    return Call(&SsoProfiles::GetSsoProfile, request);
  }

  // A started test, and the query with which the provider sends the browser back.
  struct SignedIn {
    ConnectionTest test;
    std::string query;
  };
  absl::StatusOr<SignedIn> SignIn() const {
    v1::StartConnectionTestRequest request;
    request.set_name(tenant_->profile());
    SignedIn signed_in;
    ASSIGN_OR_RETURN(signed_in.test, Call(&SsoProfiles::StartConnectionTest, request));
    ASSIGN_OR_RETURN(signed_in.query, provider_->SignIn(signed_in.test.sign_in_url()));
    return signed_in;
  }

  static absl::StatusOr<ConnectionTest> Complete(const SignedIn& signed_in) {
    v1::CompleteConnectionTestRequest request;
    request.set_name(signed_in.test.name());
    request.set_oidc_response(signed_in.query);
    return Call(&SsoProfiles::CompleteConnectionTest, request);
  }

  absl::StatusOr<ConnectionTest> RunConnectionTest() const {
    ASSIGN_OR_RETURN(const SignedIn signed_in, SignIn());
    return Complete(signed_in);
  }

  std::optional<Tenant> tenant_;
  std::unique_ptr<OidcIdp> provider_;
};

TEST_F(EndToEndOidc, ARealSignInProvesTheConnectionOnce) {
  ASSERT_OK_AND_ASSIGN(const v1::SsoProfile profile, Connect(kClientSecret));
  EXPECT_EQ(profile.test_state(), v1::SsoProfile::TEST_STATE_UNTESTED);
  EXPECT_EQ(profile.oidc().issuer(), provider_->issuer());
  EXPECT_THAT(profile.oidc().client_secret(), IsEmpty());
  EXPECT_TRUE(profile.oidc().has_client_secret());

  ASSERT_OK_AND_ASSIGN(const SignedIn signed_in, SignIn());
  ASSERT_OK_AND_ASSIGN(const ConnectionTest passed, Complete(signed_in));
  EXPECT_EQ(passed.state(), ConnectionTest::STATE_PASSED) << passed.failure_detail();
  EXPECT_EQ(passed.email(), tenant_->Email("owner"));
  EXPECT_THAT(Complete(signed_in),
              FailsWith(Code::kFailedPrecondition, "CONNECTION_TEST_FINISHED"));

  // What one test was answered proves nothing in another.
  ASSERT_OK_AND_ASSIGN(SignedIn second, SignIn());
  second.query = signed_in.query;
  ASSERT_OK_AND_ASSIGN(const ConnectionTest replayed, Complete(second));
  EXPECT_EQ(replayed.failure_reason(), ConnectionTest::FAILURE_REASON_WRONG_STATE)
      << replayed.failure_detail();
  ASSERT_OK_AND_ASSIGN(const v1::SsoProfile after, GetProfile());
  EXPECT_EQ(after.test_state(), v1::SsoProfile::TEST_STATE_PASSED);
}

TEST_F(EndToEndOidc, AWrongClientSecretProvesNothing) {
  ASSERT_OK(Connect(kWrongSecret));
  ASSERT_OK_AND_ASSIGN(const ConnectionTest test, RunConnectionTest());
  EXPECT_EQ(test.state(), ConnectionTest::STATE_FAILED);
  EXPECT_EQ(test.failure_reason(), ConnectionTest::FAILURE_REASON_CODE_REFUSED)
      << test.failure_detail();
  ASSERT_OK_AND_ASSIGN(const v1::SsoProfile profile, GetProfile());
  EXPECT_EQ(profile.test_state(), v1::SsoProfile::TEST_STATE_UNTESTED);
  EXPECT_THAT(Call(&Enforcements::EnforceDomains, tenant_->EnforceRequest()),
              FailsWith(Code::kFailedPrecondition, "CONNECTION_TEST_REQUIRED"));
}

TEST_F(EndToEndOidc, EnforcesAndAsksForAnotherProofOfAnotherSecret) {
  ASSERT_OK(Connect(kClientSecret));
  ASSERT_OK_AND_ASSIGN(const ConnectionTest passed, RunConnectionTest());
  ASSERT_EQ(passed.state(), ConnectionTest::STATE_PASSED) << passed.failure_detail();
  ASSERT_OK_AND_ASSIGN(const v1::EnforceDomainsResponse enforced,
                       Call(&Enforcements::EnforceDomains, tenant_->EnforceRequest()));
  const auto check = [&]() -> absl::StatusOr<v1::CheckLoginResponse> {
    v1::CheckLoginRequest request;
    request.set_email(tenant_->Email("carol"));
    request.set_action(v1::LOGIN_ACTION_SIGN_IN);
    return Call(&Logins::CheckLogin, request);
  };
  ASSERT_OK_AND_ASSIGN(const v1::CheckLoginResponse carol, check());
  EXPECT_EQ(carol.verdict(), v1::VERDICT_REQUIRE_SSO);
  EXPECT_EQ(carol.sso().protocol(), v1::SsoDestination::PROTOCOL_OIDC);
  EXPECT_EQ(carol.sso().issuer(), provider_->issuer());
  EXPECT_EQ(carol.sso().sso_profile(), tenant_->profile());

  const std::string more = absl::StrCat("more.", tenant_->domain());
  ASSERT_OK(tenant_->HoldDomain(dns(), more));
  ASSERT_OK_AND_ASSIGN(const v1::SsoProfile stale, ChangeSecret(kWrongSecret));
  EXPECT_EQ(stale.test_state(), v1::SsoProfile::TEST_STATE_STALE);
  EXPECT_THAT(Call(&Enforcements::EnforceDomains, tenant_->EnforceRequest({more})),
              FailsWith(Code::kFailedPrecondition, "CONNECTION_TEST_STALE"));
  // What is enforced stays so.
  ASSERT_OK_AND_ASSIGN(const v1::CheckLoginResponse still, check());
  EXPECT_EQ(still.verdict(), v1::VERDICT_REQUIRE_SSO);
  EXPECT_EQ(still.enforced_since_revision(), enforced.revision());

  // The secret that was proven before is another one now, to be proven anew.
  ASSERT_OK_AND_ASSIGN(const v1::SsoProfile again, ChangeSecret(kClientSecret));
  EXPECT_EQ(again.test_state(), v1::SsoProfile::TEST_STATE_STALE);
  ASSERT_OK_AND_ASSIGN(const ConnectionTest proven, RunConnectionTest());
  EXPECT_EQ(proven.state(), ConnectionTest::STATE_PASSED) << proven.failure_detail();
  EXPECT_OK(Call(&Enforcements::EnforceDomains, tenant_->EnforceRequest({more})));
}

}  // namespace
}  // namespace gatehouse
