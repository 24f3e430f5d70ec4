#include "server/access/access_token_secret.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace gatehouse {
namespace {

constexpr absl::string_view kPrefix = "gh_";

using DigestContext = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

// OpenSSL's own SHA256() looks the algorithm up in each call, which costs more
// than the hash.
const EVP_MD* Sha256() {
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  return sha256;
}

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
  thread_local const DigestContext context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  AccessTokenHash hash;
  if (EVP_DigestInit_ex2(context.get(), Sha256(), nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), secret.data(), secret.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), hash.data(), nullptr) != 1) {
    // Out of memory, or an OpenSSL without SHA-256: no credential can be told.
    std::fputs("SHA-256 failed\n", stderr);
    std::abort();
  }
  return hash;
}

}  // namespace gatehouse
