// The ground of every test of SamlConnector::VerifyResponse: an IdP, somebody
// who would like to be it, a profile, and a moment.
#ifndef GATEHOUSE_TESTS_SERVER_CONNECTORS_SAML_VERIFICATION_TEST_CASE_H_
#define GATEHOUSE_TESTS_SERVER_CONNECTORS_SAML_VERIFICATION_TEST_CASE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "server/connectors/saml_connector.h"
#include "server/connectors/saml_xmlsec_connector.h"
#include "tests/server/connectors/saml_test_idp.h"

namespace gatehouse {

// GoogleTest prints failures by name.
inline void PrintTo(ConnectionTestFailure failure, std::ostream* out) {
  *out << std::string(Name(failure));
}

class SamlVerificationTestCase : public ::testing::Test {
 protected:
  // Keys are slow to make, and nothing of a test stays in them.
  static const TestIdp& Idp() {
    static const TestIdp* const idp = new TestIdp(TestIdp::Create());
    return *idp;
  }
  // Says that it is the same IdP, with a key of its own.
  static const TestIdp& Attacker() {
    static const TestIdp* const idp = new TestIdp(TestIdp::Create());
    return *idp;
  }
  static const KeyPair& SpKeys() {
    static const KeyPair* const keys =
        new KeyPair(*GenerateKeyPair("gatehouse.example", SamlAnswer().now));
    return *keys;
  }

  SamlVerificationTestCase() {
    expectations_.settings = Idp().Settings();
    expectations_.settings.sp_certificate = SpKeys().certificate_pem;
    expectations_.sp_private_key_pem = SpKeys().private_key_pem;
    expectations_.request_id = SamlAnswer().in_response_to;
    expectations_.now = SamlAnswer().now;
  }

  // `saml_response` is base64.
  SamlOutcome Verify(const std::string& saml_response) {
    absl::StatusOr<SamlOutcome> outcome = connector_->VerifyResponse(
        saml_response, expectations_, [this](absl::string_view id) -> absl::StatusOr<bool> {
          asked_.insert(std::string(id));
          return used_.count(std::string(id)) > 0;
        });
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    if (!outcome.ok()) return {};
    EXPECT_EQ(outcome->detail.empty(), outcome->failure == ConnectionTestFailure::kNone);
    EXPECT_LT(outcome->detail.size(), 2000u);
    EXPECT_TRUE(outcome->failure == ConnectionTestFailure::kNone || outcome->email.empty());
    return *std::move(outcome);
  }
  SamlOutcome VerifyXml(const std::string& xml) { return Verify(absl::Base64Escape(xml)); }
  SamlOutcome Verify(const SamlAnswer& answer) { return Verify(Idp().Respond(answer)); }

  void ExpectPassed(const SamlOutcome& outcome, const std::string& email = SamlAnswer().email) {
    EXPECT_EQ(outcome.failure, ConnectionTestFailure::kNone) << outcome.detail;
    EXPECT_EQ(outcome.email, email);
  }
  void ExpectRefused(const SamlOutcome& outcome, ConnectionTestFailure failure,
                     const std::string& detail = "") {
    EXPECT_EQ(outcome.failure, failure) << outcome.detail;
    EXPECT_THAT(outcome.detail, ::testing::HasSubstr(detail));
  }

  std::unique_ptr<SamlConnector> connector_ = NewXmlsecSamlConnector();
  SamlExpectations expectations_;
  std::set<std::string> used_;   // assertion ids that are replays
  std::set<std::string> asked_;  // assertion ids that were looked up
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_SERVER_CONNECTORS_SAML_VERIFICATION_TEST_CASE_H_
