// An identity provider's new certificate over the real server: found in its
// metadata, proven by a real sign-in, taken over, with enforcement in force
// throughout.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/substitute.h"
#include "absl/time/clock.h"
#include "tests/integration/deployment_test_case.h"

namespace gatehouse {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Code = absl::StatusCode;
using ConnectionTest = v1::ConnectionTest;

constexpr char kOldKey[] = "idp";
constexpr char kNewKey[] = "other";

class EndToEndStaging : public DeploymentTestCase {
 protected:
  // Enforced through a profile that the IdP's metadata URL made, with a user
  // "carol".
  static absl::StatusOr<v1::EnforceDomainsResponse> MakeEnforced(Tenant& tenant) {
    RETURN_IF_ERROR(tenant.Create());
    RETURN_IF_ERROR(tenant.HoldDomain(dns()));
    RETURN_IF_ERROR(tenant.AddUser(tenant.Email("carol")).status());
    v1::CreateSsoProfileRequest request;
    request.set_parent(tenant.name());
    request.set_sso_profile_id("idp");
    request.mutable_sso_profile()->set_display_name("The company's identity provider");
    v1::SamlConfig* const saml = request.mutable_sso_profile()->mutable_saml();
    saml->set_idp_metadata_url(idp().metadata_url());
    saml->set_acs_url(Tenant::kAcsUrl);
    RETURN_IF_ERROR(api().Call(&SsoProfiles::CreateSsoProfile, request).status());
    RETURN_IF_ERROR(tenant.PassConnectionTest(idp()));
    return tenant.Enforce();
  }

  // What is at `url` from now on is what the server finds at its next fetch,
  // which is due at once: the profile after that.
  static absl::StatusOr<v1::SsoProfile> FollowMetadata(const Tenant& tenant,
                                                       const std::string& url) {
    v1::UpdateSsoProfileRequest update;
    update.mutable_sso_profile()->set_name(tenant.profile());
    update.mutable_sso_profile()->mutable_saml()->set_idp_metadata_url(url);
    update.mutable_update_mask()->add_paths("saml.idp_metadata_url");
    RETURN_IF_ERROR(api().Call(&SsoProfiles::UpdateSsoProfile, update).status());
    // A server looks for what is due at its start.
    deployment().server().Terminate();
    RETURN_IF_ERROR(deployment().server().Wait().status());
    RETURN_IF_ERROR(deployment().StartServer());
    const absl::Time give_up = absl::Now() + absl::Seconds(60);
    while (absl::Now() < give_up) {
      ASSIGN_OR_RETURN(v1::SsoProfile profile, tenant.GetProfile());
      if (profile.saml().has_metadata_fetch_time()) return profile;
    }
    return absl::DeadlineExceededError("the metadata was not fetched");
  }

  // A test, of the staged settings or the profile's own, with a sign-in for
  // which the IdP uses that key.
  static absl::StatusOr<ConnectionTest> RunTest(const Tenant& tenant, bool staged,
                                                const std::string& key) {
    v1::StartConnectionTestRequest start;
    start.set_name(tenant.profile());
    start.set_staged(staged);
    ASSIGN_OR_RETURN(const ConnectionTest test,
                     api().Call(&SsoProfiles::StartConnectionTest, start));
    ASSIGN_OR_RETURN(
        const SamlIdp::SignInResult signed_in,
        idp().SignIn(test.sign_in_url(), {{"email", tenant.Email("carol")}, {"key", key}}));
    return tenant.CompleteConnectionTest(test.name(), signed_in.saml_response);
  }

  static void ExpectFailure(const Tenant& tenant, bool staged, const std::string& key) {
    ASSERT_OK_AND_ASSIGN(const ConnectionTest test, RunTest(tenant, staged, key));
    EXPECT_EQ(test.state(), ConnectionTest::STATE_FAILED);
    EXPECT_EQ(test.failure_reason(), ConnectionTest::FAILURE_REASON_WRONG_CERTIFICATE)
        << test.failure_detail();
    EXPECT_EQ(test.staged(), staged);
  }

  static void ExpectPass(const Tenant& tenant, bool staged, const std::string& key) {
    ASSERT_OK_AND_ASSIGN(const ConnectionTest test, RunTest(tenant, staged, key));
    EXPECT_EQ(test.state(), ConnectionTest::STATE_PASSED) << test.failure_detail();
    EXPECT_EQ(test.staged(), staged);
  }

  // By the commit of `enforced`: it was never released in between.
  static void ExpectStillEnforced(const Tenant& tenant,
                                  const v1::EnforceDomainsResponse& enforced) {
    ASSERT_OK_AND_ASSIGN(const v1::CheckLoginResponse carol, tenant.Check(tenant.Email("carol")));
    EXPECT_EQ(carol.verdict(), v1::VERDICT_REQUIRE_SSO);
    EXPECT_EQ(carol.enforced_since_revision(), enforced.revision());
    EXPECT_EQ(carol.sso().sso_profile(), tenant.profile());
    EXPECT_EQ(carol.sso().issuer(), idp().metadata_url());
  }

