// The connector against an implementation of SAML that is not ours: npm samlp.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "tests/peers/saml_idp.h"
#include "tests/server/connectors/saml_verification_test_case.h"

namespace gatehouse {
namespace {

using Failure = ConnectionTestFailure;

class SamlRealIdp : public SamlVerificationTestCase {
 protected:
  void SetUp() override {
    absl::StatusOr<std::unique_ptr<SamlIdp>> idp = SamlIdp::Start();
    ASSERT_TRUE(idp.ok()) << idp.status();
    idp_ = *std::move(idp);
    const absl::StatusOr<SamlIdpMetadata> metadata =
        connector_->ParseIdpMetadata("idp_metadata_xml", idp_->metadata());
    ASSERT_TRUE(metadata.ok()) << metadata.status();
    expectations_.settings.idp_entity_id = metadata->entity_id;
    expectations_.settings.idp_sso_url = metadata->sso_url;
    expectations_.settings.idp_certificates = metadata->certificates;
    expectations_.now = absl::Now();
  }

  SamlOutcome SignIn(const SamlIdp::Options& options = {}) {
    const absl::StatusOr<std::string> url = connector_->SignInUrl(
        expectations_.settings, expectations_.request_id, "state", expectations_.now);
    EXPECT_TRUE(url.ok()) << url.status();
    const absl::StatusOr<SamlIdp::SignInResult> result = idp_->SignIn(*url, options);
    EXPECT_TRUE(result.ok()) << result.status();
    if (!result.ok()) return {};
    EXPECT_EQ(result->relay_state, "state");
    return Verify(result->saml_response);
  }

  std::unique_ptr<SamlIdp> idp_;
};

TEST_F(SamlRealIdp, SignsAUserInWhateverItSigns) {
  for (const char* sign : {"assertion", "response", "both"}) {
    ExpectPassed(SignIn({{"sign", sign}}), "admin@acme.example");
  }
}

TEST_F(SamlRealIdp, EncryptsForOurCertificate) {
  ExpectPassed(SignIn({{"encrypt", SpKeys().certificate_pem}}), "admin@acme.example");
  ExpectRefused(SignIn({{"encrypt", Attacker().certificate_pem()}}), Failure::kDecryptionFailed);
}

TEST_F(SamlRealIdp, IsRefusedForEachMisconfigurationByItsName) {
  const struct {
    SamlIdp::Options options;
    Failure failure;
  } cases[] = {
      {{{"sign", "none"}}, Failure::kUnsigned},
      {{{"key", "other"}}, Failure::kWrongCertificate},
      {{{"audience", "https://other.example"}}, Failure::kWrongAudience},
      {{{"issuer", "https://other.example"}}, Failure::kWrongIssuer},
      {{{"destination", "https://other.example"}}, Failure::kWrongDestination},
      {{{"recipient", "https://other.example"}}, Failure::kWrongRecipient},
      {{{"in_response_to", "_other"}}, Failure::kWrongInResponseTo},
      {{{"lifetime", "-300"}}, Failure::kExpired},
      {{{"encrypt", SpKeys().certificate_pem}, {"sign", "none"}},
       Failure::kEncryptedWithoutSignature},
  };
  for (const auto& test : cases) ExpectRefused(SignIn(test.options), test.failure);
}

}  // namespace
}  // namespace gatehouse
