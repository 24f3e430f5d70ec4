#include "server/connectors/oidc_id_token.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "policy/status_macros.h"
#include "server/connectors/cjose_handles.h"
#include "server/connectors/openssl_handles.h"
#include "server/connectors/strict_json.h"

namespace gatehouse {
namespace {

using json = nlohmann::json;

constexpr size_t kMaxHeaderBytes = 8 * 1024;

OidcRefusal Malformed(absl::string_view detail) {
  return {ConnectionTestFailure::kMalformedResponse, absl::StrCat("the ID token ", detail)};
}

// Base64url without padding (RFC 7515, 2). Decoders pass over much: white space,
// padding, the other alphabet, leftover bits. Encoded anew it must be the same.
std::optional<std::string> DecodeBase64Url(absl::string_view encoded) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(encoded, &bytes)) return std::nullopt;
  std::string again;
  absl::WebSafeBase64Escape(bytes, &again);
  if (again != encoded) return std::nullopt;
  return bytes;
}

// Tokens of other kinds that the same keys sign must not pass for an ID token
// (RFC 8725, 3.11).
bool IsIdTokenType(const json& header) {
  if (!header.contains("typ")) return true;
  const std::string type = StringMember(header, "typ").value_or("");
  return absl::EqualsIgnoreCase(type, "JWT") || absl::EqualsIgnoreCase(type, "application/jwt");
}

bool IsSignedBy(const OidcIdToken& token, const OidcKey& key, std::string& payload) {
  const OpensslErrorScope error_scope;
  cjose_err error{};
  const JwkHandle jwk(cjose_jwk_import(key.jwk.data(), key.jwk.size(), &error));
  const JwsHandle jws(cjose_jws_import(token.compact.data(), token.compact.size(), &error));
  if (jwk == nullptr || jws == nullptr || !cjose_jws_verify(jws.get(), jwk.get(), &error)) {
    return false;
  }
  uint8_t* bytes = nullptr;
  size_t size = 0;
  if (!cjose_jws_get_plaintext(jws.get(), &bytes, &size, &error)) return false;
  payload.assign(reinterpret_cast<const char*>(bytes), size);
  return true;
}

}  // namespace

OidcResult<OidcIdToken> ReadIdToken(absl::string_view compact) {
  if (compact.size() > kMaxIdTokenBytes) {
    return Malformed(absl::StrCat("is larger than ", kMaxIdTokenBytes, " bytes"));
  }
  const auto dots = std::count(compact.begin(), compact.end(), '.');
  if (dots == 4) return Malformed("is encrypted (JWE), which is not supported");
  if (dots != 2) return Malformed("is no JWS in compact form");
  const std::vector<absl::string_view> parts = absl::StrSplit(compact, '.');
  const std::optional<std::string> header_text = DecodeBase64Url(parts[0]);
  const std::optional<std::string> signature = DecodeBase64Url(parts[2]);
  if (!header_text || !DecodeBase64Url(parts[1]) || !signature) {
    return Malformed("is not base64url");
  }
  const absl::StatusOr<json> header = ParseStrictJson(*header_text, kMaxHeaderBytes);
  if (!header.ok()) return Malformed(absl::StrCat("has a header that ", header.status().message()));

  // The algorithm is settled before anything else, and before any key.
  const std::optional<std::string> name = StringMember(*header, "alg");
  if (!name) return Malformed("has no \"alg\" in its header");
  if (absl::EqualsIgnoreCase(*name, "none")) {
    return OidcRefusal{ConnectionTestFailure::kUnsigned,
                       "the ID token is not signed (alg \"none\")"};
  }
  OidcIdToken token{.compact = std::string(compact), .algorithm = FindOidcAlgorithm(*name)};
  if (token.algorithm == nullptr) {
    return OidcRefusal{ConnectionTestFailure::kAlgorithmForbidden,
                       absl::StrCat("the ID token is signed by ", Shown(*name),
                                    "; expected RS, PS (256, 384, 512), ES256 or ES384")};
  }
  if (signature->empty()) {
    return OidcRefusal{ConnectionTestFailure::kUnsigned, "the ID token has no signature"};
  }
  // cjose passes over a byte too many of an ECDSA signature. A proof has one form.
  if (token.algorithm->signature_bytes != 0 &&
      token.algorithm->signature_bytes != signature->size()) {
    return OidcRefusal{ConnectionTestFailure::kSignatureInvalid,
                       absl::StrCat("the signature has ", signature->size(), " bytes; expected ",
                                    token.algorithm->signature_bytes)};
  }
  if (header->contains("crit") || header->contains("b64") || header->contains("zip")) {
    return OidcRefusal{ConnectionTestFailure::kSignatureStructure,
                       "the ID token's header has an extension (crit, b64 or zip)"};
  }
  if (!IsIdTokenType(*header)) {
    return OidcRefusal{
        ConnectionTestFailure::kSignatureStructure,
        absl::StrCat("the header's typ is ", ShownOrNothing(StringMember(*header, "typ")),
                     "; expected \"JWT\" or none")};
  }
  if (header->contains("kid")) {
    token.key_id = StringMember(*header, "kid");
    if (!token.key_id) return Malformed("has a \"kid\" that is no text");
  }
  return token;
}

OidcResult<json> VerifyIdToken(const OidcIdToken& token, const std::vector<OidcKey>& keys) {
  std::string payload;
  const bool is_signed = std::any_of(keys.begin(), keys.end(), [&](const OidcKey& key) {
    // Selected so already; held to here, where it matters: by a key of another
    // type, a signature must not even be computed.
    return key.type == token.algorithm->key_type && key.curve == token.algorithm->curve &&
           IsSignedBy(token, key, payload);
  });
  if (!is_signed) {
    return OidcRefusal{ConnectionTestFailure::kSignatureInvalid,
                       absl::StrCat("the signature (", token.algorithm->name, ", kid ",
                                    ShownOrNothing(token.key_id),
                                    ") was not made by the IdP's key, or the token was changed")};
  }
  absl::StatusOr<json> claims = ParseStrictJson(payload, kMaxIdTokenBytes);
  if (!claims.ok()) return Malformed(absl::StrCat("has claims that ", claims.status().message()));
  return *std::move(claims);
}

}  // namespace gatehouse
