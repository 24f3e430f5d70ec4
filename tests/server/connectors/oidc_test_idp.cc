#include "tests/server/connectors/oidc_test_idp.h"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>

#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "server/connectors/form_encoding.h"

namespace gatehouse {
namespace {

using nlohmann::json;
using DigestContext = std::unique_ptr<EVP_MD_CTX, OpensslFree<EVP_MD_CTX_free>>;
using BigNumber = std::unique_ptr<BIGNUM, OpensslFree<BN_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, OpensslFree<ECDSA_SIG_free>>;

std::string NumberOf(EVP_PKEY* key, const char* parameter, int size = 0) {
  BIGNUM* number = nullptr;
  EXPECT_EQ(EVP_PKEY_get_bn_param(key, parameter, &number), 1);
  const BigNumber owned(number);
  std::string bytes(static_cast<size_t>(size > 0 ? size : BN_num_bytes(number)), '\0');
  BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()),
               static_cast<int>(bytes.size()));
  return bytes;
}

const EVP_MD* DigestOf(const std::string& algorithm) {
  return absl::EndsWith(algorithm, "512")   ? EVP_sha512()
         : absl::EndsWith(algorithm, "384") ? EVP_sha384()
                                            : EVP_sha256();
}

// JWS carries r and s as they are (RFC 7518, 3.4), OpenSSL gives DER.
std::string RawEcdsa(const std::string& der, int size) {
  const auto* data = reinterpret_cast<const unsigned char*>(der.data());
  const EcdsaSignature signature(d2i_ECDSA_SIG(nullptr, &data, static_cast<long>(der.size())));
  std::string raw(static_cast<size_t>(2 * size), '\0');
  auto* out = reinterpret_cast<unsigned char*>(raw.data());
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), out, size);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), out + size, size);
  return raw;
}

std::map<std::string, std::string> ParametersOf(absl::string_view encoded) {
  std::map<std::string, std::string> parameters;
  const auto fields = FormDecode(encoded);
  EXPECT_TRUE(fields.ok());
  for (const auto& [name, value] : *fields) {
    EXPECT_TRUE(parameters.emplace(name, value).second) << name << " twice";
  }
  return parameters;
}

std::string Sha256(const std::string& text) {
  std::string digest(32, '\0');
  EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
             EVP_sha256(), nullptr);
  return digest;
}

HttpResponse Json(int status, const json& body) {
  return {.status = status, .content_type = "application/json", .body = body.dump()};
}

}  // namespace

EVP_PKEY* OidcTestKey(const std::string& name) {
  static auto* const keys = [] {
    auto* made = new std::map<std::string, KeyHandle>();
    for (const char* rsa : {"rsa", "rsa2"}) (*made)[rsa].reset(EVP_RSA_gen(2048));
    (*made)["rsa1024"].reset(EVP_RSA_gen(1024));
    for (const char* ec : {"ec", "ec2"}) (*made)[ec].reset(EVP_EC_gen("P-256"));
    (*made)["ec384"].reset(EVP_EC_gen("P-384"));
    return made;
  }();
  return keys->at(name).get();
}

std::string Base64Url(absl::string_view bytes) {
  std::string encoded;
  absl::WebSafeBase64Escape(bytes, &encoded);
  return encoded;
}

json OidcTestJwk(const std::string& name, const std::string& kid) {
  EVP_PKEY* const key = OidcTestKey(name);
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
    return {{"kty", "RSA"},
            {"kid", kid},
            {"use", "sig"},
            {"n", Base64Url(NumberOf(key, OSSL_PKEY_PARAM_RSA_N))},
            {"e", Base64Url(NumberOf(key, OSSL_PKEY_PARAM_RSA_E))}};
  }
  const int size = (EVP_PKEY_get_bits(key) + 7) / 8;
  return {{"kty", "EC"},
          {"kid", kid},
          {"crv", size == 48 ? "P-384" : "P-256"},
          {"x", Base64Url(NumberOf(key, OSSL_PKEY_PARAM_EC_PUB_X, size))},
          {"y", Base64Url(NumberOf(key, OSSL_PKEY_PARAM_EC_PUB_Y, size))}};
}

std::string SignCompact(const std::string& header, const std::string& payload,
                        const std::string& key_name, const std::string& algorithm) {
  EVP_PKEY* const key = OidcTestKey(key_name);
  const std::string input = absl::StrCat(Base64Url(header), ".", Base64Url(payload));
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;
  EXPECT_EQ(EVP_DigestSignInit(context.get(), &key_context, DigestOf(algorithm), nullptr, key), 1);
  if (absl::StartsWith(algorithm, "PS")) {
    EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST);
  }
  const auto* data = reinterpret_cast<const unsigned char*>(input.data());
  size_t size = 0;
  EVP_DigestSign(context.get(), nullptr, &size, data, input.size());
  std::string signature(size, '\0');
  EXPECT_EQ(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                           data, input.size()),
            1);
  signature.resize(size);
  if (absl::StartsWith(algorithm, "ES")) {
    signature = RawEcdsa(signature, (EVP_PKEY_get_bits(key) + 7) / 8);
  }
  return absl::StrCat(input, ".", Base64Url(signature));
}