  static std::vector<v1::AuditEvent> MetadataChanges(const Tenant& tenant) {
    const auto listed = api().Call(&Audits::ListAuditEvents,
                                   absl::Substitute("parent: '$0' page_size: 1000", tenant.name()));
    EXPECT_OK(listed);
    std::vector<v1::AuditEvent> changes;
    if (!listed.ok()) return changes;
    for (const v1::AuditEvent& event : listed->audit_events()) {
      if (event.kind() == v1::AuditEvent::KIND_METADATA_CHANGE) changes.push_back(event);
    }
    return changes;
  }
};

TEST_F(EndToEndStaging, ANewCertificateOfTheIdpWaitsForATestAndIsTakenOverByIt) {
  Tenant tenant = NewTenant("rollover");
  ASSERT_OK_AND_ASSIGN(const auto enforced, MakeEnforced(tenant));
  ASSERT_OK_AND_ASSIGN(const v1::SsoProfile before, tenant.GetProfile());
  EXPECT_TRUE(before.saml().has_metadata_fetch_time()) << "it was made of the metadata";
  EXPECT_FALSE(before.saml().has_staged());

  ASSERT_OK_AND_ASSIGN(const v1::SsoProfile found,
                       FollowMetadata(tenant, idp().next_metadata_url()));
  ASSERT_TRUE(found.saml().has_staged()) << found.saml().metadata_fetch_failure();
  const v1::StagedSamlConfig& staged = found.saml().staged();
  ASSERT_EQ(staged.idp_certificates_size(), 1);
  EXPECT_THAT(staged.idp_certificate_details(0).subject(), HasSubstr("other.example"));
  EXPECT_EQ(staged.idp_sso_url(), before.saml().idp_sso_url());
  EXPECT_THAT(found.warnings(), Contains(HasSubstr("test them")));
  // Nothing of it holds yet.
  EXPECT_THAT(found.saml().idp_certificates(), ElementsAre(before.saml().idp_certificates(0)));
  EXPECT_THAT(found.saml().idp_certificates(), Not(Contains(staged.idp_certificates(0))));
  EXPECT_EQ(found.test_state(), v1::SsoProfile::TEST_STATE_PASSED);
  ASSERT_NO_FATAL_FAILURE(ExpectStillEnforced(tenant, enforced));
  const std::vector<v1::AuditEvent> changes = MetadataChanges(tenant);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].principal(), "system/metadata-refresh");
  EXPECT_EQ(changes[0].resource(), tenant.profile());

  // The IdP signs by its new key: the profile does not trust that one yet.
  ASSERT_NO_FATAL_FAILURE(ExpectFailure(tenant, /*staged=*/false, kNewKey));
  // And the old one proves nothing about the new settings.
  ASSERT_NO_FATAL_FAILURE(ExpectFailure(tenant, /*staged=*/true, kOldKey));
  ASSERT_OK_AND_ASSIGN(const v1::SsoProfile waiting, tenant.GetProfile());
  EXPECT_EQ(waiting.saml().staged().SerializeAsString(), staged.SerializeAsString());
  EXPECT_THAT(waiting.saml().idp_certificates(), ElementsAre(before.saml().idp_certificates(0)));
  ASSERT_NO_FATAL_FAILURE(ExpectStillEnforced(tenant, enforced));

  ASSERT_NO_FATAL_FAILURE(ExpectPass(tenant, /*staged=*/true, kNewKey));
  ASSERT_OK_AND_ASSIGN(const v1::SsoProfile after, tenant.GetProfile());
  EXPECT_THAT(after.saml().idp_certificates(), ElementsAre(staged.idp_certificates(0)));
  EXPECT_FALSE(after.saml().has_staged());
  EXPECT_EQ(after.test_state(), v1::SsoProfile::TEST_STATE_PASSED);
  ASSERT_NO_FATAL_FAILURE(ExpectStillEnforced(tenant, enforced));
  ASSERT_NO_FATAL_FAILURE(ExpectPass(tenant, /*staged=*/false, kNewKey));
  ASSERT_NO_FATAL_FAILURE(ExpectFailure(tenant, /*staged=*/false, kOldKey));
  EXPECT_THAT(RunTest(tenant, /*staged=*/true, kNewKey),
              FailsWith(Code::kFailedPrecondition, "NOTHING_STAGED"));
}

TEST_F(EndToEndStaging, MetadataThatCannotBeHadChangesNothing) {
  Tenant tenant = NewTenant("no-metadata");
  ASSERT_OK_AND_ASSIGN(const auto enforced, MakeEnforced(tenant));
  ASSERT_OK_AND_ASSIGN(const v1::SsoProfile before, tenant.GetProfile());

  ASSERT_OK_AND_ASSIGN(const v1::SsoProfile after,
                       FollowMetadata(tenant, idp().metadata_url() + "/none"));
  EXPECT_THAT(after.saml().metadata_fetch_failure(), HasSubstr("404"));
  EXPECT_THAT(after.warnings(), Contains(HasSubstr("404")));
  EXPECT_FALSE(after.saml().has_staged());
  EXPECT_THAT(after.saml().idp_certificates(), ElementsAre(before.saml().idp_certificates(0)));
  EXPECT_EQ(after.test_state(), v1::SsoProfile::TEST_STATE_PASSED);
  EXPECT_TRUE(MetadataChanges(tenant).empty());
  ASSERT_NO_FATAL_FAILURE(ExpectStillEnforced(tenant, enforced));
  ASSERT_NO_FATAL_FAILURE(ExpectPass(tenant, /*staged=*/false, kOldKey));
}

}  // namespace
}  // namespace gatehouse
