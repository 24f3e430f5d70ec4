#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "server/connectors/saml_connector.h"
#include "server/connectors/saml_xmlsec_connector.h"
#include "server/connectors/xml_document.h"
#include "tests/server/connectors/saml_test_idp.h"

namespace gatehouse {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const TestIdp& Idp() {
  static const TestIdp* const idp = new TestIdp(TestIdp::Create());
  return *idp;
}

const TestIdp& NextIdp() {
  static const TestIdp* const idp = new TestIdp(TestIdp::Create());
  return *idp;
}

std::string Between(const std::string& text, const std::string& begin, const std::string& end) {
  const size_t from = text.find(begin);
  return text.substr(from, text.find(end, from) + end.size() - from);
}

std::string KeyDescriptorOf(const TestIdp& idp) {
  return Between(idp.MetadataXml(), "<md:KeyDescriptor", "</md:KeyDescriptor>");
}

std::string Edited(const std::string& from, const std::string& to) {
  std::string xml = Idp().MetadataXml();
  Replacing(from, to)(xml);
  return xml;
}

absl::StatusOr<SamlIdpMetadata> Parse(const std::string& xml) {
  return NewXmlsecSamlConnector()->ParseIdpMetadata("idp_metadata_xml", xml);
}

void ExpectRefused(const std::string& xml, const std::string& problem) {
  const absl::Status status = Parse(xml).status();
  ASSERT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << xml.substr(0, 500);
  EXPECT_EQ(ReasonOf(status), reason::kInvalidField);
  EXPECT_THAT(std::string(status.message()), HasSubstr("idp_metadata_xml"));
  EXPECT_THAT(std::string(status.message()), HasSubstr(problem));
}

TEST(SamlIdpMetadata, GivesWhatAProfileNeeds) {
  const absl::StatusOr<SamlIdpMetadata> metadata = Parse(Idp().MetadataXml());
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_EQ(metadata->entity_id, Idp().entity_id());
  EXPECT_EQ(metadata->sso_url, Idp().sso_url());
  EXPECT_THAT(metadata->certificates, ElementsAre(Idp().certificate_pem()));
}

TEST(SamlIdpMetadata, MayBePastedWithBlanksAndADeclaration) {
  for (const char* prefix : {"\n\n  ", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
                             " <?xml version=\"1.0\"?><!-- ours -->", "\xEF\xBB\xBF"}) {
    EXPECT_TRUE(Parse(prefix + Idp().MetadataXml() + "\n").ok()) << prefix;
  }
}

TEST(SamlIdpMetadata, MayHoldSeveralKeysDuringARollover) {
  const std::string next = KeyDescriptorOf(NextIdp());
  const absl::StatusOr<SamlIdpMetadata> metadata =
      Parse(Edited("<md:SingleSignOnService", absl::StrCat(next, next, "<md:SingleSignOnService")));
  ASSERT_TRUE(metadata.ok()) << metadata.status();
  EXPECT_THAT(metadata->certificates,
              ElementsAre(Idp().certificate_pem(), NextIdp().certificate_pem()))
      << "each once";
}

TEST(SamlIdpMetadata, TakesKeysOfNoStatedUseButNoneForEncryption) {
  EXPECT_TRUE(Parse(Edited(" use=\"signing\"", "")).ok());
  ExpectRefused(Edited("use=\"signing\"", "use=\"encryption\""), "no usable signing certificate");
  std::string encryption = KeyDescriptorOf(NextIdp());
  Replacing("use=\"signing\"", "use=\"encryption\"")(encryption);
  EXPECT_THAT(Parse(Edited("<md:SingleSignOnService", encryption + "<md:SingleSignOnService"))
                  ->certificates,
              ElementsAre(Idp().certificate_pem()));
}

// What follows the first certificate is its chain: trusting it would let the
// CA sign people in.
TEST(SamlIdpMetadata, TakesOnlyTheFirstCertificateOfAKey) {
  const std::string chain =
      Between(NextIdp().MetadataXml(), "<ds:X509Certificate>", "</ds:X509Certificate>");
  EXPECT_THAT(Parse(Edited("</ds:X509Data>", chain + "</ds:X509Data>"))->certificates,
              ElementsAre(Idp().certificate_pem()));
}

TEST(SamlIdpMetadata, SkipsUnusableKeysIfAnotherIsUsable) {
  const std::string body =
      Between(Idp().MetadataXml(), "<ds:X509Certificate>", "</ds:X509Certificate>");
  std::string broken = KeyDescriptorOf(Idp());
  Replacing(body, "<ds:X509Certificate>AAAA</ds:X509Certificate>")(broken);
  EXPECT_THAT(
      Parse(Edited("<md:SingleSignOnService", broken + "<md:SingleSignOnService"))->certificates,
      ElementsAre(Idp().certificate_pem()));
  ExpectRefused(Edited(body, "<ds:X509Certificate>AAAA</ds:X509Certificate>"),
                "no usable signing certificate");
  ExpectRefused(Edited(body, ""), "no usable signing certificate");
}

TEST(SamlIdpMetadata, RefusesMoreKeysThanAProfileHolds) {
  std::string keys;
  for (int i = 0; i < kMaxCertificates; ++i) keys += KeyDescriptorOf(TestIdp::CreateWithEcKey());
  ExpectRefused(Edited("<md:SingleSignOnService", keys + "<md:SingleSignOnService"),
                "11 signing certificates");
}

TEST(SamlIdpMetadata, PicksTheRedirectBinding) {
  const std::string post =
      "<md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST\" "
      "Location=\"https://idp.acme.example/post\"/>";
  EXPECT_EQ(Parse(Edited("<md:SingleSignOnService", post + "<md:SingleSignOnService"))->sso_url,
            Idp().sso_url());
  ExpectRefused(Edited("HTTP-Redirect", "HTTP-POST"), "HTTP-Redirect");
  ExpectRefused(Edited("Location=", "Place="), "HTTP-Redirect");
}

TEST(SamlIdpMetadata, MayStandInAListOfOne) {
  const std::string list =
      absl::StrCat("<md:EntitiesDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\">",
                   Idp().MetadataXml(), "</md:EntitiesDescriptor>");
  EXPECT_EQ(Parse(list)->entity_id, Idp().entity_id());
}

TEST(SamlIdpMetadata, RefusesWhatIsNotOneIdp) {
  ExpectRefused(absl::StrCat("<e>", Idp().MetadataXml(), NextIdp().MetadataXml(), "</e>"),
                "2 IDPSSODescriptor");
  ExpectRefused(Edited("IDPSSODescriptor", "SPSSODescriptor"), "0 IDPSSODescriptor");
  ExpectRefused(Edited("SAML:2.0:protocol", "SAML:1.1:protocol"), "0 IDPSSODescriptor");
  ExpectRefused(Edited(" entityID=", " name="), "entityID");
  ExpectRefused(Edited("urn:oasis:names:tc:SAML:2.0:metadata", "urn:other"), "0 IDPSSODescriptor");
}

TEST(SamlIdpMetadata, RefusesHostileOrBrokenXml) {
  for (const std::string& xml :
       {std::string(), std::string("https://idp.acme.example/metadata"), std::string("<a>"),
        std::string("\0<a/>", 5), std::string("<html><body><p>Sign in</body></html>")}) {
    ExpectRefused(xml, "not well-formed");
  }
  ExpectRefused("<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>" + Idp().MetadataXml(),
                "document type");
  ExpectRefused(Edited("entityID=\"", "entityID=\"&a;"), "entity");
  ExpectRefused(Idp().MetadataXml() + std::string(1024 * 1024, ' '), "at most 1048576");
}

TEST(SamlServiceProviderMetadata, SaysWhatAnIdpNeedsToKnow) {
  SamlSettings settings = Idp().Settings();
  settings.sp_certificate = NextIdp().certificate_pem();
  settings.sp_entity_id = "https://gatehouse.example/saml?o=acme&p=okta";
  const absl::StatusOr<std::string> xml =
      NewXmlsecSamlConnector()->ServiceProviderMetadata(settings);
  ASSERT_TRUE(xml.ok()) << xml.status();
  const SamlResult<XmlDocument> document = ParseXml(*xml, 100000);
  ASSERT_TRUE(document.ok()) << document.status().detail;

  const xmlNode* entity = RootOf(*document);
  const std::string ns = "urn:oasis:names:tc:SAML:2.0:metadata";
  ASSERT_TRUE(IsElement(entity, ns, "EntityDescriptor"));
  EXPECT_EQ(AttributeOf(entity, "entityID"), settings.sp_entity_id);
  const xmlNode* descriptor = FirstChild(entity, ns, "SPSSODescriptor");
  ASSERT_NE(descriptor, nullptr);
  EXPECT_EQ(AttributeOf(descriptor, "WantAssertionsSigned"), "true");
  EXPECT_EQ(AttributeOf(descriptor, "AuthnRequestsSigned"), "false");
  const xmlNode* acs = FirstChild(descriptor, ns, "AssertionConsumerService");
  ASSERT_NE(acs, nullptr);
  EXPECT_EQ(AttributeOf(acs, "Location"), settings.acs_url);
  EXPECT_EQ(AttributeOf(acs, "Binding"), "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST");
  const xmlNode* key = FirstChild(descriptor, ns, "KeyDescriptor");
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(AttributeOf(key, "use"), "encryption");
  EXPECT_EQ(ParseCertificate("", TrimmedTextOf(key).substr(0, TrimmedTextOf(key).find('\n')))->pem,
            settings.sp_certificate);
}

TEST(SamlServiceProviderMetadata, RefusesWhatCannotStandInTheXml) {
  SamlSettings settings = Idp().Settings();
  settings.sp_certificate = NextIdp().certificate_pem();
  const auto code = [&](std::string SamlSettings::*field, const std::string& value) {
    SamlSettings changed = settings;
    changed.*field = value;
    return NewXmlsecSamlConnector()->ServiceProviderMetadata(changed).status().code();
  };
  EXPECT_EQ(code(&SamlSettings::sp_entity_id, "a\nb"), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(&SamlSettings::acs_url, ""), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(&SamlSettings::sp_certificate, ""), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(code(&SamlSettings::acs_url, "https://gatehouse.example/acs"), absl::StatusCode::kOk);
}

}  // namespace
}  // namespace gatehouse
