// The connector with an honest IdP, and with one that is set up wrongly.
#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "server/connectors/form_encoding.h"
#include "server/connectors/oidc_discovery.h"
#include "tests/server/connectors/oidc_test_case.h"

namespace gatehouse {
namespace {

using nlohmann::json;
using Failure = ConnectionTestFailure;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kDiscoveryUrl[] = "https://idp.example/tenant/.well-known/openid-configuration";
constexpr char kKeysUrl[] = "https://idp.example/keys";
constexpr char kTokenUrl[] = "https://idp.example/token";

class OidcConnectorTest : public OidcTestCase {
 protected:
  absl::StatusOr<std::string> Url() {
    return connector_->SignInUrl(Expectations().settings, Session());
  }
  absl::Status VerifyStatus(const std::string& query) {
    return connector_->VerifyResponse(query, Expectations()).status();
  }
};

TEST_F(OidcConnectorTest, OpensTheIdpWithAllThatBindsTheSignIn) {
  OidcExpectations expectations = Expectations();
  expectations.settings.extra_scopes = {"profile", "https://scope.example/x"};
  // The example of RFC 7636, appendix B.
  OidcSession session = Session();
  session.code_verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  const auto url = connector_->SignInUrl(expectations.settings, session);
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_THAT(*url, StartsWith("https://idp.example/authorize?tenant=7&"));
  std::map<std::string, std::string> parameters;
  const auto fields = FormDecode(url->substr(url->find('?') + 1));
  ASSERT_TRUE(fields.ok()) << fields.status();
  for (const auto& [name, value] : *fields) {
    EXPECT_TRUE(parameters.emplace(name, value).second) << name;
  }
  EXPECT_EQ(parameters, (std::map<std::string, std::string>{
                            {"tenant", "7"},
                            {"response_type", "code"},
                            {"scope", "openid email profile https://scope.example/x"},
                            {"client_id", OidcTestIdp::kClientId},
                            {"redirect_uri", OidcTestIdp::kRedirectUri},
                            {"state", session.state},
                            {"nonce", session.nonce},
                            {"code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"},
                            {"code_challenge_method", "S256"}}));
  EXPECT_THAT(*url, Not(HasSubstr(session.code_verifier)));
}

TEST_F(OidcConnectorTest, AcceptsEveryAlgorithmOfTheList) {
  idp_.jwks["keys"].push_back(OidcTestJwk("ec384", "ec384"));
  const std::pair<const char*, const char*> cases[] = {
      {"rsa", "RS256"}, {"rsa", "RS384"}, {"rsa", "RS512"}, {"rsa", "PS256"},
      {"rsa", "PS384"}, {"rsa", "PS512"}, {"ec", "ES256"},  {"ec384", "ES384"}};
  for (const auto& [key, algorithm] : cases) {
    SCOPED_TRACE(algorithm);
    idp_.signing_key = key;
    idp_.algorithm = algorithm;
    ExpectPassed(SignInAndVerify());
  }
}

TEST_F(OidcConnectorTest, AcceptsWhatHonestIdpsVary) {
  const std::function<void(json&, json&)> edits[] = {
      [](json& header, json&) { header.erase("kid"); },
      [](json& header, json&) { header.erase("typ"); },
      [](json& header, json&) { header["typ"] = "jwt"; },
      [](json& header, json&) { header["x5t"] = "thumbprint"; },
      [](json&, json& claims) { claims["aud"] = {OidcTestIdp::kClientId}; },
      [](json&, json& claims) {
        claims["aud"] = {"other", OidcTestIdp::kClientId};
        claims["azp"] = OidcTestIdp::kClientId;
      },
      [](json&, json& claims) { claims["exp"] = claims["exp"].get<int64_t>() + 0.5; },
      [](json&, json& claims) { claims["nbf"] = claims["iat"]; },
      [](json&, json& claims) { claims["groups"] = std::vector<std::string>(500, "group"); },
      // Within the two minutes that clocks may differ.
      [](json&, json& claims) { claims["exp"] = 1'700'000'000 - 119; },
      [](json&, json& claims) { claims["iat"] = 1'700'000'000 + 120; },
  };
  for (const auto& edit : edits) {
    idp_.edit = edit;
    ExpectPassed(SignInAndVerify());
  }
}

TEST_F(OidcConnectorTest, TakesTheQueryWithItsQuestionMark) {
  ExpectPassed(Verify("?" + SignIn()));
}

TEST_F(OidcConnectorTest, ReadsTheAddressFromTheClaimOfTheSettings) {
  OidcExpectations expectations = Expectations();
  expectations.settings.email_claim = "upn";
  idp_.edit = [](json&, json& claims) { claims["upn"] = "eve@acme.example"; };
  EXPECT_EQ(Verify(SignIn(), expectations).email, "eve@acme.example");
  idp_.edit = nullptr;
  ExpectFailed(Verify(SignIn(), expectations), Failure::kNoEmail, "\"upn\"");
}

TEST_F(OidcConnectorTest, AMissingEmailVerifiedIsAllowedOnlyWhereTheSettingsSaySo) {
  OidcExpectations lenient = Expectations();
  lenient.settings.allow_missing_email_verified = true;
  idp_.edit = [](json&, json& claims) { claims.erase("email_verified"); };
  ExpectPassed(Verify(SignIn(), lenient));
  for (const json& value : {json(false), json("true"), json(nullptr), json(1)}) {
    idp_.edit = [&](json&, json& claims) { claims["email_verified"] = value; };
    ExpectFailed(Verify(SignIn(), lenient), Failure::kEmailNotVerified);
  }
}

TEST_F(OidcConnectorTest, SendsTheSecretInTheHeaderOrTheFormAsTheIdpWants) {
  ExpectPassed(SignInAndVerify());
  EXPECT_THAT(idp_.token_requests.back().form, Not(HasSubstr("client_secret")));
  idp_.discovery["token_endpoint_auth_methods_supported"] = {"client_secret_post"};
  ExpectPassed(SignInAndVerify());
  EXPECT_THAT(idp_.token_requests.back().form, HasSubstr("client_secret="));
  for (const auto& [name, value] : idp_.token_requests.back().headers) {
    EXPECT_NE(name, "Authorization");
  }
  idp_.discovery["token_endpoint_auth_methods_supported"] = {"private_key_jwt"};
  ExpectFailed(SignInAndVerify(), Failure::kDiscoveryInvalid, "client_secret_basic");
}

TEST_F(OidcConnectorTest, APublicClientSendsNoSecret) {
  idp_.is_public_client = true;
  ExpectPassed(SignInAndVerify());
  EXPECT_THAT(
      idp_.token_requests.back().form,
      AllOf(HasSubstr("client_id="), HasSubstr("code_verifier="), Not(HasSubstr("client_secret"))));
}

TEST_F(OidcConnectorTest, TellsThatTheIdpRefusedOurCredentials) {
  OidcExpectations expectations = Expectations();
  expectations.client_secret = "wrong secret";
  ExpectFailed(Verify(SignIn(), expectations), Failure::kCodeRefused, "invalid_client");
}

TEST_F(OidcConnectorTest, NeedsNoIssWhereTheIdpDoesNotPromiseIt) {
  idp_.sends_issuer = false;
  ExpectFailed(SignInAndVerify(), Failure::kWrongIssuer);
  idp_.discovery.erase("authorization_response_iss_parameter_supported");
  ExpectPassed(SignInAndVerify());
}

// --- the discovery document ---

TEST_F(OidcConnectorTest, RefusesADiscoveryDocumentThatContradictsOrLacks) {
  const json good = idp_.discovery;
  const struct {
    const char* name;
    json value;  // null: removed
    const char* said;
  } cases[] = {
      {"issuer", "https://evil.example", "another issuer"},
      {"issuer", "https://idp.example/tenant/", "another issuer"},
      {"issuer", nullptr, "another issuer"},
      {"issuer", 7, "another issuer"},
      {"authorization_endpoint", nullptr, "lacks authorization_endpoint"},
      {"token_endpoint", nullptr, "lacks token_endpoint"},
      {"jwks_uri", nullptr, "lacks jwks_uri"},
      {"jwks_uri", {kKeysUrl}, "lacks jwks_uri"},
      {"authorization_endpoint", "http://idp.example/authorize", "no https URL"},
      {"authorization_endpoint", "javascript:alert(1)", "no https URL"},
      {"authorization_endpoint", "https://idp.example/\r\nx", "no https URL"},
      {"authorization_endpoint", "https://idp.example/#fragment", "no https URL"},
      {"token_endpoint", "http://127.0.0.1.evil.example/", "no https URL"},
      {"token_endpoint", "file:///etc/passwd", "no https URL"},
      {"jwks_uri", "https://idp.example/" + std::string(3000, 'x'), "no https URL"},
      {"response_types_supported", {"id_token"}, "code flow"},
      {"grant_types_supported", {"implicit"}, "code flow"},
      {"code_challenge_methods_supported", {"plain"}, "PKCE"},
      {"id_token_signing_alg_values_supported", {"HS256", "none"}, "no algorithm"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(absl::StrCat(test.name, " ", test.said));
    idp_.discovery = good;
    connector_ = NewHttpOidcConnector(&idp_, &clock_);
    const std::string query = SignIn();
    if (test.value.is_null()) {
      idp_.discovery.erase(test.name);
    } else {
      idp_.discovery[test.name] = test.value;
    }
    connector_ = NewHttpOidcConnector(&idp_, &clock_);
    const absl::Status status = Url().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_EQ(ReasonOf(status), reason::kIdpUnavailable);
    EXPECT_THAT(std::string(status.message()), HasSubstr(test.said));
    ExpectFailed(Verify(query), Failure::kDiscoveryInvalid, test.said);
  }
}

TEST_F(OidcConnectorTest, RefusesADiscoveryDocumentThatIsNone) {
  for (const std::string& body :
       {std::string("<html>"), std::string(""), std::string("[]"), std::string("{\"issuer\":"),
        absl::StrCat("{\"issuer\":\"", OidcTestIdp::kIssuer, "\",\"issuer\":\"x\"}"),
        std::string(300'000, ' ')}) {
    idp_.answers[kDiscoveryUrl] = {.status = 200, .body = body};
    EXPECT_EQ(Url().status().code(), absl::StatusCode::kFailedPrecondition);
  }
}

TEST_F(OidcConnectorTest, AnIdpThatCannotBeAskedDecidesNothing) {
  const std::string query = SignIn();
  for (const char* url : {kTokenUrl, kKeysUrl}) {
    idp_.unreachable = url;
    const absl::Status status = VerifyStatus(SignIn());
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << url;
    EXPECT_EQ(ReasonOf(status), reason::kIdpUnavailable);
  }
  idp_.unreachable = kDiscoveryUrl;
  EXPECT_EQ(Url().status().code(), absl::StatusCode::kUnavailable);
  idp_.unreachable.clear();
  for (const int status : {404, 302, 500}) {
    idp_.answers[kDiscoveryUrl] = {.status = status};
    EXPECT_EQ(Url().status().code(), absl::StatusCode::kUnavailable) << status;
  }
  for (const int status : {429, 500, 503}) {
    idp_.answers[kTokenUrl] = {.status = status};
    EXPECT_EQ(VerifyStatus(query).code(), absl::StatusCode::kUnavailable) << status;
  }
}

TEST_F(OidcConnectorTest, RefusesATokenResponseThatIsNone) {
  const std::string query = SignIn();
  const struct {
    int status;
    std::string body;
    Failure failure;
  } cases[] = {
      {200, "<html>", Failure::kMalformedResponse},
      {200, "", Failure::kMalformedResponse},
      {200, "{}", Failure::kMalformedResponse},
      {200, R"({"id_token":7})", Failure::kMalformedResponse},
      {200, R"({"id_token":"a.b.c","id_token":"d.e.f"})", Failure::kMalformedResponse},
      {200, R"({"access_token":"x"})", Failure::kMalformedResponse},
      {302, "", Failure::kCodeRefused},
      {404, "<html>", Failure::kCodeRefused},
      {400, R"({"error":"invalid_grant","error_description":"AADSTS70008: expired"})",
       Failure::kCodeRefused},
      // One that echoes the code that we sent.
      {400, R"({"error":"invalid_grant","error_description":"bad secret-code-1"})",
       Failure::kCodeRefused},
      {401, R"({"error":"a client:secret+with %"})", Failure::kCodeRefused},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.body);
    idp_.answers[kTokenUrl] = {.status = test.status, .body = test.body};
    ExpectFailed(Verify(query), test.failure);
  }
}

// --- caches ---

TEST_F(OidcConnectorTest, FetchesTheKeysOnceAndDiscoveryForEverySignInUrl) {
  for (int i = 0; i < 3; ++i) ExpectPassed(SignInAndVerify());
  EXPECT_EQ(idp_.FetchesOf(kDiscoveryUrl), 3);
  EXPECT_EQ(idp_.FetchesOf(kKeysUrl), 1);
  const std::string query = SignIn();
  clock_.Advance(OidcDirectory::kProviderTtl);
  ExpectPassed(Verify(query));
  EXPECT_EQ(idp_.FetchesOf(kDiscoveryUrl), 5);
  clock_.Advance(OidcDirectory::kKeysTtl);
  ExpectPassed(SignInAndVerify());
  EXPECT_EQ(idp_.FetchesOf(kKeysUrl), 2);
}

TEST_F(OidcConnectorTest, FindsANewKeyAtOnceAndAsksForUnknownOnesOnceAMinute) {
  ExpectPassed(SignInAndVerify());
  clock_.Advance(OidcDirectory::kMinRefetchInterval);
  idp_.jwks["keys"].push_back(OidcTestJwk("rsa2", "rsa2"));
  idp_.signing_key = "rsa2";
  ExpectPassed(SignInAndVerify());
  EXPECT_EQ(idp_.FetchesOf(kKeysUrl), 2);

  idp_.edit = [](json& header, json&) { header["kid"] = "made up"; };
  for (int i = 0; i < 20; ++i) ExpectFailed(SignInAndVerify(), Failure::kUnknownKey);
  EXPECT_EQ(idp_.FetchesOf(kKeysUrl), 2);
  clock_.Advance(OidcDirectory::kMinRefetchInterval);
  for (int i = 0; i < 20; ++i) ExpectFailed(SignInAndVerify(), Failure::kUnknownKey);
  EXPECT_EQ(idp_.FetchesOf(kKeysUrl), 3);
}

TEST_F(OidcConnectorTest, AWithdrawnKeyEndsWithTheCache) {
  ExpectPassed(SignInAndVerify());
  idp_.jwks["keys"] = {OidcTestJwk("ec", "ec")};
  clock_.Advance(OidcDirectory::kKeysTtl);
  ExpectFailed(SignInAndVerify(), Failure::kUnknownKey);
}

TEST_F(OidcConnectorTest, AFailedRefetchKeepsTheKeysThatThereAre) {
  ExpectPassed(SignInAndVerify());
  clock_.Advance(OidcDirectory::kMinRefetchInterval);
  idp_.unreachable = kKeysUrl;
  idp_.edit = [](json& header, json&) { header["kid"] = "made up"; };
  EXPECT_EQ(VerifyStatus(SignIn()).code(), absl::StatusCode::kUnavailable);
  idp_.edit = nullptr;
  ExpectPassed(SignInAndVerify());
}

TEST_F(OidcConnectorTest, RefusesAKeySetThatIsNone) {
  json many = {{"keys", json::array()}};
  for (int i = 0; i < 101; ++i) many["keys"].push_back(OidcTestJwk("ec", absl::StrCat(i)));
  for (const std::string& body : {std::string("{}"), std::string("{\"keys\":{}}"),
                                  std::string("[]"), std::string("x"), many.dump()}) {
    connector_ = NewHttpOidcConnector(&idp_, &clock_);
    idp_.answers[kKeysUrl] = {.status = 200, .body = body};
    ExpectFailed(SignInAndVerify(), Failure::kDiscoveryInvalid, "key set");
  }
}

TEST_F(OidcConnectorTest, PassesOverKeysThatItCannotUse) {
  idp_.jwks["keys"] = {{{"kty", "OKP"}, {"kid", "rsa"}, {"crv", "Ed25519"}, {"x", "AA"}},
                       {{"kty", "oct"}, {"kid", "rsa"}, {"k", "AAAA"}},
                       "no object",
                       {{"kty", "RSA"}, {"kid", {1, 2}}},
                       OidcTestJwk("rsa", "rsa")};
  ExpectPassed(SignInAndVerify());
}

// A token endpoint on another host is common (one of the largest IdPs has it so),
// and proves nothing by itself: what counts is whose key signed.
TEST_F(OidcConnectorTest, ATokenEndpointElsewhereIsTakenButItsOwnTokensAreNot) {
  idp_.discovery["token_endpoint"] = "https://tokens.other.example/token";
  ExpectPassed(SignInAndVerify());
  idp_.signing_key = "rsa2";
  ExpectFailed(SignInAndVerify(), Failure::kUnknownKey);
  idp_.edit = [](json& header, json&) { header["kid"] = "rsa"; };
  ExpectFailed(SignInAndVerify(), Failure::kSignatureInvalid);
}

}  // namespace
}  // namespace gatehouse
