#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "server/connectors/saml_connector.h"
#include "server/connectors/saml_xmlsec_connector.h"
#include "tests/server/connectors/saml_test_idp.h"

namespace gatehouse {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class SamlAuthnRequest : public ::testing::Test {
 protected:
  SamlAuthnRequest() {
    settings_.idp_sso_url = "https://idp.acme.example/sso";
    settings_.sp_entity_id = "https://gatehouse.example/saml/acme";
    settings_.acs_url = "https://gatehouse.example/saml/acme/acs";
  }

  std::string Url(const std::string& relay_state = "") {
    absl::StatusOr<std::string> url =
        connector_->SignInUrl(settings_, "_r1", relay_state, SamlAnswer().now);
    EXPECT_TRUE(url.ok()) << url.status();
    return url.value_or("");
  }

  std::unique_ptr<SamlConnector> connector_ = NewXmlsecSamlConnector();
  SamlSettings settings_;
};

TEST_F(SamlAuthnRequest, SaysWhoAsksAndWhereTheAnswerGoes) {
  const SamlSignInRequest request = ReadSignInUrl(Url());
  EXPECT_EQ(request.url, settings_.idp_sso_url);
  EXPECT_EQ(request.id, "_r1");
  EXPECT_EQ(request.destination, settings_.idp_sso_url);
  EXPECT_EQ(request.acs_url, settings_.acs_url);
  EXPECT_EQ(request.sp_entity_id, settings_.sp_entity_id);
  EXPECT_EQ(request.relay_state, "");
  EXPECT_THAT(request.xml, HasSubstr("ForceAuthn=\"true\""));
  EXPECT_THAT(request.xml, HasSubstr("IssueInstant=\"2024-03-01T12:00:00Z\""));
  EXPECT_THAT(request.xml, HasSubstr("urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"));
}

TEST_F(SamlAuthnRequest, AsksForAnAddressAsNameIdUnlessAnAttributeCarriesIt) {
  EXPECT_THAT(ReadSignInUrl(Url()).xml, HasSubstr("nameid-format:emailAddress"));
  settings_.email_attribute = "mail";
  EXPECT_THAT(ReadSignInUrl(Url()).xml, Not(HasSubstr("NameIDPolicy")));
}

TEST_F(SamlAuthnRequest, KeepsTheQueryOfTheSignInUrl) {
  settings_.idp_sso_url = "https://idp.acme.example/sso?tenant=acme&v=2";
  EXPECT_THAT(Url(), StartsWith("https://idp.acme.example/sso?tenant=acme&v=2&SAMLRequest="));
  EXPECT_EQ(ReadSignInUrl(Url()).url, settings_.idp_sso_url);
  EXPECT_EQ(ReadSignInUrl(Url()).destination, settings_.idp_sso_url) << "escaped in the XML";
}

TEST_F(SamlAuthnRequest, DropsAFragmentWhichWouldSwallowTheRequest) {
  settings_.idp_sso_url = "https://idp.acme.example/sso#top";
  EXPECT_THAT(Url(), StartsWith("https://idp.acme.example/sso?SAMLRequest="));
}

TEST_F(SamlAuthnRequest, CarriesRelayStateEncodedUpTo80Bytes) {
  const std::string state = "a b&c=d/\xC3\xA9%";
  EXPECT_THAT(Url(state), HasSubstr("&RelayState=a%20b%26c%3Dd%2F%C3%A9%25"));
  EXPECT_EQ(ReadSignInUrl(Url(state)).relay_state, state);
  EXPECT_EQ(ReadSignInUrl(Url(std::string(80, 'x'))).relay_state, std::string(80, 'x'));
  const absl::Status status =
      connector_->SignInUrl(settings_, "_r1", std::string(81, 'x'), SamlAnswer().now).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("relay_state"));
}

TEST_F(SamlAuthnRequest, EncodesWhatBase64HasOfReservedCharacters) {
  const std::string url = Url();
  const std::string request = url.substr(url.find("SAMLRequest=") + 12);
  EXPECT_EQ(request.find_first_of("+/="), std::string::npos) << request;
}

TEST_F(SamlAuthnRequest, EscapesSettingsInTheXml) {
  settings_.sp_entity_id = "urn:a<b>&\"'";
  settings_.acs_url = "https://gatehouse.example/acs?a=1&b=\"";
  const SamlSignInRequest request = ReadSignInUrl(Url());
  EXPECT_EQ(request.sp_entity_id, settings_.sp_entity_id);
  EXPECT_EQ(request.acs_url, settings_.acs_url);
}

TEST_F(SamlAuthnRequest, RefusesWhatCannotStandInTheXml) {
  for (const std::string& id : {std::string(), std::string("1a"), std::string("a\"b"),
                                std::string("a\0b", 3), std::string("\xFF")}) {
    EXPECT_EQ(connector_->SignInUrl(settings_, id, "", SamlAnswer().now).status().code(),
              absl::StatusCode::kInvalidArgument)
        << id;
  }
  for (const std::string& value : {std::string(), std::string("a\nb"), std::string("a\0b", 3),
                                   std::string("\xC3\x28"), std::string("\x7F")}) {
    for (std::string SamlSettings::*field :
         {&SamlSettings::idp_sso_url, &SamlSettings::acs_url, &SamlSettings::sp_entity_id}) {
      SamlSettings settings = settings_;
      settings.*field = value;
      EXPECT_EQ(connector_->SignInUrl(settings, "_r1", "", SamlAnswer().now).status().code(),
                absl::StatusCode::kInvalidArgument);
    }
  }
}

}  // namespace
}  // namespace gatehouse
