// Forged, stolen and twisted ID tokens: none may pass.
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <functional>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/server/connectors/oidc_test_case.h"

namespace gatehouse {
namespace {

using nlohmann::json;
using Failure = ConnectionTestFailure;
using ::testing::HasSubstr;

class OidcAttacksTest : public OidcTestCase {};

struct TokenAttack {
  const char* what;
  Failure failure;
  std::function<void(OidcTestIdp&)> prepare;
  const char* said = "";
};

std::function<void(OidcTestIdp&)> Header(std::function<void(json&)> edit) {
  return [edit](OidcTestIdp& idp) { idp.edit = [edit](json& header, json&) { edit(header); }; };
}
std::function<void(OidcTestIdp&)> Claims(std::function<void(json&)> edit) {
  return [edit](OidcTestIdp& idp) { idp.edit = [edit](json&, json& claims) { edit(claims); }; };
}
std::function<void(OidcTestIdp&)> Claim(const char* name, const json& value) {
  return Claims([name, value](json& claims) { claims[name] = value; });
}
std::function<void(OidcTestIdp&)> Without(const char* name) {
  return Claims([name](json& claims) { claims.erase(name); });
}
// The finished token, taken apart by its dots.
std::function<void(OidcTestIdp&)> Parts(std::function<std::string(std::vector<std::string>)> edit) {
  return [edit](OidcTestIdp& idp) {
    idp.replace_token = [edit](const std::string& token) {
      return edit(absl::StrSplit(token, '.'));
    };
  };
}
// The header replaced after signing; the signature is left or dropped.
std::function<void(OidcTestIdp&)> Reheaded(const std::string& header, bool keep_signature = true) {
  return Parts([=](std::vector<std::string> parts) {
    return absl::StrCat(Base64Url(header), ".", parts[1], ".", keep_signature ? parts[2] : "");
  });
}

std::string PublicPem(const std::string& key) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PUBKEY(bio.get(), OidcTestKey(key));
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

// Signed by HMAC with `secret`.
std::function<void(OidcTestIdp&)> Hmac(const std::string& algorithm, const std::string& secret) {
  return Parts([=](std::vector<std::string> parts) {
    const std::string input = absl::StrCat(
        Base64Url(absl::StrCat("{\"alg\":\"", algorithm, "\",\"kid\":\"rsa\"}")), ".", parts[1]);
    std::string mac(32, '\0');
    unsigned int size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
         reinterpret_cast<const unsigned char*>(input.data()), input.size(),
         reinterpret_cast<unsigned char*>(mac.data()), &size);
    return absl::StrCat(input, ".", Base64Url(mac));
  });
}

std::vector<TokenAttack> HeaderAttacks() {
  std::vector<TokenAttack> attacks;
  for (const char* none : {"none", "None", "NONE", "nOnE"}) {
    const std::string header = absl::StrCat("{\"alg\":\"", none, "\"}");
    attacks.push_back({"alg none, signature kept", Failure::kUnsigned, Reheaded(header)});
    attacks.push_back({"alg none, no signature", Failure::kUnsigned, Reheaded(header, false)});
  }
  for (const char* alg : {"none ", " none", "HS256", "HS384", "HS512", "ES256K", "ES512", "EdDSA",
                          "RS1", "rs256", "RS256 ", "RSA-OAEP", "dir", "", "Ed25519"}) {
    attacks.push_back({alg, Failure::kAlgorithmForbidden,
                       Reheaded(absl::StrCat("{\"alg\":\"", alg, "\",\"kid\":\"rsa\"}"))});
  }
  for (const char* header :
       {"{\"kid\":\"rsa\"}", "{\"alg\":null}", "{\"alg\":[\"RS256\"]}", "{\"alg\":1}",
        "{\"alg\":{\"RS256\":1}}", "{\"alg\":\"none\",\"alg\":\"RS256\"}",
        "{\"alg\":\"RS256\",\"kid\":\"rsa\",\"kid\":\"ec\"}", "{\"alg\":\"RS256\",\"kid\":7}",
        "[\"RS256\"]", "\"RS256\"", "", "{", "{\"alg\":\"RS256\"}x", "\xff"}) {
    attacks.push_back({header, Failure::kMalformedResponse, Reheaded(header)});
  }
  const std::string pem = PublicPem("rsa");
  attacks.push_back(
      {"HMAC with the public key's PEM", Failure::kAlgorithmForbidden, Hmac("HS256", pem)});
  attacks.push_back({"HMAC with the modulus", Failure::kAlgorithmForbidden,
                     Hmac("HS256", OidcTestJwk("rsa", "rsa").at("n").get<std::string>())});
  attacks.push_back({"HMAC with the client secret", Failure::kAlgorithmForbidden,
                     Hmac("HS256", OidcTestIdp::kClientSecret)});
  attacks.push_back(
      {"HMAC under the name of RS256", Failure::kSignatureInvalid, Hmac("RS256", pem)});
  attacks.push_back({"no signature", Failure::kUnsigned, Parts([](std::vector<std::string> p) {
                       return absl::StrCat(p[0], ".", p[1], ".");
                     })});
  for (const char* type : {"at+jwt", "logout+jwt", "secevent+jwt", "dpop+jwt", "JWE", ""}) {
    attacks.push_back({type, Failure::kSignatureStructure,
                       Header([type](json& header) { header["typ"] = type; }), "typ"});
  }
  attacks.push_back({"typ is no text", Failure::kSignatureStructure,
                     Header([](json& header) { header["typ"] = 7; })});
  attacks.push_back({"crit of something unknown", Failure::kSignatureStructure,
                     Header([](json& header) { header["crit"] = {"exp"}; }), "crit"});
  attacks.push_back({"crit, empty", Failure::kSignatureStructure,
                     Header([](json& header) { header["crit"] = json::array(); })});
  attacks.push_back({"payload not encoded", Failure::kSignatureStructure, Header([](json& header) {
                       header["b64"] = false;
                       header["crit"] = {"b64"};
                     })});
  return attacks;
}

std::vector<TokenAttack> KeyAttacks() {
  return {
      {"unknown kid", Failure::kUnknownKey, Header([](json& header) { header["kid"] = "other"; }),
       "\"other\""},
      {"kid with a path", Failure::kUnknownKey,
       Header([](json& header) { header["kid"] = "../../dev/null"; })},
      {"kid with SQL", Failure::kUnknownKey,
       Header([](json& header) { header["kid"] = "x' UNION SELECT 'k"; })},
      {"empty kid", Failure::kUnknownKey, Header([](json& header) { header["kid"] = ""; })},
      {"no kid, several keys", Failure::kUnknownKey,
       [](OidcTestIdp& idp) {
         idp.jwks["keys"].push_back(OidcTestJwk("rsa2", "rsa2"));
         Header([](json& header) { header.erase("kid"); })(idp);
       },
       "names no key"},
      {"right kid, other key", Failure::kSignatureInvalid,
       [](OidcTestIdp& idp) {
         idp.signing_key = "rsa2";
         Header([](json& header) { header["kid"] = "rsa"; })(idp);
       }},
      {"right kid, other EC key", Failure::kSignatureInvalid,
       [](OidcTestIdp& idp) {
         idp.signing_key = "ec2";
         idp.algorithm = "ES256";
         Header([](json& header) { header["kid"] = "ec"; })(idp);
       }},
      {"ES256 that names an RSA key", Failure::kUnknownKey,
       [](OidcTestIdp& idp) {
         idp.signing_key = "ec";
         idp.algorithm = "ES256";
         Header([](json& header) { header["kid"] = "rsa"; })(idp);
       }},
      {"RS256 that names an EC key", Failure::kUnknownKey,
       Header([](json& header) { header["kid"] = "ec"; })},
      {"ES384 by a key on P-256", Failure::kSignatureInvalid,
       [](OidcTestIdp& idp) {
         idp.signing_key = "ec";
         idp.algorithm = "ES384";
       }},
      {"another algorithm than the key's alg", Failure::kUnknownKey,
       [](OidcTestIdp& idp) {
         idp.algorithm = "RS512";
         idp.jwks["keys"][0]["alg"] = "RS256";
       }},
      {"RS256 said, PS256 made", Failure::kSignatureInvalid,
       [](OidcTestIdp& idp) {
         idp.algorithm = "PS256";
         Header([](json& header) { header["alg"] = "RS256"; })(idp);
       }},
      {"RS512 said, RS256 made", Failure::kSignatureInvalid,
       Header([](json& header) { header["alg"] = "RS512"; })},
      {"key for encryption", Failure::kUnknownKey,
       [](OidcTestIdp& idp) { idp.jwks["keys"][0]["use"] = "enc"; }, "not for signatures"},
      {"key_ops without verify", Failure::kUnknownKey,
       [](OidcTestIdp& idp) { idp.jwks["keys"][0]["key_ops"] = {"encrypt"}; }},
      {"RSA of 1024 bits", Failure::kUnknownKey,
       [](OidcTestIdp& idp) {
         idp.signing_key = "rsa1024";
         idp.jwks["keys"].push_back(OidcTestJwk("rsa1024", "rsa1024"));
       },
       "below 2048"},
      {"RSA with the exponent 1", Failure::kUnknownKey,
       [](OidcTestIdp& idp) { idp.jwks["keys"][0]["e"] = "AQ"; }, "exponent"},
      {"RSA with an even exponent", Failure::kUnknownKey,
       [](OidcTestIdp& idp) { idp.jwks["keys"][0]["e"] = "AQAA"; }, "exponent"},
      {"RSA with a huge exponent", Failure::kUnknownKey,
       [](OidcTestIdp& idp) { idp.jwks["keys"][0]["e"] = idp.jwks["keys"][0]["n"]; }, "exponent"},
      {"RSA without a modulus", Failure::kUnknownKey,
       [](OidcTestIdp& idp) { idp.jwks["keys"][0].erase("n"); }},
      {"EC point off the curve", Failure::kUnknownKey,
       [](OidcTestIdp& idp) {
         idp.signing_key = "ec";
         idp.algorithm = "ES256";
         idp.jwks["keys"][1]["x"] = idp.jwks["keys"][1]["y"];
       },
       "no valid public key"},
      {"EC point at zero", Failure::kUnknownKey,
       [](OidcTestIdp& idp) {
         idp.signing_key = "ec";
         idp.algorithm = "ES256";
         idp.jwks["keys"][1]["x"] = Base64Url(std::string(32, '\0'));
         idp.jwks["keys"][1]["y"] = Base64Url(std::string(32, '\0'));
       }},
      {"EC key that says another curve", Failure::kUnknownKey,
       [](OidcTestIdp& idp) {
         idp.signing_key = "ec";
         idp.algorithm = "ES256";
         idp.jwks["keys"][1]["crv"] = "P-384";
       }},
      {"symmetric key under the kid", Failure::kUnknownKey,
       [](OidcTestIdp& idp) {
         idp.jwks["keys"] = {{{"kty", "oct"}, {"kid", "rsa"}, {"k", "c2VjcmV0"}}};
       },
       "another type"},
      {"no key at all", Failure::kUnknownKey,
       [](OidcTestIdp& idp) { idp.jwks["keys"] = json::array(); }},
      // Keys that travel with the token are not looked at.
      {"key embedded as jwk", Failure::kSignatureInvalid,
       [](OidcTestIdp& idp) {
         idp.signing_key = "rsa2";
         Header([](json& header) {
           header["kid"] = "rsa";
           header["jwk"] = OidcTestJwk("rsa2", "rsa");
         })(idp);
       }},
      {"key at a jku", Failure::kUnknownKey,
       [](OidcTestIdp& idp) {
         idp.signing_key = "rsa2";
         idp.answers["https://evil.example/keys"] = {
             .status = 200, .body = json{{"keys", {OidcTestJwk("rsa2", "rsa2")}}}.dump()};
         Header([](json& header) { header["jku"] = "https://evil.example/keys"; })(idp);
       }},
      {"certificate at an x5u and in x5c", Failure::kUnknownKey,
       [](OidcTestIdp& idp) {
         idp.signing_key = "rsa2";
         Header([](json& header) {
           header["x5u"] = "https://evil.example/cert";
           header["x5c"] = {"MIIB"};
         })(idp);
       }},
  };
}

std::vector<TokenAttack> ClaimAttacks() {
  const int64_t now = 1'700'000'000;
  return {
      {"wrong nonce", Failure::kWrongNonce, Claim("nonce", std::string(43, 'x'))},
      {"nonce of another length", Failure::kWrongNonce, Claim("nonce", std::string(42, 'n'))},
      {"nonce is no text", Failure::kWrongNonce, Claim("nonce", {std::string(43, 'n')})},
      {"empty nonce", Failure::kWrongNonce, Claim("nonce", "")},
      {"no nonce", Failure::kWrongNonce, Without("nonce")},
      {"wrong audience", Failure::kWrongAudience, Claim("aud", "another-client")},
      {"audience that begins as ours", Failure::kWrongAudience, Claim("aud", "gatehouse-client2")},
      {"audience in other case", Failure::kWrongAudience, Claim("aud", "Gatehouse-Client")},
      {"no audience", Failure::kWrongAudience, Without("aud")},
      {"no audience in the list", Failure::kWrongAudience, Claim("aud", json::array())},
      {"audience is an object", Failure::kWrongAudience,
       Claim("aud", json{{"gatehouse-client", true}})},
      {"several audiences without azp", Failure::kWrongAudience,
       Claim("aud", {"gatehouse-client", "other"}), "azp"},
      {"wrong azp", Failure::kWrongAudience, Claim("azp", "another-client"), "azp"},
      {"azp is no text", Failure::kWrongAudience, Claim("azp", 7)},
      {"wrong azp of several audiences", Failure::kWrongAudience, Claims([](json& claims) {
         claims["aud"] = {"gatehouse-client", "other"};
         claims["azp"] = "other";
       })},
      {"101 audiences", Failure::kWrongAudience, Claims([](json& claims) {
         claims["aud"] = std::vector<std::string>(101, "gatehouse-client");
         claims["azp"] = "gatehouse-client";
       })},
      {"wrong issuer", Failure::kWrongIssuer, Claim("iss", "https://evil.example")},
      {"issuer with a slash more", Failure::kWrongIssuer,
       Claim("iss", "https://idp.example/tenant/")},
      {"no issuer", Failure::kWrongIssuer, Without("iss")},
      {"issuer is no text", Failure::kWrongIssuer, Claim("iss", {OidcTestIdp::kIssuer})},
      {"expired", Failure::kExpired, Claim("exp", now - 120)},
      {"expired long ago", Failure::kExpired, Claim("exp", 0)},
      {"no end", Failure::kMissingTimeLimits, Without("exp")},
      {"end as a text", Failure::kMissingTimeLimits, Claim("exp", "1900000000")},
      {"end is true", Failure::kMissingTimeLimits, Claim("exp", true)},
      {"end out of range", Failure::kMissingTimeLimits, Claim("exp", 1e300)},
      {"end is negative", Failure::kMissingTimeLimits, Claim("exp", -1)},
      {"no issue time", Failure::kMissingTimeLimits, Without("iat")},
      {"not yet valid", Failure::kNotYetValid, Claim("nbf", now + 121)},
      {"not before is no time", Failure::kNotYetValid, Claim("nbf", "soon")},
      {"issued far ahead", Failure::kNotYetValid, Claim("iat", now + 86'400)},
      {"no subject", Failure::kMalformedResponse, Without("sub"), "sub"},
      {"empty subject", Failure::kMalformedResponse, Claim("sub", "")},
      {"subject is no text", Failure::kMalformedResponse, Claim("sub", 7)},
      {"subject too long", Failure::kMalformedResponse, Claim("sub", std::string(256, 's'))},
      {"no email", Failure::kNoEmail, Without("email"), "email_verified"},
      {"email is no text", Failure::kNoEmail, Claim("email", {"bob@acme.example"})},
      {"empty email", Failure::kNoEmail, Claim("email", "")},
      {"email too long", Failure::kNoEmail, Claim("email", std::string(2000, 'x'))},
      {"email not verified", Failure::kEmailNotVerified, Claim("email_verified", false), "false"},
      {"email_verified absent", Failure::kEmailNotVerified, Without("email_verified"), "nothing"},
      {"email_verified is a text", Failure::kEmailNotVerified, Claim("email_verified", "true"),
       "a text"},
      {"email_verified is 1", Failure::kEmailNotVerified, Claim("email_verified", 1)},
      {"email_verified is null", Failure::kEmailNotVerified, Claim("email_verified", nullptr)},
      {"email_verified is a list", Failure::kEmailNotVerified, Claim("email_verified", {true})},
  };
}

std::vector<TokenAttack> FormAttacks() {
  const auto replaced = [](const std::string& payload) {
    return [payload](OidcTestIdp& idp) {
      idp.replace_token = [payload](const std::string&) {
        return SignCompact("{\"alg\":\"RS256\",\"kid\":\"rsa\"}", payload, "rsa", "RS256");
      };
    };
  };
  const auto whole = [](const std::string& token) {
    return [token](OidcTestIdp& idp) {
      idp.replace_token = [token](const std::string&) { return token; };
    };
  };
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "{\"a\":";
  std::vector<TokenAttack> attacks = {
      {"signed, but no JSON", Failure::kMalformedResponse, replaced("not json")},
      {"signed list", Failure::kMalformedResponse, replaced("[]")},
      {"claims nested deeply", Failure::kMalformedResponse, replaced(deep)},
      {"claims with a member twice", Failure::kMalformedResponse,
       replaced(R"({"aud":"gatehouse-client","aud":"x"})"), "twice"},
      {"member twice by an escape", Failure::kMalformedResponse,
       replaced(R"({"aud":"gatehouse-client","\u0061ud":"x"})"), "twice"},
      {"claims are not UTF-8", Failure::kMalformedResponse, replaced("{\"iss\":\"\xc3\x28\"}")},
      {"empty token", Failure::kMalformedResponse, whole("")},
      {"two dots alone", Failure::kMalformedResponse, whole("..")},
      {"one part", Failure::kMalformedResponse, whole("eyJhbGciOiJSUzI1NiJ9")},
      {"JWE", Failure::kMalformedResponse, whole("eyJhbGciOiJkaXIifQ..a.b.c"), "JWE"},
      {"JSON serialization", Failure::kMalformedResponse,
       whole(R"({"payload":"e30","signatures":[]})")},
      {"huge token", Failure::kMalformedResponse, whole(std::string(100'000, 'A')), "larger"},
      {"many dots", Failure::kMalformedResponse, whole(std::string(1000, '.'))},
      {"NUL", Failure::kMalformedResponse, whole(std::string("a\0.b.c", 6))},
  };
  for (const char* suffix : {"A", "AA", "AAAA"}) {
    attacks.push_back({"ECDSA signature with bytes behind it", Failure::kSignatureInvalid,
                       [suffix](OidcTestIdp& idp) {
                         idp.signing_key = "ec";
                         idp.algorithm = "ES256";
                         idp.replace_token = [suffix](const std::string& token) {
                           return token + suffix;
                         };
                       }});
  }
  for (const char* change : {"=", " ", "\n", "+", "/", "%3D"}) {
    attacks.push_back({"signature with another character", Failure::kMalformedResponse,
                       Parts([change](std::vector<std::string> p) {
                         return absl::StrCat(p[0], ".", p[1], ".", p[2], change);
                       })});
    attacks.push_back({"payload with another character", Failure::kMalformedResponse,
                       Parts([change](std::vector<std::string> p) {
                         return absl::StrCat(p[0], ".", p[1], change, ".", p[2]);
                       })});
  }
  return attacks;
}

TEST_F(OidcAttacksTest, RefusesEveryTwistedToken) {
  int count = 0;
  for (const auto& attacks : {HeaderAttacks(), KeyAttacks(), ClaimAttacks(), FormAttacks()}) {
    for (const TokenAttack& attack : attacks) {
      SCOPED_TRACE(attack.what);
      idp_ = OidcTestIdp([this] { return clock_.Now(); });
      connector_ = NewHttpOidcConnector(&idp_, &clock_);
      attack.prepare(idp_);
      ExpectFailed(SignInAndVerify(), attack.failure, attack.said);
      ++count;
      EXPECT_EQ(idp_.FetchesOf("https://evil.example/keys"), 0);
    }
  }
  EXPECT_GT(count, 120);
}

// The same table without its attack must pass, or it would prove nothing.
TEST_F(OidcAttacksTest, AcceptsTheSameTokenUntwisted) {
  for (const char* key : {"rsa", "ec"}) {
    idp_.signing_key = key;
    idp_.algorithm = std::string(key) == "ec" ? "ES256" : "RS256";
    ExpectPassed(SignInAndVerify());
  }
}

TEST_F(OidcAttacksTest, ACodeIsGoodOnce) {
  const std::string query = SignIn();
  ExpectPassed(Verify(query));
  ExpectFailed(Verify(query), Failure::kCodeRefused, "invalid_grant");
}

TEST_F(OidcAttacksTest, AStolenCodeIsWorthNothingWithoutItsVerifier) {
  OidcExpectations thief = Expectations();
  thief.session.code_verifier = std::string(43, 'w');
  ExpectFailed(Verify(SignIn(), thief), Failure::kCodeRefused, "invalid_grant");
}

// Even at an IdP that ignores PKCE, an injected code fails by its nonce.
TEST_F(OidcAttacksTest, AnInjectedCodeFailsByItsNonce) {
  idp_.checks_verifier = false;
  OidcSession victim = Session();
  victim.nonce = std::string(43, 'V');
  const auto url = connector_->SignInUrl(Expectations().settings, victim);
  ExpectFailed(Verify(idp_.SignIn(*url)), Failure::kWrongNonce);
}

TEST_F(OidcAttacksTest, RefusesEveryTwistedQueryAndAsksTheIdpNothing) {
  const std::string good = SignIn();
  const std::string state = absl::StrCat("state=", Session().state);
  const struct {
    const char* what;
    std::string query;
    Failure failure;
  } cases[] = {
      {"wrong state", "code=c&state=x", Failure::kWrongState},
      {"state of the right length", absl::StrCat("code=c&state=", std::string(43, 'S')),
       Failure::kWrongState},
      {"no state", "code=c", Failure::kWrongState},
      {"empty state", "code=c&state=", Failure::kWrongState},
      {"empty query", "", Failure::kWrongState},
      {"error without state", "error=access_denied", Failure::kWrongState},
      {"state twice", absl::StrCat(state, "&", good), Failure::kMalformedResponse},
      {"code twice", absl::StrCat(good, "&code=other"), Failure::kMalformedResponse},
      {"iss twice", absl::StrCat(good, "&iss=https%3A%2F%2Fevil.example"),
       Failure::kMalformedResponse},
      {"iss of another IdP", absl::StrCat("code=c&", state, "&iss=https%3A%2F%2Fevil.example"),
       Failure::kWrongIssuer},
      {"no iss, though the IdP sends it", absl::StrCat("code=c&", state), Failure::kWrongIssuer},
      {"error of another IdP", absl::StrCat("error=x&", state, "&iss=https%3A%2F%2Fevil.example"),
       Failure::kWrongIssuer},
      {"error",
       absl::StrCat("error=access_denied&error_description=user+said+no&", state,
                    "&iss=https%3A%2F%2Fidp.example%2Ftenant"),
       Failure::kIdpRefused},
      {"error beside a code", absl::StrCat(good, "&error=server_error"), Failure::kIdpRefused},
      {"no code", absl::StrCat(state, "&iss=https%3A%2F%2Fidp.example%2Ftenant"),
       Failure::kMalformedResponse},
      {"empty code", absl::StrCat("code=&", state, "&iss=https%3A%2F%2Fidp.example%2Ftenant"),
       Failure::kMalformedResponse},
      {"huge code",
       absl::StrCat("code=", std::string(5000, 'c'), "&", state,
                    "&iss=https%3A%2F%2Fidp.example%2Ftenant"),
       Failure::kMalformedResponse},
      {"ID token in the query (implicit flow)",
       absl::StrCat("id_token=eyJ.eyJ.x&", state, "&iss=https%3A%2F%2Fidp.example%2Ftenant"),
       Failure::kMalformedResponse},
      {"huge query", absl::StrCat(good, "&x=", std::string(20'000, 'x')),
       Failure::kMalformedResponse},
      {"broken escape", absl::StrCat(good, "&x=%zz"), Failure::kMalformedResponse},
      {"escape cut off", absl::StrCat(good, "&x=%2"), Failure::kMalformedResponse},
      {"too many fields",
       absl::StrCat(good, std::string(200, '&'),
                    [] {
                      std::string many;
                      for (int i = 0; i < 60; ++i) absl::StrAppend(&many, "&a", i, "=");
                      return many;
                    }()),
       Failure::kMalformedResponse},
      {"fragment", absl::StrCat("#", good), Failure::kMalformedResponse},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.what);
    if (std::string(test.what) == "fragment") {
      EXPECT_NE(Verify(test.query).failure, Failure::kNone);
      continue;
    }
    ExpectFailed(Verify(test.query), test.failure);
  }
  EXPECT_TRUE(idp_.token_requests.size() <= 1u) << "only the fragment's query may come so far";
}

// Deterministic mutants of good tokens: not one may verify.
TEST_F(OidcAttacksTest, NoMutantOfAGoodTokenVerifies) {
  std::mt19937 random(20261124);
  const auto pick = [&](size_t size) {
    return std::uniform_int_distribution<size_t>(0, size - 1)(random);
  };
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=";
  int passed = 0;
  for (const auto& [key, algorithm] :
       std::vector<std::pair<std::string, std::string>>{{"rsa", "RS256"}, {"ec", "ES256"}}) {
    idp_.signing_key = key;
    idp_.algorithm = algorithm;
    std::string good, mutant;
    idp_.replace_token = [&](const std::string& token) {
      good = token;
      mutant = token;
      for (size_t n = 1 + pick(3); n > 0; --n) {
        const size_t at = pick(mutant.size());
        switch (pick(5)) {
          case 0:
            mutant[at] = kAlphabet[pick(sizeof kAlphabet - 1)];
            break;
          case 1:
            mutant.erase(at, 1 + pick(4));
            break;
          case 2:
            mutant.insert(at, 1, kAlphabet[pick(sizeof kAlphabet - 1)]);
            break;
          case 3:
            std::swap(mutant[at], mutant[pick(mutant.size())]);
            break;
          default:
            mutant[at] = static_cast<char>(mutant[at] ^ (1 << pick(7)));
        }
        if (mutant.empty()) break;
      }
      if (mutant == token) mutant += 'A';
      return mutant;
    };
    for (int i = 0; i < 3000; ++i) {
      if (SignInAndVerify().failure != Failure::kNone) continue;
      ++passed;
      ADD_FAILURE() << "of   " << good << "\nthis " << mutant;
    }
    idp_.replace_token = nullptr;
    ExpectPassed(SignInAndVerify());
  }
  EXPECT_EQ(passed, 0);
}

}  // namespace
}  // namespace gatehouse
