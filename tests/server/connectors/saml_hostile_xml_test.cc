// XML that is meant to hurt the parser or the reader.
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/server/connectors/saml_verification_test_case.h"

namespace gatehouse {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Failure = ConnectionTestFailure;

class SamlHostileXml : public SamlVerificationTestCase {
 protected:
  SamlOutcome VerifyWithPrefix(const std::string& prefix) {
    return VerifyXml(prefix + Idp().RespondXml({}));
  }
};

std::string Repeated(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

TEST_F(SamlHostileXml, RefusesEveryDocumentType) {
  const std::string path = ::testing::TempDir() + "/secret.txt";
  std::ofstream(path) << "very secret";
  const std::string doctypes[] = {
      "<!DOCTYPE r>",
      "<!DOCTYPE r []>",
      "<!DOCTYPE r SYSTEM \"file:///etc/passwd\">",
      "<!DOCTYPE r PUBLIC \"-//x\" \"http://127.0.0.1:9/x.dtd\">",
      absl::StrCat("<!DOCTYPE r [<!ENTITY x SYSTEM \"file://", path, "\">]>"),
      absl::StrCat("<!DOCTYPE r [<!ENTITY % x SYSTEM \"file://", path, "\">%x;]>"),
      "<!DOCTYPE r [<!ATTLIST Response ID ID #REQUIRED>]>",
      "<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\"><!ENTITY c "
      "\"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">]>",
      "<?xml version=\"1.0\" standalone=\"no\"?><!DOCTYPE r>",
  };
  for (const std::string& doctype : doctypes) {
    const SamlOutcome outcome = VerifyWithPrefix(doctype);
    ExpectRefused(outcome, Failure::kForbiddenXml, "document type");
    EXPECT_THAT(outcome.detail, Not(HasSubstr("secret")));
  }
}

TEST_F(SamlHostileXml, RefusesAnEntityBomb) {
  std::string bomb = "<!DOCTYPE r [<!ENTITY e0 \"lol\">";
  for (int i = 1; i < 30; ++i) {
    absl::StrAppend(&bomb, "<!ENTITY e", i, " \"", Repeated(absl::StrCat("&e", i - 1, ";"), 10),
                    "\">");
  }
  ExpectRefused(VerifyXml(bomb + "]><r a=\"&e29;\">&e29;</r>"), Failure::kForbiddenXml);
}

TEST_F(SamlHostileXml, RefusesEntitiesButReadsTheFiveOfXml) {
  ExpectRefused(VerifyXml("<r>&xxe;</r>"), Failure::kForbiddenXml, "\"xxe\"");
  ExpectRefused(VerifyXml("<r a=\"&xxe;\"/>"), Failure::kForbiddenXml, "\"xxe\"");
  SamlAnswer answer;
  answer.email = "a&amp;b&lt;&gt;&quot;&apos;&#x41;@acme.example";
  ExpectPassed(Verify(answer), "a&b<>\"'A@acme.example");
}

TEST_F(SamlHostileXml, RefusesProcessingInstructionsAnywhere) {
  ExpectRefused(VerifyWithPrefix("<?xml-stylesheet href=\"file:///etc/passwd\"?>"),
                Failure::kForbiddenXml, "processing instruction");
  SamlAnswer answer;
  answer.email = "alice@acme.example<?x?>.evil.test";
  ExpectRefused(Verify(answer), Failure::kForbiddenXml);
  answer.email = SamlAnswer().email;
  answer.edit_after_signing = [](std::string& xml) { xml += "<?x?>"; };
  ExpectRefused(Verify(answer), Failure::kForbiddenXml);
}

// The text up to the first comment is another person's address.
TEST_F(SamlHostileXml, ReadsTheWholeTextAroundComments) {
  SamlAnswer answer;
  for (const Signed sign : {Signed::kAssertion, Signed::kResponse, Signed::kBoth}) {
    answer.sign = sign;
    for (const char* email :
         {"alice@acme.example<!---->.evil.test", "<!-- -->alice@acme.example.evil.test",
          "alice@acme.example<![CDATA[.evil.test]]>",
          "alice@acme.<!--x-->example<!--y-->.evil.test"}) {
      answer.email = email;
      ExpectPassed(Verify(answer), "alice@acme.example.evil.test");
    }
  }
}

// A comment is no part of what is signed, so it can be added; it changes nothing.
TEST_F(SamlHostileXml, ReadsTheWholeTextAroundCommentsAddedLater) {
  SamlAnswer answer;
  answer.email = "alice@acme.example.evil.test";
  answer.edit_after_signing = Replacing("alice@acme.example", "alice@acme.example<!-- -->");
  for (const Signed sign : {Signed::kAssertion, Signed::kResponse, Signed::kBoth}) {
    answer.sign = sign;
    ExpectPassed(Verify(answer), "alice@acme.example.evil.test");
  }
}

TEST_F(SamlHostileXml, RefusesWhatIsTooLarge) {
  constexpr size_t kLimit = 512 * 1024;
  const std::string xml = Idp().RespondXml({});
  ExpectPassed(VerifyXml(xml + std::string(kLimit - xml.size(), '\n')));
  ExpectRefused(VerifyXml(xml + std::string(kLimit - xml.size() + 1, '\n')),
                Failure::kMalformedResponse, "at most 524288");
  ExpectRefused(Verify(std::string(8 * kLimit, 'A')), Failure::kMalformedResponse);
  ExpectRefused(Verify(std::string(8 * kLimit, ' ')), Failure::kMalformedResponse);
}

TEST_F(SamlHostileXml, RefusesWhatIsTooDeepOrTooWide) {
  ExpectRefused(VerifyXml(Repeated("<a>", 64) + Repeated("</a>", 64)), Failure::kMalformedResponse,
                "not a samlp:Response");
  ExpectRefused(VerifyXml(Repeated("<a>", 65) + Repeated("</a>", 65)), Failure::kMalformedResponse,
                "deeper than 64");
  ExpectRefused(VerifyXml(Repeated("<a>", 100000)), Failure::kMalformedResponse, "deeper than 64");
  ExpectRefused(VerifyXml(absl::StrCat("<a>", Repeated("<b/>", 10000), "</a>")),
                Failure::kMalformedResponse, "more than 10000 elements");
  std::string attributes;
  for (int i = 0; i < 40000; ++i) absl::StrAppend(&attributes, " a", i, "=''");
  ExpectRefused(VerifyXml(absl::StrCat("<a", attributes, "/>")), Failure::kMalformedResponse,
                "more than 10000 attributes");
}

TEST_F(SamlHostileXml, NamesNothingUnprintableOrEndlessInADetail) {
  SamlAnswer answer;
  answer.issuer = "x\xC3\xA9" + std::string(100000, 'y');
  const SamlOutcome outcome = Verify(answer);
  ExpectRefused(outcome, Failure::kWrongIssuer, "x\\xc3\\xa9yyy");
  EXPECT_LT(outcome.detail.size(), 500u);
}

TEST_F(SamlHostileXml, QuotesBrokenXmlInPrintableAsciiOnly) {
  const SamlOutcome outcome = VerifyXml("<\xC3\xA9" + Repeated("\xC3\xA9", 1000) + "></b>");
  ExpectRefused(outcome, Failure::kMalformedResponse, "mismatch");
  for (const char c : outcome.detail) EXPECT_TRUE(c >= ' ' && c <= '~') << outcome.detail;
}

TEST_F(SamlHostileXml, LeavesNothingOnStderr) {
  ::testing::internal::CaptureStderr();
  VerifyXml("<a><b></a>");
  VerifyXml("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>");
  Verify(Attacker().Respond({}));
  SamlAnswer answer;
  answer.edit_after_signing = Replacing("<ds:SignatureValue>", "<ds:SignatureValue>%");
  Verify(answer);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace gatehouse
