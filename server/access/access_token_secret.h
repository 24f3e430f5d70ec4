// The secret of an access token: "gh_" and 43 base64url digits of 256 bits.
#ifndef GATEHOUSE_SERVER_ACCESS_ACCESS_TOKEN_SECRET_H_
#define GATEHOUSE_SERVER_ACCESS_ACCESS_TOKEN_SECRET_H_

#include <array>
#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "server/runtime/random_source.h"

namespace gatehouse {

inline constexpr size_t kAccessTokenSecretBytes = 46;

std::string NewAccessTokenSecret(RandomSource& random);

// Whether it has the form of a secret: worth looking up.
bool IsAccessTokenSecret(absl::string_view text);

// SHA-256. Fast on purpose: nobody guesses 256 random bits, however many tries
// a second, and each call pays for it.
using AccessTokenHash = std::array<unsigned char, 32>;
AccessTokenHash HashAccessTokenSecret(absl::string_view secret);

inline absl::string_view AsText(const AccessTokenHash& hash) {
  return absl::string_view(reinterpret_cast<const char*>(hash.data()), hash.size());
}

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_ACCESS_ACCESS_TOKEN_SECRET_H_