OidcTestIdp::OidcTestIdp(std::function<absl::Time()> now) : now_(std::move(now)) {
  discovery = {{"issuer", kIssuer},
               {"authorization_endpoint", "https://idp.example/authorize?tenant=7"},
               {"token_endpoint", "https://idp.example/token"},
               {"jwks_uri", "https://idp.example/keys"},
               {"response_types_supported", {"code", "id_token"}},
               {"code_challenge_methods_supported", {"S256"}},
               {"id_token_signing_alg_values_supported", {"RS256", "ES256"}},
               {"authorization_response_iss_parameter_supported", true}};
  jwks = {{"keys", {OidcTestJwk("rsa", "rsa"), OidcTestJwk("ec", "ec")}}};
}

std::string OidcTestIdp::SignIn(const std::string& sign_in_url) {
  const Grant grant{ParametersOf(sign_in_url.substr(sign_in_url.find('?') + 1))};
  const std::string code = absl::StrCat("secret-code-", ++codes_);
  grants_[code] = grant;
  FormFields query = {{"code", code}, {"state", grant.parameters.at("state")}};
  if (sends_issuer) query.emplace_back("iss", kIssuer);
  return FormEncode(query);
}

absl::StatusOr<HttpResponse> OidcTestIdp::Fetch(const HttpRequest& request) {
  fetched.push_back(request.url);
  if (request.url == unreachable) {
    return Error(absl::StatusCode::kUnavailable, reason::kIdpUnavailable, "no connection").Build();
  }
  if (const auto answer = answers.find(request.url); answer != answers.end()) {
    return answer->second;
  }
  if (request.url == absl::StrCat(kIssuer, "/.well-known/openid-configuration")) {
    return Json(200, discovery);
  }
  if (request.url == discovery.value("jwks_uri", "")) return Json(200, jwks);
  if (request.url == discovery.value("token_endpoint", "")) return ExchangeCode(request);
  return HttpResponse{.status = 404};
}

int OidcTestIdp::FetchesOf(const std::string& url) const {
  return static_cast<int>(std::count(fetched.begin(), fetched.end(), url));
}

HttpResponse OidcTestIdp::ExchangeCode(const HttpRequest& request) {
  token_requests.push_back(request);
  auto form = ParametersOf(request.form);
  std::string authorization;
  for (const auto& [name, value] : request.headers) {
    if (name == "Authorization") authorization = value;
  }
  const std::string basic = absl::StrCat(
      "Basic ",
      absl::Base64Escape(absl::StrCat(FormEncode(kClientId), ":", FormEncode(kClientSecret))));
  const bool is_client = is_public_client
                             ? form["client_id"] == kClientId && authorization.empty()
                             : authorization == basic || (form["client_id"] == kClientId &&
                                                          form["client_secret"] == kClientSecret);
  if (!is_client) return Json(401, {{"error", "invalid_client"}});
  const auto grant = grants_.find(form["code"]);
  if (grant == grants_.end()) {
    return Json(400, {{"error", "invalid_grant"}, {"error_description", "code was used"}});
  }
  Grant used = std::move(grant->second);
  grants_.erase(grant);
  if (form["grant_type"] != "authorization_code" ||
      form["redirect_uri"] != used.parameters["redirect_uri"] ||
      (checks_verifier &&
       Base64Url(Sha256(form["code_verifier"])) != used.parameters["code_challenge"])) {
    return Json(400, {{"error", "invalid_grant"}});
  }
  return Json(200, {{"access_token", "secret-access-token"},
                    {"token_type", "Bearer"},
                    {"id_token", MakeToken(used)}});
}

std::string OidcTestIdp::MakeToken(const Grant& grant) {
  json header = {{"alg", algorithm}, {"typ", "JWT"}, {"kid", signing_key}};
  const int64_t now = absl::ToUnixSeconds(now_());
  json claims = {{"iss", kIssuer},
                 {"sub", "user-7"},
                 {"aud", grant.parameters.at("client_id")},
                 {"exp", now + 300},
                 {"iat", now},
                 {"nonce", grant.parameters.at("nonce")},
                 {"email", "bob@acme.example"},
                 {"email_verified", true}};
  if (edit) edit(header, claims);
  std::string token = SignCompact(header.dump(), claims.dump(), signing_key, algorithm);
  return replace_token ? replace_token(std::move(token)) : token;
}

}  // namespace gatehouse
