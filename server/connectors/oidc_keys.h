// An IdP's signing keys: its JSON Web Key Set (RFC 7517).
#ifndef GATEHOUSE_SERVER_CONNECTORS_OIDC_KEYS_H_
#define GATEHOUSE_SERVER_CONNECTORS_OIDC_KEYS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/connectors/oidc_algorithms.h"
#include "server/connectors/oidc_result.h"

namespace gatehouse {

// A public key fit to verify a signature.
struct OidcKey {
  std::optional<std::string> id;  // "kid"
  std::string type;               // "RSA" or "EC"
  std::string curve;              // of an EC key
  std::string algorithm;          // "alg"; empty: any of its type
  // The public members only, as JSON that cjose imports. Parsed for each use:
  // cjose does not count references across threads.
  std::string jwk;
};

class OidcKeySet {
 public:
  static constexpr size_t kMaxBytes = 256 * 1024;
  static constexpr size_t kMaxKeys = 100;

  // Keys that are no good for verifying are left out (RFC 7517, 5): symmetric
  // ones, private ones are reduced to their public part, RSA below 2048 or above
  // 8192 bits or with an even exponent, points off the curve, other curves, keys
  // for encryption. INVALID_ARGUMENT: no key set, above the limits.
  static absl::StatusOr<OidcKeySet> Parse(absl::string_view json);

  // The keys by which a token with this header may be verified: of the
  // algorithm's type, and with the id, if the token names one; without, the only
  // key there is (OpenID Connect Core 1.0, 10.1). kUnknownKey: none.
  OidcResult<std::vector<OidcKey>> Select(const OidcAlgorithm& algorithm,
                                          const std::optional<std::string>& id) const;

 private:
  std::vector<OidcKey> keys_;
  std::vector<std::string> unfit_;  // why keys were left out
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_OIDC_KEYS_H_
