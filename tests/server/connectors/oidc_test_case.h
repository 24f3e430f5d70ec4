// What tests of the OIDC connector begin with: an honest IdP and a sign-in.
#ifndef GATEHOUSE_TESTS_SERVER_CONNECTORS_OIDC_TEST_CASE_H_
#define GATEHOUSE_TESTS_SERVER_CONNECTORS_OIDC_TEST_CASE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "server/connectors/oidc_http_connector.h"
#include "tests/fakes/fake_clock.h"
#include "tests/server/connectors/oidc_test_idp.h"

namespace gatehouse {

class OidcTestCase : public ::testing::Test {
 protected:
  static OidcSession Session() {
    return {.state = std::string(43, 's'),
            .nonce = std::string(43, 'n'),
            .code_verifier = std::string(43, 'v')};
  }
  OidcExpectations Expectations() const {
    return {.settings = {.issuer = OidcTestIdp::kIssuer,
                         .client_id = OidcTestIdp::kClientId,
                         .redirect_uri = OidcTestIdp::kRedirectUri},
            .client_secret = idp_.is_public_client ? "" : OidcTestIdp::kClientSecret,
            .session = Session(),
            .now = clock_.Now()};
  }

  // The query of one sign-in.
  std::string SignIn() {
    const auto url = connector_->SignInUrl(Expectations().settings, Session());
    EXPECT_TRUE(url.ok()) << url.status();
    return url.ok() ? idp_.SignIn(*url) : "";
  }
  OidcOutcome Verify(const std::string& query, const OidcExpectations& expectations) {
    const auto outcome = connector_->VerifyResponse(query, expectations);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    if (!outcome.ok()) return {.failure = ConnectionTestFailure::kConfigurationChanged};
    // Whatever the outcome, nothing of it is a secret.
    for (const std::string& secret :
         {std::string("secret-"), std::string(OidcTestIdp::kClientSecret), Session().code_verifier,
          Session().nonce, std::string("eyJ")}) {
      EXPECT_THAT(outcome->detail, ::testing::Not(::testing::HasSubstr(secret)));
    }
    EXPECT_EQ(outcome->email.empty(), outcome->failure != ConnectionTestFailure::kNone);
    return *outcome;
  }
  OidcOutcome Verify(const std::string& query) { return Verify(query, Expectations()); }
  OidcOutcome SignInAndVerify() { return Verify(SignIn()); }

  void ExpectPassed(const OidcOutcome& outcome) {
    EXPECT_EQ(Name(outcome.failure), Name(ConnectionTestFailure::kNone)) << outcome.detail;
    EXPECT_EQ(outcome.email, "bob@acme.example");
  }
  void ExpectFailed(const OidcOutcome& outcome, ConnectionTestFailure failure,
                    const std::string& said = "") {
    EXPECT_EQ(Name(outcome.failure), Name(failure)) << outcome.detail;
    EXPECT_THAT(outcome.detail, ::testing::HasSubstr(said));
  }

  FakeClock clock_;
  OidcTestIdp idp_{[this] { return clock_.Now(); }};
  std::unique_ptr<OidcConnector> connector_ = NewHttpOidcConnector(&idp_, &clock_);
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_SERVER_CONNECTORS_OIDC_TEST_CASE_H_
