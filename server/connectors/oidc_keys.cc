#include "server/connectors/oidc_keys.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "policy/status_macros.h"
#include "server/connectors/cjose_handles.h"
#include "server/connectors/openssl_handles.h"
#include "server/connectors/strict_json.h"

namespace gatehouse {
namespace {

using json = nlohmann::json;

constexpr size_t kMaxIdBytes = 512;
constexpr size_t kMinRsaBits = 2048;
constexpr size_t kMaxRsaBits = 8192;
constexpr size_t kMaxUnfitShown = 5;

// 3 <= e < 2^64 and odd: what cannot be wrong, or slow on purpose.
bool IsSaneExponent(const std::string& encoded) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(encoded, &bytes) || bytes.empty() || bytes.size() > 8) {
    return false;
  }
  const bool is_one = bytes.back() == 1 &&
                      std::all_of(bytes.begin(), bytes.end() - 1, [](char c) { return c == 0; });
  return (static_cast<unsigned char>(bytes.back()) & 1) == 1 && !is_one;
}

// cjose's own opinion, which for an EC key includes that the point is on its curve.
JwkHandle Import(const std::string& jwk) {
  const OpensslErrorScope error_scope;
  cjose_err error{};
  return JwkHandle(cjose_jwk_import(jwk.data(), jwk.size(), &error));
}

// What a key says about its use (RFC 7517, 4.2 and 4.3).
bool IsForSignatures(const json& key) {
  if (key.contains("use") && StringMember(key, "use") != "sig") return false;
  if (!key.contains("key_ops")) return true;
  const auto operations = StringsMember(key, "key_ops");
  return operations && std::count(operations->begin(), operations->end(), "verify") > 0;
}

// Copies the string members `names`; false if one is missing.
bool CopyMembers(const json& from, std::initializer_list<const char*> names, json& to) {
  for (const char* name : names) {
    const std::optional<std::string> value = StringMember(from, name);
    if (!value) return false;
    to[name] = *value;
  }
  return true;
}

// nullptr: fit, and written to `fit`. Else what is wrong with the key.
const char* Judge(const json& key, OidcKey& fit) {
  if (!key.is_object()) return "no object";
  fit.type = StringMember(key, "kty").value_or("");
  fit.algorithm = StringMember(key, "alg").value_or("");
  if (key.contains("kid")) {
    fit.id = StringMember(key, "kid");
    if (!fit.id || fit.id->size() > kMaxIdBytes) return "a \"kid\" that is no text of 512 bytes";
  }
  if (!IsForSignatures(key)) return "not for signatures";
  json reduced = {{"kty", fit.type}};
  if (fit.type == "RSA") {
    if (!CopyMembers(key, {"n", "e"}, reduced)) return "RSA without n or e";
    if (!IsSaneExponent(reduced["e"])) return "RSA with an exponent that is not odd, or huge";
  } else if (fit.type == "EC") {
    if (!CopyMembers(key, {"crv", "x", "y"}, reduced)) return "EC without crv, x or y";
    fit.curve = reduced["crv"];
    if (fit.curve != "P-256" && fit.curve != "P-384")
      return "EC on another curve than P-256, P-384";
  } else {
    return "of another type than RSA and EC";
  }
  fit.jwk = reduced.dump(-1, ' ', /*ensure_ascii=*/true);
  const JwkHandle imported = Import(fit.jwk);
  if (imported == nullptr) return "no valid public key";
  cjose_err error{};
  const size_t bits = cjose_jwk_get_keysize(imported.get(), &error);
  if (fit.type == "RSA" && (bits < kMinRsaBits || bits > kMaxRsaBits)) {
    return "RSA below 2048 or above 8192 bits";
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<OidcKeySet> OidcKeySet::Parse(absl::string_view text) {
  ASSIGN_OR_RETURN(const json document, ParseStrictJson(text, kMaxBytes));
  const auto keys = document.find("keys");
  if (keys == document.end() || !keys->is_array()) {
    return absl::InvalidArgumentError("has no array \"keys\"");
  }
  if (keys->size() > kMaxKeys) {
    return absl::InvalidArgumentError(absl::StrCat("has more than ", kMaxKeys, " keys"));
  }
  OidcKeySet set;
  for (const json& key : *keys) {
    OidcKey fit;
    const char* const fault = Judge(key, fit);
    if (fault == nullptr) {
      set.keys_.push_back(std::move(fit));
    } else if (set.unfit_.size() < kMaxUnfitShown) {
      set.unfit_.push_back(absl::StrCat(fit.id ? Shown(*fit.id) : "one without kid", ": ", fault));
    }
  }
  return set;
}

OidcResult<std::vector<OidcKey>> OidcKeySet::Select(const OidcAlgorithm& algorithm,
                                                    const std::optional<std::string>& id) const {
  std::vector<OidcKey> selected;
  for (const OidcKey& key : keys_) {
    if (key.type == algorithm.key_type && key.curve == algorithm.curve &&
        (key.algorithm.empty() || key.algorithm == algorithm.name) && (!id || key.id == id)) {
      selected.push_back(key);
    }
  }
  if (selected.size() == 1 || (id && !selected.empty())) return selected;
  std::string detail =
      id ? absl::StrCat("the IdP publishes no key with kid ", Shown(*id), " for ", algorithm.name)
      : selected.empty() ? absl::StrCat("the IdP publishes no key for ", algorithm.name)
                         : absl::StrCat("the token names no key (kid), and the IdP publishes ",
                                        selected.size(), " for ", algorithm.name);
  if (!unfit_.empty()) {
    absl::StrAppend(&detail, "; keys that cannot be used: ", absl::StrJoin(unfit_, ", "));
  }
  return OidcRefusal{ConnectionTestFailure::kUnknownKey, std::move(detail)};
}

}  // namespace gatehouse
