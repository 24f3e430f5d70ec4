// Responses of well-behaved IdPs, and of badly configured ones: everything that
// is no attack. See saml_attacks_test.cc for those.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/server/connectors/saml_verification_test_case.h"

namespace gatehouse {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Failure = ConnectionTestFailure;

class SamlResponse : public SamlVerificationTestCase {};

TEST_F(SamlResponse, PassesWhateverPartIsSigned) {
  for (const Signed sign : {Signed::kAssertion, Signed::kResponse, Signed::kBoth}) {
    SamlAnswer answer;
    answer.sign = sign;
    const SamlOutcome outcome = Verify(answer);
    ExpectPassed(outcome);
    EXPECT_EQ(outcome.assertion_id, "_assertion");
    EXPECT_EQ(outcome.not_on_or_after, answer.now + answer.lifetime + absl::Minutes(2))
        << "the clock skew belongs to it";
  }
}

TEST_F(SamlResponse, PassesWithEachAllowedAlgorithm) {
  for (const char* size : {"256", "384", "512"}) {
    SamlAnswer answer;
    answer.signature.method = absl::StrCat("http://www.w3.org/2001/04/xmldsig-more#rsa-sha", size);
    answer.signature.digest = size == std::string("384")
                                  ? "http://www.w3.org/2001/04/xmldsig-more#sha384"
                                  : absl::StrCat("http://www.w3.org/2001/04/xmlenc#sha", size);
    ExpectPassed(Verify(answer));
  }
}

TEST_F(SamlResponse, PassesWithAnEllipticCurveKey) {
  const TestIdp idp = TestIdp::CreateWithEcKey();
  expectations_.settings.idp_certificates = {idp.certificate_pem()};
  SamlAnswer answer;
  for (const char* size : {"256", "384", "512"}) {
    answer.signature.method =
        absl::StrCat("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha", size);
    ExpectPassed(Verify(idp.Respond(answer)));
  }
}

TEST_F(SamlResponse, PassesWithCanonicalizationThatKeepsCommentsOrNamesPrefixes) {
  SamlAnswer answer;
  answer.signature.canonicalization = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments";
  answer.signature.transforms =
      "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>"
      "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#WithComments\">"
      "<ec:InclusiveNamespaces xmlns:ec=\"http://www.w3.org/2001/10/xml-exc-c14n#\" "
      "PrefixList=\"xs\"/></ds:Transform>";
  ExpectPassed(Verify(answer));
}

TEST_F(SamlResponse, PassesWithNoKeyInfo) {
  SamlAnswer answer;
  answer.signature.key_info = false;
  ExpectPassed(Verify(answer));
}

TEST_F(SamlResponse, PassesWithAnyCertificateOfTheProfileDuringARollover) {
  expectations_.settings.idp_certificates = {TestIdp::CreateWithEcKey().certificate_pem(),
                                             Attacker().certificate_pem(), Idp().certificate_pem()};
  ExpectPassed(Verify(Idp().Respond({})));
  ExpectPassed(Verify(Attacker().Respond({})));
  expectations_.settings.idp_certificates = {Idp().certificate_pem()};
  ExpectRefused(Verify(Attacker().Respond({})), Failure::kWrongCertificate);
}

TEST_F(SamlResponse, ReadsTheFormFieldWithLineBreaksAndAnXmlDeclaration) {
  const std::string xml = Idp().RespondXml({});
  for (const std::string& spelling :
       {"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + xml, "\xEF\xBB\xBF" + xml, xml + "\n"}) {
    ExpectPassed(VerifyXml(spelling));
  }
  std::string wrapped;
  for (const char c : absl::Base64Escape(xml)) {
    wrapped += c;
    if (wrapped.size() % 78 == 76) wrapped += "\r\n";
  }
  ExpectPassed(Verify(wrapped));
}

TEST_F(SamlResponse, ReadsTheAddressFromAnAttribute) {
  SamlAnswer answer;
  answer.email_attribute = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress";
  expectations_.settings.email_attribute = answer.email_attribute;
  ExpectPassed(Verify(answer));

  expectations_.settings.email_attribute = "mail";
  ExpectRefused(Verify(answer), Failure::kNoEmail, answer.email_attribute);
}

TEST_F(SamlResponse, ReturnsTheAddressExactlyAsSigned) {
  SamlAnswer answer;
  for (const char* email : {"Alice@ACME.example", " alice@acme.example ", "no address",
                            "J\xC3\xBCrgen@b\xC3\xBC"
                            "cher.example"}) {
    answer.email = email;
    ExpectPassed(Verify(answer), email);
  }
}

TEST_F(SamlResponse, TellsThatThereIsNoAddress) {
  expectations_.settings.email_attribute = "";
  const std::string name_id =
      "<saml:NameID Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\">"
      "alice@acme.example</saml:NameID>";
  for (const char* other :
       {"", "<saml:NameID/>", "<saml:NameID> \n </saml:NameID>",
        "<saml:EncryptedID><x/></saml:EncryptedID>",
        "<saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:transient\">_8c4</saml:"
        "NameID>"}) {
    SamlAnswer answer;
    answer.edit_before_signing = Replacing(name_id, other);
    ExpectRefused(Verify(answer), Failure::kNoEmail, "NameID");
  }
}

TEST_F(SamlResponse, RefusesAnAttributeWithoutExactlyOneValue) {
  expectations_.settings.email_attribute = "mail";
  const std::string value = "<saml:AttributeValue>alice@acme.example</saml:AttributeValue>";
  for (const std::string& values :
       {std::string(), std::string("<saml:AttributeValue/>"), value + value}) {
    SamlAnswer answer;
    answer.email_attribute = "mail";
    answer.edit_before_signing = Replacing(value, values);
    ExpectRefused(Verify(answer), Failure::kNoEmail, "\"mail\"");
  }
}

TEST_F(SamlResponse, TellsWhatTheIdpAnsweredInsteadOfSuccess) {
  SamlAnswer answer;
  answer.sign = Signed::kNothing;
  answer.edit_before_signing = Replacing(
      "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/>",
      "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Requester\"><samlp:StatusCode "
      "Value=\"urn:oasis:names:tc:SAML:2.0:status:InvalidNameIDPolicy\"/></samlp:StatusCode>"
      "<samlp:StatusMessage>AADSTS75011</samlp:StatusMessage>");
  const SamlOutcome outcome = Verify(answer);
  ExpectRefused(outcome, Failure::kIdpRefused, "status:Requester");
  EXPECT_THAT(outcome.detail, HasSubstr("status:InvalidNameIDPolicy"));
  EXPECT_THAT(outcome.detail, HasSubstr("AADSTS75011"));
}

TEST_F(SamlResponse, RefusesWhatIsNoResponse) {
  const std::string ns = "xmlns=\"urn:oasis:names:tc:SAML:2.0:protocol\"";
  const std::vector<std::string> messages = {
      "",
      " ",
      "response",
      "<",
      "<a/>",
      "<a></b>",
      "<a b=1/>",
      "<x:a/>",
      "{\"json\": true}",
      "<Response/>",
      absl::StrCat("<LogoutResponse ", ns, "/>"),
      absl::StrCat("<Response ", ns, " ID=\"_r\" Version=\"2.0\"/>"),
      absl::StrCat("<Response ", ns, " ID=\"_r\" Version=\"1.1\"/>"),
      absl::StrCat("<Response ", ns, " Version=\"2.0\"/>"),
      std::string("\xFF\xFE<\0a\0/\0>\0", 10),
      "<a>\xC3\x28</a>",
      std::string(1000, '\0'),
  };
  for (const std::string& message : messages) {
    ExpectRefused(VerifyXml(message), Failure::kMalformedResponse);
  }
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(SamlResponse, RefusesAPrefixThatIsNotDeclared) {
  SamlAnswer answer;
  answer.edit_after_signing = Replacing("<samlp:Status>", "<x:y/><samlp:Status>");
  ExpectRefused(Verify(answer), Failure::kMalformedResponse, "prefix x");
}

TEST_F(SamlResponse, RefusesWhatIsNoBase64AndSaysWhere) {
  ExpectRefused(Verify(std::string("PHNhbWw%2B")), Failure::kMalformedResponse,
                "\"%\" at offset 7");
  for (const char* text : {"PHNhbWw.", "PHNhb-_w", "====", "A", "AAAAA", "\x01"}) {
    ExpectRefused(Verify(std::string(text)), Failure::kMalformedResponse, "base64");
  }
}

TEST_F(SamlResponse, RefusesNoneOrSeveralAssertions) {
  SamlAnswer answer;
  answer.sign = Signed::kResponse;
  answer.edit_before_signing = [](std::string& xml) {
    const size_t begin = xml.find("<saml:Assertion");
    xml.erase(begin, xml.find("</saml:Assertion>") + 17 - begin);
  };
  ExpectRefused(Verify(answer), Failure::kNoAssertion);

  answer.edit_before_signing = [](std::string& xml) {
    const size_t begin = xml.find("<saml:Assertion");
    const size_t end = xml.find("</saml:Assertion>") + 17;
    xml.insert(end, absl::StrReplaceAll(xml.substr(begin, end - begin),
                                        {{"_assertion", "_second_assertion"}}));
  };
  ExpectRefused(Verify(answer), Failure::kNoAssertion, "2 assertions");
}

TEST_F(SamlResponse, RefusesAnAssertionThatIsNoProofOfSigningIn) {
  SamlAnswer answer;
  answer.edit_before_signing = [](std::string& xml) {
    const size_t begin = xml.find("<saml:AuthnStatement");
    xml.erase(begin, xml.find("</saml:AuthnStatement>") + 22 - begin);
  };
  ExpectRefused(Verify(answer), Failure::kNoAssertion, "AuthnStatement");
}

TEST_F(SamlResponse, RefusesAnAssertionThatIsNotSaml2) {
  const std::pair<std::string, std::string> edits[] = {
      {"ID=\"_assertion\" Version=\"2.0\"", "ID=\"_assertion\" Version=\"1.1\""},
      {"ID=\"_assertion\" Version=\"2.0\"", "ID=\"_assertion\""},
      {"Version=\"2.0\" IssueInstant=\"2024-03-01T12:00:00.000Z\"><saml:Issuer>",
       "Version=\"2.0\"><saml:Issuer>"},
      {"<saml:Issuer>https://idp.acme.example/metadata</saml:Issuer>", ""},
      {"IssueInstant=\"2024-03-01T12:00:00.000Z\"><saml:Issuer>",
       "IssueInstant=\"yesterday\"><saml:Issuer>"},
      {"<saml:AudienceRestriction>",
       "<saml:Condition xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
       "xsi:type=\"Unheard\"/><saml:AudienceRestriction>"},
  };
  for (const auto& [from, to] : edits) {
    SamlAnswer answer;
    answer.edit_before_signing = Replacing(from, to);
    ExpectRefused(Verify(answer), Failure::kMalformedResponse);
  }
}

TEST_F(SamlResponse, AsksForAReplayOnlyOnceTheSignatureHolds) {
  SamlAnswer answer;
  answer.sign = Signed::kNothing;
  Verify(answer);
  Verify(Attacker().Respond({}));
  EXPECT_THAT(asked_, IsEmpty());
  Verify(SamlAnswer());
  EXPECT_THAT(asked_, ElementsAre("_assertion"));
}

TEST_F(SamlResponse, RefusesAReplayBeforeAnythingElseIsJudged) {
  used_.insert("_assertion");
  SamlAnswer answer;
  answer.issuer = "https://other.example";
  answer.lifetime = -absl::Hours(1);
  const SamlOutcome outcome = Verify(answer);
  ExpectRefused(outcome, Failure::kReplayed, "\"_assertion\"");
  EXPECT_EQ(outcome.assertion_id, "_assertion");
}

TEST_F(SamlResponse, HandsOnAFailureToLookUpReplays) {
  const absl::StatusOr<SamlOutcome> outcome =
      connector_->VerifyResponse(Idp().Respond({}), expectations_,
                                 [](absl::string_view) { return absl::UnavailableError("store"); });
  EXPECT_EQ(outcome.status(), absl::UnavailableError("store"));
}

TEST_F(SamlResponse, ReportsABrokenProfileAsOurFailureNotTheIdps) {
  const auto never = [](absl::string_view) -> absl::StatusOr<bool> { return false; };
  SamlExpectations broken = expectations_;
  broken.settings.idp_certificates = {"-----BEGIN CERTIFICATE-----"};
  EXPECT_EQ(connector_->VerifyResponse(Idp().Respond({}), broken, never).status().code(),
            absl::StatusCode::kInternal);
  broken = expectations_;
  broken.sp_private_key_pem = "-----BEGIN PRIVATE KEY-----";
  SamlAnswer encrypted;
  encrypted.encryption.certificate = SpKeys().certificate_pem;
  EXPECT_EQ(connector_->VerifyResponse(Idp().Respond(encrypted), broken, never).status().code(),
            absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace gatehouse
