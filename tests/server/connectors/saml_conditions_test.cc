// Whether a response that is signed as it should be is meant for us, and now.
#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/server/connectors/saml_verification_test_case.h"

namespace gatehouse {
namespace {

using ::testing::HasSubstr;
using Failure = ConnectionTestFailure;
using Edit = std::function<void(std::string&)>;

const char kAcs[] = "https://gatehouse.example/saml/acme/acs";
const char kConfirmationEnd[] = "<saml:SubjectConfirmationData NotOnOrAfter=";
const char kConditionsEnd[] =
    "<saml:Conditions NotBefore=\"2024-03-01T12:00:00.000Z\" NotOnOrAfter=";
const char kFiveMinutesOn[] = "\"2024-03-01T12:05:00.000Z\"";

class SamlConditions : public SamlVerificationTestCase {
 protected:
  SamlOutcome VerifyEdited(const Edit& edit, Signed sign = Signed::kAssertion) {
    SamlAnswer answer;
    answer.sign = sign;
    answer.edit_before_signing = edit;
    return Verify(answer);
  }
  // The verdict `after` (which may be negative) the moment of the answer.
  Failure FailureAt(absl::Duration after, const Edit& edit = nullptr) {
    expectations_.now = SamlAnswer().now + after;
    return VerifyEdited(edit).failure;
  }
};

Edit Both(Edit first, Edit second) {
  return [=](std::string& xml) {
    first(xml);
    second(xml);
  };
}

TEST_F(SamlConditions, RefuseAnotherIssuer) {
  SamlAnswer answer;
  answer.issuer = "https://idp.other.example/metadata";
  const SamlOutcome outcome = Verify(answer);
  ExpectRefused(outcome, Failure::kWrongIssuer, "\"https://idp.other.example/metadata\"");
  EXPECT_THAT(outcome.detail, HasSubstr("expected \"https://idp.acme.example/metadata\""));
  EXPECT_EQ(outcome.assertion_id, "_assertion") << "the signature holds";
}

TEST_F(SamlConditions, RefuseAResponseOfAnotherIssuerEvenAroundARightAssertion) {
  const Edit other =
      Replacing("<saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">",
                "<saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">x");
  ExpectRefused(VerifyEdited(other), Failure::kWrongIssuer, "the response's Issuer");
  ExpectRefused(VerifyEdited(other, Signed::kResponse), Failure::kWrongIssuer);
}

TEST_F(SamlConditions, RefuseAnotherAudience) {
  SamlAnswer answer;
  answer.sp_entity_id = "https://other.example";
  const SamlOutcome outcome = Verify(answer);
  ExpectRefused(outcome, Failure::kWrongAudience, "\"https://other.example\"");
  EXPECT_THAT(outcome.detail, HasSubstr("expected \"https://gatehouse.example/saml/acme\""));
}

TEST_F(SamlConditions, RefuseAnAudienceThatOnlyBeginsLikeOurs) {
  SamlAnswer answer;
  for (const char* audience :
       {"https://gatehouse.example/saml/acme/", "", "https://gatehouse.example/saml/acm",
        "HTTPS://gatehouse.example/saml/acme"}) {
    answer.sp_entity_id = audience;
    ExpectRefused(Verify(answer), Failure::kWrongAudience);
  }
}

TEST_F(SamlConditions, AcceptOneOfSeveralAudiencesButRequireEveryRestriction) {
  const std::string ours = "<saml:Audience>https://gatehouse.example/saml/acme</saml:Audience>";
  const std::string other = "<saml:Audience>https://other.example</saml:Audience>";
  ExpectPassed(VerifyEdited(Replacing(ours, other + ours)));
  const std::string next = "</saml:AudienceRestriction><saml:AudienceRestriction>";
  ExpectRefused(VerifyEdited(Replacing(ours, ours + next + other)), Failure::kWrongAudience);
  ExpectRefused(VerifyEdited(Replacing(ours, other + next + ours)), Failure::kWrongAudience);
  ExpectRefused(VerifyEdited(Replacing(ours, "")), Failure::kWrongAudience, "nothing");
}

TEST_F(SamlConditions, RefuseToDoWithoutAnAudience) {
  const Edit remove = [](std::string& xml) {
    const size_t begin = xml.find("<saml:AudienceRestriction>");
    xml.erase(begin, xml.find("</saml:AudienceRestriction>") + 27 - begin);
  };
  ExpectRefused(VerifyEdited(remove), Failure::kMissingTimeLimits, "AudienceRestriction");
  const Edit remove_conditions = [](std::string& xml) {
    const size_t begin = xml.find("<saml:Conditions");
    xml.erase(begin, xml.find("</saml:Conditions>") + 18 - begin);
  };
  ExpectRefused(VerifyEdited(remove_conditions), Failure::kMissingTimeLimits);
}

TEST_F(SamlConditions, RefuseAnotherRecipient) {
  const std::string recipient = absl::StrCat("Recipient=\"", kAcs, "\"");
  const SamlOutcome outcome =
      VerifyEdited(Replacing(recipient, "Recipient=\"https://other.example/acs\""));
  ExpectRefused(outcome, Failure::kWrongRecipient, "\"https://other.example/acs\"");
  EXPECT_THAT(outcome.detail, HasSubstr(kAcs));
  ExpectRefused(VerifyEdited(Replacing(recipient, "")), Failure::kMissingTimeLimits, "Recipient");
}

TEST_F(SamlConditions, RefuseAnotherDestinationSignedOrNot) {
  const std::string destination = absl::StrCat("Destination=\"", kAcs, "\"");
  const Edit other = Replacing(destination, "Destination=\"https://other.example/acs\"");
  for (const Signed sign : {Signed::kAssertion, Signed::kResponse, Signed::kBoth}) {
    ExpectRefused(VerifyEdited(other, sign), Failure::kWrongDestination,
                  "\"https://other.example/acs\"");
  }
  // Only a signed message must say where it goes.
  ExpectPassed(VerifyEdited(Replacing(destination, "")));
  ExpectRefused(VerifyEdited(Replacing(destination, ""), Signed::kResponse),
                Failure::kWrongDestination, "nothing");
}

TEST_F(SamlConditions, RefuseTheAnswerToAnotherRequest) {
  SamlAnswer answer;
  answer.in_response_to = "_other";
  const SamlOutcome outcome = Verify(answer);
  ExpectRefused(outcome, Failure::kWrongInResponseTo, "\"_other\"");
  EXPECT_THAT(outcome.detail, HasSubstr("expected \"_request\""));
}

TEST_F(SamlConditions, RefuseAnUnsolicitedAnswer) {
  ExpectRefused(VerifyEdited(Replacing("InResponseTo=\"_request\"", "")),
                Failure::kWrongInResponseTo, "nothing");
}

// The response's own attribute is not signed here, so it cannot stand in.
TEST_F(SamlConditions, RefuseAnAnswerThatOnlyTheEnvelopeTiesToTheRequest) {
  const Edit from_assertion = Replacing("InResponseTo=\"_request\"/>", "/>");
  ExpectRefused(VerifyEdited(from_assertion), Failure::kWrongInResponseTo,
                "the assertion's InResponseTo is nothing");
  const Edit in_envelope = Replacing("InResponseTo=\"_request\">", "InResponseTo=\"_other\">");
  ExpectRefused(VerifyEdited(in_envelope), Failure::kWrongInResponseTo,
                "the response's InResponseTo is \"_other\"");
  const Edit from_envelope = Replacing("InResponseTo=\"_request\">", ">");
  ExpectPassed(VerifyEdited(from_envelope));
}

TEST_F(SamlConditions, AcceptNothingButABearerConfirmation) {
  const Edit holder_of_key = Replacing("cm:bearer", "cm:holder-of-key");
  ExpectRefused(VerifyEdited(holder_of_key), Failure::kMissingTimeLimits, "bearer");
  const Edit no_data = [](std::string& xml) {
    const size_t begin = xml.find("<saml:SubjectConfirmationData");
    xml.erase(begin, xml.find("/>", begin) + 2 - begin);
  };
  ExpectRefused(VerifyEdited(no_data), Failure::kMissingTimeLimits, "Recipient");
}

TEST_F(SamlConditions, AcceptTheOneOfSeveralConfirmationsThatIsForUs) {
  const std::string begin =
      "<saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\">";
  const auto other = [&](const std::string& data) {
    return Replacing(begin, absl::StrCat(begin, "<saml:SubjectConfirmationData ", data,
                                         "/></saml:SubjectConfirmation>", begin));
  };
  ExpectPassed(VerifyEdited(other("Recipient=\"https://other.example\"")));
  ExpectPassed(VerifyEdited(
      other(absl::StrCat("Recipient=\"", kAcs,
                         "\" InResponseTo=\"_request\" NotOnOrAfter=\"2024-03-01T00:00:00Z\""))));
  // What is right of each does not add up to one that holds.
  ExpectRefused(
      VerifyEdited(Both(other("Recipient=\"https://other.example\" InResponseTo=\"_request\" "
                              "NotOnOrAfter=\"2024-03-01T12:05:00Z\""),
                        Replacing(kConfirmationEnd, "<saml:SubjectConfirmationData x="))),
      Failure::kMissingTimeLimits, "NotOnOrAfter");
}

TEST_F(SamlConditions, HoldUntilTheLimitAndTheSkew) {
  EXPECT_EQ(FailureAt(absl::Minutes(7) - absl::Milliseconds(1)), Failure::kNone);
  EXPECT_EQ(FailureAt(absl::Minutes(7)), Failure::kExpired);
  EXPECT_EQ(FailureAt(absl::Hours(24 * 365)), Failure::kExpired);
  EXPECT_EQ(FailureAt(-absl::Minutes(2)), Failure::kNone);
  EXPECT_EQ(FailureAt(-absl::Minutes(2) - absl::Milliseconds(1)), Failure::kNotYetValid);
}

TEST_F(SamlConditions, JudgeEachLimitByItself) {
  const Edit confirmation_ended =
      Replacing(absl::StrCat(kConfirmationEnd, kFiveMinutesOn),
                absl::StrCat(kConfirmationEnd, "\"2024-03-01T11:00:00Z\""));
  ExpectRefused(VerifyEdited(confirmation_ended), Failure::kExpired, "confirmation's NotOnOrAfter");
  const Edit conditions_ended = Replacing(absl::StrCat(kConditionsEnd, kFiveMinutesOn),
                                          absl::StrCat(kConditionsEnd, "\"2024-03-01T11:00:00Z\""));
  ExpectRefused(VerifyEdited(conditions_ended), Failure::kExpired, "condition NotOnOrAfter");
  const Edit session_ended =
      Replacing("<saml:AuthnStatement ",
                "<saml:AuthnStatement SessionNotOnOrAfter=\"2024-03-01T11:00:00Z\" ");
  ExpectRefused(VerifyEdited(session_ended), Failure::kExpired, "SessionNotOnOrAfter");

  const Edit conditions_ahead = Replacing("Conditions NotBefore=\"2024-03-01T12:00:00.000Z\"",
                                          "Conditions NotBefore=\"2024-03-01T12:02:01Z\"");
  ExpectRefused(VerifyEdited(conditions_ahead), Failure::kNotYetValid, "condition NotBefore");
  const Edit confirmation_ahead =
      Replacing("<saml:SubjectConfirmationData ",
                "<saml:SubjectConfirmationData NotBefore=\"2024-03-01T12:02:01Z\" ");
  ExpectRefused(VerifyEdited(confirmation_ahead), Failure::kNotYetValid,
                "confirmation's NotBefore");
  const Edit assertion_ahead = Replacing("IssueInstant=\"2024-03-01T12:00:00.000Z\"><saml:Issuer>",
                                         "IssueInstant=\"2024-03-01T12:02:01Z\"><saml:Issuer>");
  ExpectRefused(VerifyEdited(assertion_ahead), Failure::kNotYetValid, "assertion's IssueInstant");
  const Edit response_ahead = Replacing("IssueInstant=\"2024-03-01T12:00:00.000Z\" Destination",
                                        "IssueInstant=\"2024-03-01T12:02:01Z\" Destination");
  ExpectRefused(VerifyEdited(response_ahead), Failure::kNotYetValid, "response's IssueInstant");
}

TEST_F(SamlConditions, TellTheTimesThatDiffer) {
  expectations_.now = SamlAnswer().now + absl::Hours(1);
  const SamlOutcome outcome = VerifyEdited(nullptr);
  ExpectRefused(outcome, Failure::kExpired, "2024-03-01T12:05:00+00:00");
  EXPECT_THAT(outcome.detail, HasSubstr("2024-03-01T13:00:00+00:00"));
  EXPECT_THAT(outcome.detail, HasSubstr("2m"));
}

TEST_F(SamlConditions, RefuseABearerWithoutAnEnd) {
  const Edit no_end =
      Replacing(absl::StrCat(kConfirmationEnd, kFiveMinutesOn), "<saml:SubjectConfirmationData ");
  const SamlOutcome outcome = VerifyEdited(no_end);
  ExpectRefused(outcome, Failure::kMissingTimeLimits, "NotOnOrAfter");
  EXPECT_EQ(outcome.not_on_or_after, absl::InfinitePast()) << "it is never accepted";
  // The conditions need no end of their own: the profile does not ask for one.
  ExpectPassed(VerifyEdited(
      Replacing(absl::StrCat("\" NotOnOrAfter=", kFiveMinutesOn, "><saml:AudienceRestriction>"),
                "\"><saml:AudienceRestriction>")));
}

TEST_F(SamlConditions, RememberAnAssertionAsLongAsItCouldBeAccepted) {
  const Edit short_session =
      Replacing("<saml:AuthnStatement ",
                "<saml:AuthnStatement SessionNotOnOrAfter=\"2024-03-01T12:03:00Z\" ");
  const SamlOutcome outcome = VerifyEdited(short_session);
  ExpectPassed(outcome);
  EXPECT_EQ(outcome.not_on_or_after, SamlAnswer().now + absl::Minutes(3 + 2));
  EXPECT_EQ(FailureAt(absl::Minutes(5) - absl::Seconds(1), short_session), Failure::kNone);
  EXPECT_EQ(FailureAt(absl::Minutes(5), short_session), Failure::kExpired);
}

TEST_F(SamlConditions, ReadTheSpellingsOfATime) {
  for (const char* end : {"2024-03-01T12:05:00Z", "2024-03-01T12:05:00.1234567Z",
                          "2024-03-01T13:05:00+01:00", "2024-03-01T12:05:00"}) {
    const SamlOutcome outcome =
        VerifyEdited(Replacing(std::string(kFiveMinutesOn), absl::StrCat("\"", end, "\"")));
    ExpectPassed(outcome);
    EXPECT_GE(outcome.not_on_or_after, SamlAnswer().now + absl::Minutes(7)) << end;
    EXPECT_LT(outcome.not_on_or_after, SamlAnswer().now + absl::Minutes(7) + absl::Seconds(1));
  }
  for (const char* end :
       {"", "now", "infinite-future", "2024-03-01", "12:05:00", "99999-03-01T12:05:00Z",
        "2024-13-01T12:05:00Z", "2024-03-01T12:05:00ZZ", "-2024-03-01T12:05:00Z"}) {
    ExpectRefused(
        VerifyEdited(Replacing(std::string(kFiveMinutesOn), absl::StrCat("\"", end, "\""))),
        Failure::kMalformedResponse, "NotOnOrAfter");
  }
}

// Issuer, audience, addressee, time: an admin who repairs one fault at a time
// meets them in this order.
TEST_F(SamlConditions, AreJudgedInTheDocumentedOrder) {
  SamlAnswer answer;
  answer.issuer = "https://other.example";
  answer.sp_entity_id = "https://other.example";
  answer.acs_url = "https://other.example";
  answer.lifetime = -absl::Hours(1);
  ExpectRefused(Verify(answer), Failure::kWrongIssuer);
  answer.issuer = "";
  ExpectRefused(Verify(answer), Failure::kWrongAudience);
  answer.sp_entity_id = SamlAnswer().sp_entity_id;
  ExpectRefused(Verify(answer), Failure::kWrongRecipient);
  answer.acs_url = SamlAnswer().acs_url;
  ExpectRefused(Verify(answer), Failure::kExpired);
}

}  // namespace
}  // namespace gatehouse
