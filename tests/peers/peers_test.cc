#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "tests/peers/child_process.h"
#include "tests/peers/saml_idp.h"

namespace gatehouse {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// An AuthnRequest "_r1" of "https://sp.example" for its /acs, as the redirect
// binding carries it (deflated by Python's zlib).
constexpr char kQuery[] =
    "SAMLRequest=fVC7CsJAEPyVsL3JmcJiSQJBG0Gb%2BChs5AgLBnIPb%2FfEz%2FeMCIogTLPzYtiKtRk9tlEutq"
    "NrJJbsbkbLOAk1xGDRaR4YrTbEKD3u2u0Gy1yhD05c70b4iPxPaGYKMjgL2XpVwznMITtS4MTUkAyJZo60tizaSq"
    "JUuZipecJeKZxwgqx9tyyd5Wgo7Cjchp4O3aaGi4hnLAr2Od218SMVumdoquc6nOpD82uqik%2F9dX3%2FpXkA&R"
    "elayState=a%26%22%3Cb";

TEST(ChildProcess, RunsAProgramToItsEnd) {
  const auto result = RunProgram({"sh", "-c", "cat; echo oops >&2; exit 3"}, "to the program");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->exit_code, 3);
  EXPECT_EQ(result->out, "to the program");
  EXPECT_EQ(result->err, "oops\n");
}

TEST(ChildProcess, CarriesMoreThanAPipeHoldsBothWays) {
  const std::string input(1 << 20, 'x');
  const auto result = RunProgram({"cat"}, input);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->out.size(), input.size());
}

TEST(ChildProcess, EndsAProgramThatTakesTooLong) {
  const auto result = RunProgram({"sleep", "60"}, "", absl::Milliseconds(50));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDeadlineExceeded) << result.status();
}

TEST(ChildProcess, TellsAProgramThatDoesNotExist) {
  EXPECT_EQ(RunProgram({"/no/such/program"}).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(ChildProcess::Start({"/no/such/program"}).status().code(), absl::StatusCode::kInternal);
}

TEST(ChildProcess, EndsWithItsStdin) {
  const auto child = ChildProcess::Start({"sh", "-c", "echo ready; cat; exit 7"});
  ASSERT_TRUE(child.ok()) << child.status();
  EXPECT_EQ(*(*child)->ReadLine(absl::Seconds(30)), "ready");
  (*child)->Stop();
  EXPECT_EQ(*(*child)->Wait(absl::ZeroDuration()), 7);
  EXPECT_EQ((*child)->ReadLine(absl::Seconds(30)).status().code(), absl::StatusCode::kUnavailable);
}

TEST(ChildProcess, TellsTheSignalThatEndedIt) {
  const auto child = ChildProcess::Start({"cat"});
  ASSERT_TRUE(child.ok()) << child.status();
  (*child)->Signal(SIGKILL);
  EXPECT_EQ(*(*child)->Wait(absl::Seconds(30)), 128 + SIGKILL);
}

TEST(ChildProcess, SaysWhatToDoAboutAPeerThatDoesNotStart) {
  std::string line;
  const absl::Status status = ChildProcess::StartPeer({"false"}, line).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("tools/setup"));
}

TEST(InstalledTool, SaysWhatToDoAboutAMissingOne) {
  const absl::Status status = InstalledTool("no-such-tool").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("tools/setup"));
}

class SamlIdpTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto idp = SamlIdp::Start({{"email", "bob@acme.example"}});
    ASSERT_TRUE(idp.ok()) << idp.status();
    idp_ = *std::move(idp);
  }

  // The XML of the IdP's answer to kQuery.
  std::string SignIn(const SamlIdp::Options& options) {
    std::string url = idp_->metadata_url();
    url.replace(url.rfind("/metadata"), std::string::npos, "/sso?");
    const auto result = idp_->SignIn(url + kQuery, options);
    EXPECT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->relay_state, "a&\"<b");
    std::string xml;
    EXPECT_TRUE(absl::Base64Unescape(result->saml_response, &xml));
    return xml;
  }

  std::unique_ptr<SamlIdp> idp_;
};

TEST_F(SamlIdpTest, DescribesItself) {
  EXPECT_THAT(idp_->metadata(), AllOf(HasSubstr("<EntityDescriptor"), HasSubstr("/sso\""),
                                      HasSubstr(idp_->metadata_url())));
}

TEST_F(SamlIdpTest, AnswersTheRequest) {
  EXPECT_THAT(SignIn({}),
              AllOf(HasSubstr("InResponseTo=\"_r1\""), HasSubstr(">bob@acme.example<"),
                    HasSubstr("Destination=\"https://sp.example/acs\""),
                    HasSubstr("Recipient=\"https://sp.example/acs\""),
                    HasSubstr("<saml:Audience>https://sp.example<"), HasSubstr("<Signature")));
}

TEST_F(SamlIdpTest, DoesAsTheOptionsOfOneSignInSay) {
  EXPECT_THAT(SignIn({{"sign", "none"}}), Not(HasSubstr("<Signature")));
  EXPECT_THAT(SignIn({{"sign", "response"}}), HasSubstr("</saml:Issuer><Signature"));
  EXPECT_THAT(SignIn({{"audience", "https://other.example"}, {"email", "eve@evil.example"}}),
              AllOf(HasSubstr("<saml:Audience>https://other.example<"),
                    HasSubstr(">eve@evil.example<"), Not(HasSubstr("bob@"))));
  EXPECT_THAT(SignIn({{"nameid", "opaque 1"}, {"format", "urn:x:persistent"}}),
              AllOf(HasSubstr("Format=\"urn:x:persistent\">opaque 1<")));
}

}  // namespace
}  // namespace gatehouse
