// The connector against a real OpenID provider, over real HTTP.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "server/connectors/curl_http_fetcher.h"
#include "server/connectors/oidc_http_connector.h"
#include "server/runtime/clock.h"
#include "tests/peers/oidc_idp.h"

namespace gatehouse {
namespace {

using Failure = ConnectionTestFailure;
using ::testing::HasSubstr;

constexpr char kRedirectUri[] = "https://login.acme.example/oidc/callback";

class OidcRealIdpTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto idp = OidcIdp::Start(kRedirectUri, "bob@acme.example");
    if (absl::IsFailedPrecondition(idp.status())) GTEST_SKIP() << idp.status().message();
    ASSERT_TRUE(idp.ok()) << idp.status();
    idp_ = *std::move(idp);
    auto fetcher = NewCurlHttpFetcher({.allow_loopback = true});
    ASSERT_TRUE(fetcher.ok()) << fetcher.status();
    fetcher_ = *std::move(fetcher);
    connector_ = NewHttpOidcConnector(fetcher_.get(), &clock_);
  }

  OidcExpectations Client(const std::string& id, const std::string& secret = "") {
    return {.settings = {.issuer = idp_->issuer(), .client_id = id, .redirect_uri = kRedirectUri},
            .client_secret = secret,
            .session = {.state = std::string(43, 's'),
                        .nonce = std::string(43, 'n'),
                        .code_verifier = std::string(43, 'v')},
            .now = clock_.Now()};
  }
  std::string SignIn(const OidcExpectations& client) {
    const auto url = connector_->SignInUrl(client.settings, client.session);
    EXPECT_TRUE(url.ok()) << url.status();
    const auto query = idp_->SignIn(url.value_or(""));
    EXPECT_TRUE(query.ok()) << query.status();
    return query.value_or("");
  }
  OidcOutcome Verify(const std::string& query, const OidcExpectations& client) {
    const auto outcome = connector_->VerifyResponse(query, client);
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    return outcome.value_or(OidcOutcome{.failure = Failure::kConfigurationChanged});
  }

  SystemClock clock_;
  std::unique_ptr<OidcIdp> idp_;
  std::unique_ptr<HttpFetcher> fetcher_;
  std::unique_ptr<OidcConnector> connector_;
};

TEST_F(OidcRealIdpTest, SignsInByEveryAlgorithmAndKindOfClient) {
  const std::pair<const char*, const char*> clients[] = {{"rs256-basic", "basic:secret+of %"},
                                                         {"rs256-post", "post:secret&of=x"},
                                                         {"rs256-public", ""},
                                                         {"ps256-basic", "basic-secret"},
                                                         {"es256-basic", "basic-secret"},
                                                         {"es256-public", ""}};
  for (const auto& [id, secret] : clients) {
    SCOPED_TRACE(id);
    OidcExpectations client = Client(id, secret);
    const OidcOutcome outcome = Verify(SignIn(client), client);
    EXPECT_EQ(outcome.failure, Failure::kNone) << outcome.detail;
    EXPECT_EQ(outcome.email, "bob@acme.example");
  }
}

TEST_F(OidcRealIdpTest, ACodeIsGoodOnce) {
  const OidcExpectations client = Client("rs256-public");
  const std::string query = SignIn(client);
  EXPECT_EQ(Verify(query, client).failure, Failure::kNone);
  const OidcOutcome again = Verify(query, client);
  EXPECT_EQ(again.failure, Failure::kCodeRefused);
  EXPECT_THAT(again.detail, HasSubstr("invalid_grant"));
}

TEST_F(OidcRealIdpTest, RefusesAnotherVerifierSecretAndClient) {
  OidcExpectations client = Client("es256-basic", "basic-secret");
  OidcExpectations verifier = client;
  verifier.session.code_verifier = std::string(43, 'w');
  EXPECT_THAT(Verify(SignIn(client), verifier).detail, HasSubstr("invalid_grant"));
  OidcExpectations secret = client;
  secret.client_secret = "wrong";
  EXPECT_THAT(Verify(SignIn(client), secret).detail, HasSubstr("invalid_client"));
  EXPECT_EQ(Verify(SignIn(client), Client("rs256-public")).failure, Failure::kCodeRefused);
}

TEST_F(OidcRealIdpTest, HoldsTheAnswerAgainstTheSession) {
  const OidcExpectations client = Client("rs256-public");
  OidcExpectations state = client;
  state.session.state = std::string(43, 'x');
  EXPECT_EQ(Verify(SignIn(client), state).failure, Failure::kWrongState);
  OidcExpectations nonce = client;
  nonce.session.nonce = std::string(43, 'x');
  EXPECT_EQ(Verify(SignIn(client), nonce).failure, Failure::kWrongNonce);
  OidcExpectations late = client;
  late.now += absl::Hours(24);
  EXPECT_EQ(Verify(SignIn(client), late).failure, Failure::kExpired);
  OidcExpectations early = client;
  early.now -= absl::Hours(1);
  EXPECT_EQ(Verify(SignIn(client), early).failure, Failure::kNotYetValid);
}

TEST_F(OidcRealIdpTest, FindsThatTheIssuerIsNotTheOneOfTheDocument) {
  OidcExpectations client = Client("rs256-public");
  client.settings.issuer += "/";
  const auto url = connector_->SignInUrl(client.settings, client.session);
  EXPECT_EQ(url.status().code(), absl::StatusCode::kFailedPrecondition) << url.status();
}

}  // namespace
}  // namespace gatehouse
