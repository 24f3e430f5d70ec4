// Attacks on the signature of a response. Each starts from a response that the
// IdP really signed, or from a key that the attacker really has.
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/server/connectors/saml_verification_test_case.h"

namespace gatehouse {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Failure = ConnectionTestFailure;

// The first element `name` in `xml`, from its start tag to its end tag.
std::string Element(const std::string& xml, const std::string& name) {
  const size_t begin = xml.find("<" + name);
  const std::string end_tag = absl::StrCat("</", name, ">");
  return xml.substr(begin, xml.find(end_tag, begin) + end_tag.size() - begin);
}

std::string Without(const std::string& xml, const std::string& part) {
  return absl::StrReplaceAll(xml, {{part, ""}});
}

class SamlAttack : public SamlVerificationTestCase {
 protected:
  SamlOutcome VerifyTampered(const std::string& from, const std::string& to,
                             Signed sign = Signed::kAssertion) {
    SamlAnswer answer;
    answer.sign = sign;
    answer.edit_after_signing = Replacing(from, to);
    return Verify(answer);
  }
  static SamlAnswer With(const SignatureOptions& signature) {
    SamlAnswer answer;
    answer.signature = signature;
    return answer;
  }
};

TEST_F(SamlAttack, ByTamperingWithAnythingSigned) {
  const std::pair<std::string, std::string> edits[] = {
      {"alice@acme.example", "admin@acme.example"},
      {"alice@acme.example", "<![CDATA[admin@acme.example]]>"},
      {"Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"", "Method=\"x\""},
      {"12:05:00", "23:05:00"},
      {"<saml:Conditions", "<saml:Advice/><saml:Conditions"},
      {"<saml:Subject>", "<saml:Subject>&#32;"},
      {"<saml:Audience>", "<saml:Audience xmlns:x=\"urn:x\" x:y=\"\">"},
  };
  for (const auto& [from, to] : edits) {
    for (const Signed sign : {Signed::kAssertion, Signed::kResponse, Signed::kBoth}) {
      ExpectRefused(VerifyTampered(from, to, sign), Failure::kSignatureInvalid, "digest differs");
    }
  }
  ExpectRefused(VerifyTampered("Destination=", "Consent=\"x\" Destination=", Signed::kBoth),
                Failure::kSignatureInvalid);
}

TEST_F(SamlAttack, ByTamperingWithTheSignature) {
  ExpectRefused(VerifyTampered("<ds:DigestValue>", "<ds:DigestValue>A"),
                Failure::kSignatureInvalid);
  ExpectRefused(VerifyTampered("<ds:SignatureValue>", "<ds:SignatureValue>AAAA"),
                Failure::kSignatureInvalid, "not made by its key");
  ExpectRefused(VerifyTampered("<ds:SignatureValue>", "<ds:SignatureValue>%"),
                Failure::kSignatureInvalid);
  ExpectRefused(VerifyTampered("rsa-sha256", "rsa-sha512"), Failure::kSignatureInvalid);
}

TEST_F(SamlAttack, ByTakingTheSignatureAway) {
  SamlAnswer answer;
  answer.edit_after_signing = [](std::string& xml) {
    xml = Without(xml, Element(xml, "ds:Signature"));
  };
  ExpectRefused(Verify(answer), Failure::kUnsigned);
  answer.sign = Signed::kResponse;
  ExpectRefused(Verify(answer), Failure::kUnsigned);
  answer.edit_after_signing = nullptr;
  answer.sign = Signed::kNothing;
  ExpectRefused(Verify(answer), Failure::kUnsigned);
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(SamlAttack, ByAnEmptySignature) {
  SamlAnswer answer;
  answer.edit_after_signing = [](std::string& xml) {
    xml = absl::StrReplaceAll(
        xml, {{Element(xml, "ds:Signature"),
               "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>"}});
  };
  ExpectRefused(Verify(answer), Failure::kSignatureStructure);
  answer.edit_after_signing = [](std::string& xml) {
    xml = Without(xml, Element(xml, "ds:Reference"));
  };
  ExpectRefused(Verify(answer), Failure::kSignatureStructure, "exactly one Reference");
  answer.edit_after_signing = [](std::string& xml) {
    xml = absl::StrReplaceAll(xml, {{Element(xml, "ds:SignatureValue"), "<ds:SignatureValue/>"}});
  };
  ExpectRefused(Verify(answer), Failure::kSignatureInvalid);
}

TEST_F(SamlAttack, BySigningWithAKeyOfOnesOwn) {
  const SamlOutcome outcome = Verify(Attacker().Respond({}));
  ExpectRefused(outcome, Failure::kWrongCertificate, "CN=idp.acme.example");
  for (const TestIdp* idp : {&Idp(), &Attacker()}) {
    EXPECT_THAT(outcome.detail,
                HasSubstr(ParseCertificate("", idp->certificate_pem())->sha256_fingerprint));
  }
  SamlAnswer answer;
  answer.signature.key_info = false;
  ExpectRefused(Verify(Attacker().Respond(answer)), Failure::kWrongCertificate);
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(SamlAttack, BySigningWithAKeyOfOnesOwnUnderTheIdpsCertificate) {
  SamlAnswer answer;
  answer.edit_after_signing = [](std::string& xml) {
    xml = absl::StrReplaceAll(
        xml, {{Element(xml, "ds:KeyInfo"), Element(Idp().RespondXml({}), "ds:KeyInfo")}});
  };
  ExpectRefused(Verify(Attacker().Respond(answer)), Failure::kSignatureInvalid);
}

TEST_F(SamlAttack, BySigningWithAKeyOfAnotherKind) {
  SignatureOptions ec;
  ec.method = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";
  ExpectRefused(Verify(TestIdp::CreateWithEcKey().Respond(With(ec))), Failure::kWrongCertificate);
}

// Each signature that there is must hold, though one would be enough.
TEST_F(SamlAttack, ByMixingTrueAndForeignSignatures) {
  for (const bool foreign_inside : {true, false}) {
    const TestIdp& inner_idp = foreign_inside ? Attacker() : Idp();
    const std::string assertion = Element(inner_idp.RespondXml({}), "saml:Assertion");
    SamlAnswer outer;
    outer.sign = Signed::kResponse;
    outer.edit_before_signing = [&](std::string& xml) {
      xml = absl::StrReplaceAll(xml, {{Element(xml, "saml:Assertion"), assertion}});
    };
    const TestIdp& outer_idp = foreign_inside ? Idp() : Attacker();
    ExpectRefused(Verify(outer_idp.Respond(outer)), Failure::kWrongCertificate);
    if (!foreign_inside) ExpectPassed(Verify(Idp().Respond(outer)));
  }
}

TEST_F(SamlAttack, ByTheIdpsPublicKeyAsAnHmacSecret) {
  for (const char* method : {"http://www.w3.org/2001/04/xmldsig-more#hmac-sha256",
                             "http://www.w3.org/2000/09/xmldsig#hmac-sha1"}) {
    for (const bool key_info : {true, false}) {
      SignatureOptions hmac;
      hmac.method = method;
      hmac.hmac_secret = Idp().certificate_pem();
      hmac.key_info = key_info;
      ExpectRefused(Verify(With(hmac)), Failure::kAlgorithmForbidden, method);
    }
  }
}

TEST_F(SamlAttack, ByWeakAlgorithms) {
  SignatureOptions sha1_signature;
  sha1_signature.method = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
  ExpectRefused(Verify(With(sha1_signature)), Failure::kAlgorithmForbidden, "rsa-sha1");
  SignatureOptions sha1_digest;
  sha1_digest.digest = "http://www.w3.org/2000/09/xmldsig#sha1";
  ExpectRefused(Verify(With(sha1_digest)), Failure::kAlgorithmForbidden, "#sha1");
  SignatureOptions inclusive;
  inclusive.canonicalization = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
  ExpectRefused(Verify(With(inclusive)), Failure::kAlgorithmForbidden, "REC-xml-c14n");

  ExpectRefused(VerifyTampered("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "none"),
                Failure::kAlgorithmForbidden, "\"none\"");
  ExpectRefused(VerifyTampered(" Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"", ""),
                Failure::kAlgorithmForbidden, "nothing");
}

// A transform can leave out of the digest whatever the attacker changes.
TEST_F(SamlAttack, ByTransforms) {
  const std::string enveloped =
      "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>";
  const std::string c14n = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
  const std::string xpath =
      "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\"><ds:XPath>"
      "not(ancestor-or-self::*[local-name()='Subject'])</ds:XPath></ds:Transform>";
  for (const std::string& transforms :
       {enveloped + xpath + c14n, enveloped + xpath, xpath + c14n, enveloped + c14n + c14n}) {
    SignatureOptions options;
    options.transforms = transforms;
    ExpectRefused(Verify(With(options)), Failure::kAlgorithmForbidden, "transform");
  }
  const std::string xslt =
      "<ds:Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xslt-19991116\">"
      "<xsl:stylesheet xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\" version=\"1.0\">"
      "<xsl:template match=\"/\"><xsl:value-of select=\"document('/etc/passwd')\"/>"
      "</xsl:template></xsl:stylesheet></ds:Transform>";
  const std::string base64 =
      "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#base64\"/>";
  for (const std::string& replacement :
       {xslt, base64, std::string(), c14n + xslt, c14n + base64, c14n + enveloped,
        std::string("<ds:XPath/>"), std::string("<ds:Transform/>")}) {
    ExpectRefused(VerifyTampered(c14n, replacement), Failure::kAlgorithmForbidden);
  }
  const std::string dressed =
      "<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\">"
      "<ds:XPath>/</ds:XPath></ds:Transform>";
  ExpectRefused(VerifyTampered(enveloped, dressed), Failure::kAlgorithmForbidden);
}

TEST_F(SamlAttack, ByReferencesToSomethingElse) {
  SignatureOptions whole_document;
  whole_document.reference_uri = "";
  SamlAnswer answer = With(whole_document);
  answer.sign = Signed::kResponse;
  ExpectRefused(Verify(answer), Failure::kSignatureStructure, "not to its parent");

  for (const char* uri :
       {"URI=\"file:///etc/passwd\"", "URI=\"http://127.0.0.1:9/\"", "URI=\"_assertion\"",
        "URI=\"#_response\"", "URI=\"#\"", "", "URI=\"#xpointer(id('_assertion'))\"",
        "URI=\"#xpointer(/)\"", "URI=\"https://gatehouse.example/#_assertion\""}) {
    ExpectRefused(VerifyTampered("URI=\"#_assertion\"", uri), Failure::kSignatureStructure);
  }
}

TEST_F(SamlAttack, ByAnIdThatBreaksOutOfTheReference) {
  SamlAnswer answer;
  for (const char* id : {"_a') or id('_response", "1a", "a b", "a:b", "a/b"}) {
    answer.assertion_id = id;
    answer.signature.reference_uri = "";
    answer.edit_after_signing = Replacing("URI=\"\"", absl::StrCat("URI=\"#", id, "\""));
    ExpectRefused(Verify(answer), Failure::kSignatureStructure, "NCName");
  }
}

TEST_F(SamlAttack, ByExtraContentInTheSignature) {
  const std::pair<std::string, std::string> edits[] = {
      {"</ds:Signature>", "<ds:Object/></ds:Signature>"},
      {"</ds:Signature>", "<ds:KeyInfo/></ds:Signature>"},
      {"</ds:Signature>", "<x/></ds:Signature>"},
      {"<ds:SignedInfo>", "<ds:SignedInfo><x/>"},
      {"</ds:SignedInfo>", "<ds:Reference URI=\"\"/></ds:SignedInfo>"},
      {"</ds:Reference>", "<ds:Manifest/></ds:Reference>"},
      {"</ds:SignatureValue>", "</ds:SignatureValue><ds:SignatureValue/>"},
  };
  for (const auto& [from, to] : edits) {
    ExpectRefused(VerifyTampered(from, to), Failure::kSignatureStructure);
  }
}

TEST_F(SamlAttack, ByTwoSignaturesOfOneElement) {
  for (const Signed sign : {Signed::kAssertion, Signed::kResponse}) {
    SamlAnswer answer;
    answer.sign = sign;
    answer.edit_after_signing = [](std::string& xml) {
      const std::string signature = Element(xml, "ds:Signature");
      xml = absl::StrReplaceAll(xml, {{signature, signature + signature}});
    };
    ExpectRefused(Verify(answer), Failure::kSignatureStructure, "2 signatures");
  }
}

TEST_F(SamlAttack, ByIdsThatOccurTwice) {
  for (const char* id : {"ID", "Id", "id", "iD", "xml:id"}) {
    SamlAnswer answer;
    answer.sign = Signed::kResponse;
    answer.edit_after_signing =
        Replacing("<saml:Subject>", absl::StrCat("<saml:Subject ", id, "=\"_response\">"));
    ExpectRefused(Verify(answer), Failure::kSignatureStructure, "more than once");
  }
}

// Signature wrapping, in the numbering of Somorovsky et al. (2012). The evil
// copy is read by whoever looks for "the" assertion, and the original, moved
// away, still fits the signature.
class SamlWrapping : public SamlAttack, public ::testing::WithParamInterface<bool> {
 protected:
  // Whether the copy keeps the ID of the original.
  bool SameId() const { return GetParam(); }

  std::string Evil(const std::string& original) const {
    return absl::StrReplaceAll(
        original, {{"alice@", "admin@"},
                   {"ID=\"_response\"", SameId() ? "ID=\"_response\"" : "ID=\"_evil1\""},
                   {"ID=\"_assertion\"", SameId() ? "ID=\"_assertion\"" : "ID=\"_evil2\""}});
  }
  void ExpectWrapped(const std::string& xml) {
    ASSERT_THAT(xml, HasSubstr("admin@"));
    ASSERT_THAT(xml, HasSubstr("alice@"));
    const SamlOutcome outcome = VerifyXml(xml);
    EXPECT_THAT(outcome.failure, AnyOf(Failure::kSignatureStructure, Failure::kNoAssertion))
        << outcome.detail;
    EXPECT_THAT(asked_, IsEmpty());
  }
  static std::string SignedResponse() {
    SamlAnswer answer;
    answer.sign = Signed::kResponse;
    return Idp().RespondXml(answer);
  }
};

INSTANTIATE_TEST_SUITE_P(Ids, SamlWrapping, ::testing::Values(false, true));

TEST_P(SamlWrapping, Xsw1PutsTheOriginalResponseIntoTheSignature) {
  const std::string original = SignedResponse();
  const std::string signature = Element(original, "ds:Signature");
  const std::string bare = Without(original, signature);
  ExpectWrapped(absl::StrReplaceAll(
      Evil(bare),
      {{"<samlp:Status>", absl::StrCat(absl::StrReplaceAll(signature, {{"</ds:Signature>",
                                                                        bare + "</ds:Signature>"}}),
                                       "<samlp:Status>")}}));
}

TEST_P(SamlWrapping, Xsw2PutsTheOriginalResponseBesideTheSignature) {
  const std::string original = SignedResponse();
  const std::string signature = Element(original, "ds:Signature");
  const std::string bare = Without(original, signature);
  ExpectWrapped(absl::StrReplaceAll(
      Evil(bare), {{"<samlp:Status>", absl::StrCat(bare, signature, "<samlp:Status>")}}));
}

TEST_P(SamlWrapping, Xsw3PutsTheCopyBeforeTheOriginalAssertion) {
  const std::string xml = Idp().RespondXml({});
  const std::string assertion = Element(xml, "saml:Assertion");
  const std::string evil = Evil(Without(assertion, Element(assertion, "ds:Signature")));
  ExpectWrapped(absl::StrReplaceAll(xml, {{assertion, evil + assertion}}));
  ExpectWrapped(absl::StrReplaceAll(xml, {{assertion, assertion + evil}}));
}

TEST_P(SamlWrapping, Xsw4PutsTheOriginalIntoTheCopy) {
  const std::string xml = Idp().RespondXml({});
  const std::string assertion = Element(xml, "saml:Assertion");
  const std::string evil = Evil(Without(assertion, Element(assertion, "ds:Signature")));
  ExpectWrapped(absl::StrReplaceAll(
      xml, {{assertion, absl::StrReplaceAll(
                            evil, {{"</saml:Assertion>", assertion + "</saml:Assertion>"}})}}));
}

TEST_P(SamlWrapping, Xsw5GivesTheSignatureToTheCopy) {
  const std::string xml = Idp().RespondXml({});
  const std::string assertion = Element(xml, "saml:Assertion");
  const std::string bare = Without(assertion, Element(assertion, "ds:Signature"));
  ExpectWrapped(absl::StrReplaceAll(xml, {{assertion, Evil(assertion) + bare}}));
}

TEST_P(SamlWrapping, Xsw6GivesTheSignatureWithTheOriginalInsideToTheCopy) {
  const std::string xml = Idp().RespondXml({});
  const std::string assertion = Element(xml, "saml:Assertion");
  const std::string bare = Without(assertion, Element(assertion, "ds:Signature"));
  ExpectWrapped(absl::StrReplaceAll(
      xml, {{assertion, absl::StrReplaceAll(Evil(assertion),
                                            {{"</ds:Signature>", bare + "</ds:Signature>"}})}}));
}

TEST_P(SamlWrapping, Xsw7PutsTheCopyIntoAnExtension) {
  const std::string xml = Idp().RespondXml({});
  const std::string evil = Evil(Element(xml, "saml:Assertion"));
  ExpectWrapped(absl::StrReplaceAll(
      xml, {{"<samlp:Status>",
             absl::StrCat("<samlp:Extensions>", Without(evil, Element(evil, "ds:Signature")),
                          "</samlp:Extensions><samlp:Status>")}}));
}

TEST_P(SamlWrapping, Xsw8PutsTheOriginalIntoAnObjectOfTheSignature) {
  const std::string xml = Idp().RespondXml({});
  const std::string assertion = Element(xml, "saml:Assertion");
  const std::string bare = Without(assertion, Element(assertion, "ds:Signature"));
  ExpectWrapped(absl::StrReplaceAll(
      xml, {{assertion, absl::StrReplaceAll(
                            Evil(assertion),
                            {{"</ds:Signature>", absl::StrCat("<ds:Object>", bare,
                                                              "</ds:Object></ds:Signature>")}})}}));
}

TEST_P(SamlWrapping, PutsTheCopyIntoTheAdviceOfASignedResponse) {
  SamlAnswer answer;
  answer.sign = Signed::kResponse;
  answer.edit_before_signing = [this](std::string& xml) {
    const std::string evil = Evil(Element(xml, "saml:Assertion"));
    xml = absl::StrReplaceAll(
        xml, {{"<saml:AuthnStatement",
               absl::StrCat("<saml:Advice>", evil, "</saml:Advice><saml:AuthnStatement")}});
  };
  ExpectWrapped(Idp().RespondXml(answer));
}

}  // namespace
}  // namespace gatehouse
