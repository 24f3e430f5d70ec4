#include "server/managers/domain_proof.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "policy/errors.h"
#include "tests/fakes/fake_http_fetcher.h"
#include "tests/fakes/fake_txt_resolver.h"

namespace gatehouse {
namespace {

constexpr char kUrl[] = "https://acme.test/.well-known/gatehouse-domain-verification.txt";
const std::string kToken = std::string(32, 'a');
const std::string kValue = absl::StrCat("gatehouse-domain-verification=", kToken);

class WebProofTest : public testing::Test {
 protected:
  absl::Status Look() {
    const Domain claim{.organization = OrganizationId::FromTrusted("acme"),
                       .name = DomainName::FromTrusted("acme.test"),
                       .verification_token = kToken};
    return proof.Look(claim, VerificationMethod::kHttpsFile);
  }

  void Serve(std::string content) {
    web.Set(kUrl, {.status = 200, .content_type = "text/plain", .body = std::move(content)});
  }

  FakeTxtResolver dns;
  FakeHttpFetcher web;
  DomainProof proof{&dns, &web};
};

TEST_F(WebProofTest, TakesTheValueWithOrWithoutALineEnd) {
  for (const char* end : {"", "\n", "\r\n", "\r"}) {
    Serve(kValue + end);
    EXPECT_TRUE(Look().ok()) << Look();
    EXPECT_EQ(DomainProof::Outcome(Look()), CheckOutcome::kProven);
  }
  EXPECT_EQ(web.requests().front().url, kUrl);
  EXPECT_TRUE(dns.lookups().empty());
}

TEST_F(WebProofTest, TakesNothingElseForTheValue) {
  for (const std::string& content :
       {std::string(), kToken, std::string("gatehouse-domain-verification="), kValue + " ",
        " " + kValue, kValue + "\n\n", kValue + "\n\r", "\n" + kValue, kValue + "0",
        kValue.substr(0, kValue.size() - 1), "\xef\xbb\xbf" + kValue, kValue + '\0',
        kValue + "\n" + kValue, "<html>" + kValue + "</html>", std::string(1 << 20, 'a')}) {
    Serve(content);
    EXPECT_EQ(ReasonOf(Look()), reason::kHttpsFileWrong) << content.substr(0, 100);
    EXPECT_EQ(DomainProof::Outcome(Look()), CheckOutcome::kNotProven);
  }
}

TEST_F(WebProofTest, JudgesEachAnswerOfAServer) {
  struct Case {
    int status;
    absl::string_view reason;
    CheckOutcome outcome;
  };
  const Case cases[] = {
      {404, reason::kHttpsFileMissing, CheckOutcome::kNotProven},
      {410, reason::kHttpsFileMissing, CheckOutcome::kNotProven},
      {204, reason::kHttpsFileWrong, CheckOutcome::kNotProven},
      {206, reason::kHttpsFileWrong, CheckOutcome::kNotProven},
      {301, reason::kHttpsFileWrong, CheckOutcome::kNotProven},
      {302, reason::kHttpsFileWrong, CheckOutcome::kNotProven},
      {308, reason::kHttpsFileWrong, CheckOutcome::kNotProven},
      {401, reason::kHttpsFileWrong, CheckOutcome::kNotProven},
      {403, reason::kHttpsFileWrong, CheckOutcome::kNotProven},
      {429, reason::kHttpsUnavailable, CheckOutcome::kUnknown},
      {500, reason::kHttpsUnavailable, CheckOutcome::kUnknown},
      {503, reason::kHttpsUnavailable, CheckOutcome::kUnknown},
  };
  for (const Case& c : cases) {
    // The right content counts only in the right answer.
    web.Set(kUrl, HttpResponse{.status = c.status, .body = kValue});
    EXPECT_EQ(ReasonOf(Look()), c.reason) << c.status;
    EXPECT_EQ(DomainProof::Outcome(Look()), c.outcome) << c.status;
    EXPECT_TRUE(absl::StrContains(Look().message(), absl::StrCat(c.status))) << Look();
  }
}

TEST_F(WebProofTest, KnowsNothingWhenNobodyAnswers) {
  web.Fail(Error(absl::StatusCode::kUnavailable, reason::kIdpUnavailable, "no route").Build());
  EXPECT_EQ(ReasonOf(Look()), reason::kHttpsUnavailable);
  EXPECT_EQ(DomainProof::Outcome(Look()), CheckOutcome::kUnknown);
  web.Fail(absl::InvalidArgumentError("an address that is not allowed"));
  EXPECT_EQ(ReasonOf(Look()), reason::kHttpsUnavailable);
}

TEST_F(WebProofTest, NamesTheUrlAndTheContentInEveryError) {
  for (int status : {404, 200, 302, 500}) {
    web.Set(kUrl, HttpResponse{.status = status, .body = "\x1b[31mhello"});
    const absl::Status error = Look();
    EXPECT_TRUE(absl::StrContains(error.message(), kUrl)) << error;
    EXPECT_TRUE(absl::StrContains(error.message(), kValue)) << error;
    EXPECT_FALSE(absl::StrContains(error.message(), "\x1b")) << "shown as it came";
    EXPECT_EQ(DetailsOf(error)->metadata.at("file_url"), kUrl);
    EXPECT_EQ(DetailsOf(error)->metadata.at("file_content"), kValue);
  }
}

}  // namespace
}  // namespace gatehouse
