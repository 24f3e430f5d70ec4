#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/server/connectors/saml_verification_test_case.h"

namespace gatehouse {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Failure = ConnectionTestFailure;

const char kRsaOaep11[] = "http://www.w3.org/2009/xmlenc11#rsa-oaep";
const char kSha256[] = "http://www.w3.org/2001/04/xmlenc#sha256";

class SamlEncryption : public SamlVerificationTestCase {
 protected:
  // An answer whose assertion is encrypted for us.
  static SamlAnswer Encrypted() {
    SamlAnswer answer;
    answer.encryption.certificate = SpKeys().certificate_pem;
    return answer;
  }
};

TEST_F(SamlEncryption, DecryptsAnAssertionThatIsSignedInside) {
  const std::string xml = Idp().RespondXml(Encrypted());
  EXPECT_THAT(xml, Not(HasSubstr("alice"))) << "or the test shows nothing";
  const SamlOutcome outcome = VerifyXml(xml);
  ExpectPassed(outcome);
  EXPECT_EQ(outcome.assertion_id, "_assertion");
}

TEST_F(SamlEncryption, DecryptsInsideASignedResponse) {
  SamlAnswer answer = Encrypted();
  answer.sign = Signed::kBoth;
  ExpectPassed(Verify(answer));
  answer.edit_after_signing = Replacing("Destination=", "Consent=\"x\" Destination=");
  ExpectRefused(Verify(answer), Failure::kSignatureInvalid);
}

TEST_F(SamlEncryption, DecryptsWithEachAllowedAlgorithm) {
  for (const char* cipher :
       {"http://www.w3.org/2001/04/xmlenc#aes128-cbc",
        "http://www.w3.org/2001/04/xmlenc#aes256-cbc", "http://www.w3.org/2009/xmlenc11#aes128-gcm",
        "http://www.w3.org/2009/xmlenc11#aes256-gcm"}) {
    for (const char* transport : {"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", kRsaOaep11}) {
      for (const char* digest : {"", kSha256}) {
        SamlAnswer answer = Encrypted();
        answer.encryption.cipher = cipher;
        answer.encryption.key_transport = transport;
        answer.encryption.oaep_digest = digest;
        ExpectPassed(Verify(answer));
      }
    }
  }
}

TEST_F(SamlEncryption, FindsTheKeyBesideTheData) {
  SamlAnswer answer = Encrypted();
  answer.encryption.key_beside_data = true;
  ExpectPassed(Verify(answer));
}

TEST_F(SamlEncryption, FindsOurKeyAmongThoseOfOtherRecipients) {
  SamlAnswer other = Encrypted();
  other.encryption.certificate = Attacker().certificate_pem();
  const std::string other_xml = Idp().RespondXml(other);
  const size_t begin = other_xml.find("<xenc:EncryptedKey");
  const std::string end_tag = "</xenc:EncryptedKey>";
  const std::string other_key =
      other_xml.substr(begin, other_xml.find(end_tag) + end_tag.size() - begin);
  const auto with_other_keys = [&](int count) {
    SamlAnswer answer = Encrypted();
    answer.edit_after_signing = [&other_key, count](std::string& xml) {
      for (int i = 0; i < count; ++i) xml.insert(xml.find("<xenc:EncryptedKey"), other_key);
    };
    return answer;
  };
  ExpectPassed(Verify(with_other_keys(3)));
  ExpectRefused(Verify(with_other_keys(4)), Failure::kMalformedResponse, "5 encrypted keys");
}

TEST_F(SamlEncryption, TellsThatItWasForAnotherKey) {
  SamlAnswer answer = Encrypted();
  answer.encryption.certificate = Attacker().certificate_pem();
  ExpectRefused(Verify(answer), Failure::kDecryptionFailed, "another key");
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(SamlEncryption, TellsThatTheProfileHasNoKey) {
  expectations_.sp_private_key_pem = "";
  ExpectRefused(Verify(Encrypted()), Failure::kDecryptionFailed, "no key");
}

// Anybody can encrypt for a public key: that proves nothing about the sender.
TEST_F(SamlEncryption, RequiresASignatureInside) {
  for (const Signed sign : {Signed::kNothing, Signed::kResponse}) {
    SamlAnswer answer = Encrypted();
    answer.sign = sign;
    ExpectRefused(Verify(answer), Failure::kEncryptedWithoutSignature);
  }
  EXPECT_THAT(asked_, IsEmpty());
}

TEST_F(SamlEncryption, RequiresTheSignatureInsideToBeTheIdps) {
  ExpectRefused(Verify(Attacker().Respond(Encrypted())), Failure::kWrongCertificate);
  SamlAnswer tampered;
  tampered.edit_after_signing = Replacing("alice@", "admin@");
  const std::string assertion = Idp().RespondXml(tampered);
  SamlAnswer answer = Encrypted();
  answer.sign = Signed::kNothing;
  answer.edit_before_signing = [&](std::string& xml) { xml = assertion; };
  ExpectRefused(Verify(answer), Failure::kSignatureInvalid);
}

TEST_F(SamlEncryption, RefusesBrokenAlgorithms) {
  SamlAnswer rsa15 = Encrypted();
  rsa15.encryption.key_transport = "http://www.w3.org/2001/04/xmlenc#rsa-1_5";
  ExpectRefused(Verify(rsa15), Failure::kAlgorithmForbidden, "rsa-1_5");
  SamlAnswer triple_des = Encrypted();
  triple_des.encryption.cipher = "http://www.w3.org/2001/04/xmlenc#tripledes-cbc";
  ExpectRefused(Verify(triple_des), Failure::kAlgorithmForbidden, "tripledes-cbc");
  SamlAnswer digest = Encrypted();
  digest.encryption.oaep_digest = kSha256;
  digest.edit_after_signing =
      Replacing("DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"",
                "DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#md5\"");
  ExpectRefused(Verify(digest), Failure::kAlgorithmForbidden, "OAEP digest");
}

TEST_F(SamlEncryption, TellsOneReasonForEveryDamage) {
  const std::string xml = Idp().RespondXml(Encrypted());
  const std::string wrong_key_detail = [&] {
    SamlAnswer answer = Encrypted();
    answer.encryption.certificate = Attacker().certificate_pem();
    return Verify(answer).detail;
  }();
  // The last cipher value is the content: its blocks, one after the other.
  const size_t content = xml.rfind("<xenc:CipherValue>") + 18;
  for (size_t i = 0; i < 64; ++i) {
    std::string damaged = xml;
    char& c = damaged[content + i * 20];
    if (c == '\n') continue;
    c = c == 'A' ? 'B' : 'A';
    const SamlOutcome outcome = VerifyXml(damaged);
    EXPECT_NE(outcome.failure, Failure::kNone);
    if (outcome.failure == Failure::kDecryptionFailed) {
      EXPECT_EQ(outcome.detail, wrong_key_detail);
    }
  }
}

TEST_F(SamlEncryption, NoticesEveryDamageToAuthenticatedContent) {
  SamlAnswer answer = Encrypted();
  answer.encryption.cipher = "http://www.w3.org/2009/xmlenc11#aes256-gcm";
  const std::string xml = Idp().RespondXml(answer);
  const size_t begin = xml.rfind("<xenc:CipherValue>") + 18;
  const size_t end = xml.rfind("</xenc:CipherValue>");
  for (size_t i = begin; i < end; i += 29) {
    std::string damaged = xml;
    if (damaged[i] == '\n' || damaged[i] == '=') continue;
    damaged[i] = damaged[i] == 'A' ? 'B' : 'A';
    ExpectRefused(VerifyXml(damaged), Failure::kDecryptionFailed);
  }
}

TEST_F(SamlEncryption, RefusesIncompleteEncryption) {
  const std::pair<std::string, std::string> edits[] = {
      {"xenc:EncryptedData", "xenc:Data"},
      {"xenc:EncryptedKey", "xenc:Key"},
      {"xenc:CipherValue", "xenc:Value"},
      {"<xenc:CipherValue>", "<xenc:CipherValue>%"},
  };
  for (const auto& [from, to] : edits) {
    SamlAnswer answer = Encrypted();
    answer.edit_after_signing = Replacing(from, to);
    ExpectRefused(Verify(answer), Failure::kMalformedResponse);
  }
  for (const char* cipher : {"http://www.w3.org/2001/04/xmlenc#aes256-cbc",
                             "http://www.w3.org/2009/xmlenc11#aes256-gcm"}) {
    for (const char* content : {"", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}) {
      SamlAnswer answer = Encrypted();
      answer.encryption.cipher = cipher;
      answer.edit_after_signing = [&](std::string& xml) {
        const size_t begin = xml.rfind("<xenc:CipherValue>") + 18;
        xml.replace(begin, xml.rfind("</xenc:CipherValue>") - begin, content);
      };
      ExpectRefused(Verify(answer), Failure::kDecryptionFailed);
    }
  }
}

TEST_F(SamlEncryption, RefusesAnythingElseInTheEnvelope) {
  SamlAnswer not_assertion = Encrypted();
  not_assertion.sign = Signed::kNothing;
  not_assertion.edit_before_signing = [](std::string& xml) {
    xml = absl::StrReplaceAll(xml, {{"<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:"
                                     "assertion\"",
                                     "<saml:Assertion xmlns:saml=\"urn:other\""}});
  };
  ExpectRefused(Verify(not_assertion), Failure::kMalformedResponse, "urn:other");

  SamlAnswer clear_beside = Encrypted();
  const std::string clear = Idp().RespondXml({});
  clear_beside.edit_after_signing = [&](std::string& xml) {
    const size_t begin = clear.find("<saml:Assertion");
    const size_t end = clear.find("</saml:Assertion>") + 17;
    xml.insert(xml.find("<saml:EncryptedAssertion"), clear.substr(begin, end - begin));
  };
  ExpectRefused(Verify(clear_beside), Failure::kNoAssertion,
                "1 assertions in clear and 1 encrypted");
}

TEST_F(SamlEncryption, ParsesWhatItDecryptsAsStrictlyAsTheRest) {
  SamlAnswer wrapped = Encrypted();
  wrapped.edit_before_signing = [](std::string& xml) {
    const size_t begin = xml.find("<saml:Assertion");
    const size_t end = xml.find("</saml:Assertion>") + 17;
    const std::string copy = absl::StrReplaceAll(xml.substr(begin, end - begin),
                                                 {{"ID=\"_assertion\"", "ID=\"_evil\""}});
    xml.insert(xml.find("<saml:AuthnStatement"),
               absl::StrCat("<saml:Advice>", copy, "</saml:Advice>"));
  };
  ExpectRefused(Verify(wrapped), Failure::kSignatureStructure);
  SamlAnswer instruction = Encrypted();
  instruction.email = "alice@acme.example<?x?>.evil.test";
  ExpectRefused(Verify(instruction), Failure::kForbiddenXml);
}

}  // namespace
}  // namespace gatehouse
