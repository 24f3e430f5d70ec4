// Which signatures of ID tokens count (RFC 7518, 3.1).
#ifndef GATEHOUSE_SERVER_CONNECTORS_OIDC_ALGORITHMS_H_
#define GATEHOUSE_SERVER_CONNECTORS_OIDC_ALGORITHMS_H_

#include "absl/strings/string_view.h"

namespace gatehouse {

// Asymmetric ones only: an HMAC's key would be a secret that others share, or,
// by the classic confusion, the public key.
struct OidcAlgorithm {
  absl::string_view name;
  absl::string_view key_type;  // "kty" of the only keys it may be verified by
  absl::string_view curve;     // "crv"; empty for RSA
};

inline constexpr OidcAlgorithm kOidcAlgorithms[] = {
    {"RS256", "RSA", ""}, {"RS384", "RSA", ""}, {"RS512", "RSA", ""},     {"PS256", "RSA", ""},
    {"PS384", "RSA", ""}, {"PS512", "RSA", ""}, {"ES256", "EC", "P-256"}, {"ES384", "EC", "P-384"},
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
