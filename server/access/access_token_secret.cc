#include "server/access/access_token_secret.h"

#include <openssl/sha.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace gatehouse {
namespace {

constexpr absl::string_view kPrefix = "gh_";

}  // namespace

std::string NewAccessTokenSecret(RandomSource& random) {
  return absl::StrCat(kPrefix, absl::WebSafeBase64Escape(random.Bytes(32)));
}

bool IsAccessTokenSecret(absl::string_view text) {
  return text.size() == kAccessTokenSecretBytes && absl::StartsWith(text, kPrefix) &&
         std::all_of(text.begin() + kPrefix.size(), text.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_';
         });
}

AccessTokenHash HashAccessTokenSecret(absl::string_view secret) {
  AccessTokenHash hash;
  SHA256(reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), hash.data());
  return hash;
}

}  // namespace gatehouse
