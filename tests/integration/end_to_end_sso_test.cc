// SSO over the real server: a connection proven at a real identity provider.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/substitute.h"
#include "tests/integration/deployment_test_case.h"

namespace gatehouse {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Code = absl::StatusCode;

class EndToEndSso : public DeploymentTestCase {
 protected:
  // Up to a profile that has not been tested.
  static absl::Status MakeConnected(Tenant& tenant) {
    RETURN_IF_ERROR(tenant.Create());
    RETURN_IF_ERROR(tenant.HoldDomain(dns()));
    return tenant.Connect(idp()).status();
  }
};

TEST_F(EndToEndSso, AProfileIsMadeOfTheIdpsMetadata) {
  Tenant tenant = NewTenant("metadata");
  ASSERT_OK(tenant.Create());
  ASSERT_OK_AND_ASSIGN(const v1::SsoProfile profile, tenant.Connect(idp()));
  EXPECT_EQ(profile.name(), "organizations/metadata/ssoProfiles/idp");
  EXPECT_EQ(profile.test_state(), v1::SsoProfile::TEST_STATE_UNTESTED);
  const v1::SamlConfig& saml = profile.saml();
  EXPECT_EQ(saml.idp_entity_id(), idp().metadata_url());
  EXPECT_THAT(saml.idp_sso_url(), HasSubstr("/sso"));
  EXPECT_EQ(saml.idp_certificate_details_size(), 1);
  EXPECT_THAT(saml.idp_metadata_xml(), IsEmpty());

  ASSERT_OK_AND_ASSIGN(const v1::ServiceProviderMetadata metadata,
                       api().Call(&SsoProfiles::GetServiceProviderMetadata,
                                  absl::Substitute(R"(name: "$0")", tenant.profile())));
  EXPECT_EQ(metadata.acs_url(), Tenant::kAcsUrl);
  EXPECT_EQ(metadata.entity_id(), saml.sp_entity_id());
  EXPECT_THAT(metadata.xml(), HasSubstr(Tenant::kAcsUrl));
}

TEST_F(EndToEndSso, ARealSignInProvesTheConnection) {
  Tenant tenant = NewTenant("sign-in");
  ASSERT_OK(MakeConnected(tenant));
  ASSERT_OK_AND_ASSIGN(const v1::ConnectionTest test, tenant.RunConnectionTest(idp()));
  EXPECT_EQ(test.state(), v1::ConnectionTest::STATE_PASSED) << test.failure_detail();
  EXPECT_EQ(test.email(), "owner@sign-in.example");
  EXPECT_TRUE(test.has_complete_time());
  ASSERT_OK_AND_ASSIGN(const v1::SsoProfile profile, tenant.GetProfile());
  EXPECT_EQ(profile.test_state(), v1::SsoProfile::TEST_STATE_PASSED);
  EXPECT_TRUE(profile.has_test_pass_time());
}

TEST_F(EndToEndSso, AnEncryptedAssertionIsReadWithTheProfilesOwnKey) {
  Tenant tenant = NewTenant("encrypted");
  ASSERT_OK(MakeConnected(tenant));
  ASSERT_OK_AND_ASSIGN(const v1::SsoProfile profile, tenant.GetProfile());
  ASSERT_OK_AND_ASSIGN(
      const v1::ConnectionTest test,
      tenant.RunConnectionTest(idp(), {{"encrypt", profile.saml().sp_certificate()}}));
  EXPECT_EQ(test.state(), v1::ConnectionTest::STATE_PASSED) << test.failure_detail();

  // Another profile's certificate: what was meant for one is of no use to another.
  Tenant other = NewTenant("encrypted-other");
  ASSERT_OK(MakeConnected(other));
  ASSERT_OK_AND_ASSIGN(
      const v1::ConnectionTest refused,
      other.RunConnectionTest(idp(), {{"encrypt", profile.saml().sp_certificate()}}));
  EXPECT_EQ(refused.failure_reason(), v1::ConnectionTest::FAILURE_REASON_DECRYPTION_FAILED);
}

TEST_F(EndToEndSso, AFailedSignInNamesItsReasonAndProvesNothing) {
  Tenant tenant = NewTenant("failing");
  ASSERT_OK(MakeConnected(tenant));
  ASSERT_OK_AND_ASSIGN(const v1::SsoProfile profile, tenant.GetProfile());
  const struct {
    SamlIdp::Options options;
    v1::ConnectionTest::FailureReason reason;
  } cases[] = {
      {{{"audience", "https://other.example"}}, v1::ConnectionTest::FAILURE_REASON_WRONG_AUDIENCE},
      {{{"issuer", "https://other.example"}}, v1::ConnectionTest::FAILURE_REASON_WRONG_ISSUER},
      {{{"recipient", "https://other.example"}},
       v1::ConnectionTest::FAILURE_REASON_WRONG_RECIPIENT},
      {{{"in_response_to", "_another"}}, v1::ConnectionTest::FAILURE_REASON_WRONG_IN_RESPONSE_TO},
      {{{"lifetime", "-600"}}, v1::ConnectionTest::FAILURE_REASON_EXPIRED},
      {{{"key", "other"}}, v1::ConnectionTest::FAILURE_REASON_WRONG_CERTIFICATE},
      {{{"sign", "none"}}, v1::ConnectionTest::FAILURE_REASON_UNSIGNED},
      {{{"sign", "none"}, {"encrypt", profile.saml().sp_certificate()}},
       v1::ConnectionTest::FAILURE_REASON_ENCRYPTED_WITHOUT_SIGNATURE},
      {{{"email", "owner@elsewhere.example"}}, v1::ConnectionTest::FAILURE_REASON_FOREIGN_DOMAIN},
      {{{"nameid", "not an address"}}, v1::ConnectionTest::FAILURE_REASON_INVALID_EMAIL},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(v1::ConnectionTest::FailureReason_Name(test.reason));
    ASSERT_OK_AND_ASSIGN(const v1::ConnectionTest result,
                         tenant.RunConnectionTest(idp(), test.options));
    EXPECT_EQ(result.state(), v1::ConnectionTest::STATE_FAILED);
    EXPECT_EQ(result.failure_reason(), test.reason) << result.failure_detail();
    EXPECT_FALSE(result.failure_detail().empty());
    ASSERT_OK_AND_ASSIGN(
        const v1::ConnectionTest kept,
        api().Call(&SsoProfiles::GetConnectionTest, absl::Substitute("name: '$0'", result.name())));
    EXPECT_EQ(kept.failure_reason(), test.reason);
  }
  ASSERT_OK_AND_ASSIGN(const v1::SsoProfile after, tenant.GetProfile());
  EXPECT_EQ(after.test_state(), v1::SsoProfile::TEST_STATE_UNTESTED);
  EXPECT_THAT(tenant.Enforce(), FailsWith(Code::kFailedPrecondition, "CONNECTION_TEST_REQUIRED"));
}

TEST_F(EndToEndSso, AResponseServesOnce) {
  Tenant tenant = NewTenant("once");
  ASSERT_OK(MakeConnected(tenant));
  ASSERT_OK_AND_ASSIGN(const v1::ConnectionTest first, tenant.StartConnectionTest());
  ASSERT_OK_AND_ASSIGN(const auto signed_in,
                       idp().SignIn(first.sign_in_url(), {{"email", tenant.Email("owner")}}));
  const std::string& response = signed_in.saml_response;
  ASSERT_OK_AND_ASSIGN(const v1::ConnectionTest passed,
                       tenant.CompleteConnectionTest(first.name(), response));
  ASSERT_EQ(passed.state(), v1::ConnectionTest::STATE_PASSED) << passed.failure_detail();
  EXPECT_THAT(tenant.CompleteConnectionTest(first.name(), response),
              FailsWith(Code::kFailedPrecondition, "CONNECTION_TEST_FINISHED"));

  ASSERT_OK_AND_ASSIGN(const v1::ConnectionTest second, tenant.StartConnectionTest());
  ASSERT_OK_AND_ASSIGN(const v1::ConnectionTest replayed,
                       tenant.CompleteConnectionTest(second.name(), response));
  EXPECT_EQ(replayed.failure_reason(), v1::ConnectionTest::FAILURE_REASON_REPLAYED);
}

TEST_F(EndToEndSso, AChangedProfileMustProveItselfAgain) {
  Tenant tenant = NewTenant("changed");
  ASSERT_OK(MakeReady(tenant));
  ASSERT_OK(tenant.HoldDomain(dns(), "changed-too.example"));
  ASSERT_OK(tenant.AddUser(tenant.Email("carol")));
  ASSERT_OK(tenant.Enforce());

  v1::UpdateSsoProfileRequest update;
  update.mutable_sso_profile()->set_name(tenant.profile());
  update.mutable_sso_profile()->set_display_name("A new name changes nothing");
  update.mutable_update_mask()->add_paths("display_name");
  ASSERT_OK_AND_ASSIGN(v1::SsoProfile profile, api().Call(&SsoProfiles::UpdateSsoProfile, update));
  EXPECT_EQ(profile.test_state(), v1::SsoProfile::TEST_STATE_PASSED);

  update.mutable_sso_profile()->mutable_saml()->set_acs_url("https://login2.acme.example/acs");
  update.mutable_update_mask()->add_paths("saml.acs_url");
  ASSERT_OK_AND_ASSIGN(profile, api().Call(&SsoProfiles::UpdateSsoProfile, update));
  EXPECT_EQ(profile.test_state(), v1::SsoProfile::TEST_STATE_STALE);

  // What is enforced stays so; nothing is added.
  ASSERT_OK_AND_ASSIGN(const auto decision, tenant.Check(tenant.Email("carol")));
  EXPECT_EQ(decision.verdict(), v1::VERDICT_REQUIRE_SSO);
  const v1::EnforceDomainsRequest more = tenant.EnforceRequest({"changed-too.example"});
  EXPECT_THAT(api().Call(&Enforcements::EnforceDomains, more),
              FailsWith(Code::kFailedPrecondition, "CONNECTION_TEST_STALE"));
  ASSERT_OK(tenant.PassConnectionTest(idp()));
  EXPECT_OK(api().Call(&Enforcements::EnforceDomains, more));
}

TEST_F(EndToEndSso, AProfileChangedDuringATestFailsIt) {
  Tenant tenant = NewTenant("under-test");
  ASSERT_OK(MakeConnected(tenant));
  ASSERT_OK_AND_ASSIGN(const v1::ConnectionTest test, tenant.StartConnectionTest());
  ASSERT_OK_AND_ASSIGN(const auto signed_in,
                       idp().SignIn(test.sign_in_url(), {{"email", tenant.Email("owner")}}));
  ASSERT_OK(
      api().Call(&SsoProfiles::UpdateSsoProfile,
                 absl::Substitute(R"(sso_profile { name: "$0" saml { email_attribute: "mail" } }
                          update_mask { paths: "saml.email_attribute" })",
                                  tenant.profile())));
  ASSERT_OK_AND_ASSIGN(const v1::ConnectionTest result,
                       tenant.CompleteConnectionTest(test.name(), signed_in.saml_response));
  EXPECT_EQ(result.failure_reason(), v1::ConnectionTest::FAILURE_REASON_CONFIGURATION_CHANGED);
}

}  // namespace
}  // namespace gatehouse
