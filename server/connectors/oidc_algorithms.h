// Which signatures of ID tokens count (RFC 7518, 3.1).
#ifndef GATEHOUSE_SERVER_CONNECTORS_OIDC_ALGORITHMS_H_
#define GATEHOUSE_SERVER_CONNECTORS_OIDC_ALGORITHMS_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace gatehouse {

// Asymmetric ones only: an HMAC's key would be a secret that others share, or,
// by the classic confusion, the public key.
struct OidcAlgorithm {
  absl::string_view name;
  absl::string_view key_type;  // "kty" of the only keys it may be verified by
  absl::string_view curve;     // "crv"; empty for RSA
  size_t signature_bytes;      // exactly; 0: as many as the key's modulus
};

inline constexpr OidcAlgorithm kOidcAlgorithms[] = {
    {"RS256", "RSA", "", 0},      {"RS384", "RSA", "", 0},      {"RS512", "RSA", "", 0},
    {"PS256", "RSA", "", 0},      {"PS384", "RSA", "", 0},      {"PS512", "RSA", "", 0},
    {"ES256", "EC", "P-256", 64}, {"ES384", "EC", "P-384", 96},
};

// nullptr: not allowed. Names are compared byte by byte.
inline const OidcAlgorithm* FindOidcAlgorithm(absl::string_view name) {
  for (const OidcAlgorithm& algorithm : kOidcAlgorithms) {
    if (algorithm.name == name) return &algorithm;
  }
  return nullptr;
}

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_OIDC_ALGORITHMS_H_
