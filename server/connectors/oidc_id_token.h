// ID tokens: signed proofs of a sign-in (OpenID Connect Core 1.0, sections 2 and
// 3.1.3.7; RFC 7515).
#ifndef GATEHOUSE_SERVER_CONNECTORS_OIDC_ID_TOKEN_H_
#define GATEHOUSE_SERVER_CONNECTORS_OIDC_ID_TOKEN_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/connectors/oidc_algorithms.h"
#include "server/connectors/oidc_connector.h"
#include "server/connectors/oidc_keys.h"
#include "server/connectors/oidc_result.h"

namespace gatehouse {

// A token taken apart; nothing in it is believed yet.
struct OidcIdToken {
  std::string compact;  // as it came; a secret
  const OidcAlgorithm* algorithm = nullptr;
  std::optional<std::string> key_id;
};

inline constexpr size_t kMaxIdTokenBytes = 64 * 1024;

// The compact form of a JWS. Of its header only "alg", "kid", "typ" and "crit"
// are looked at: keys that travel in it (jwk, jku, x5c, x5u) are never used.
//   kMalformedResponse:  not of that form; encrypted (a JWE); larger than above
//   kUnsigned:           alg "none"
//   kAlgorithmForbidden: an algorithm off the list
//   kSignatureStructure: extensions (crit), or the type of another kind of token
//   kSignatureInvalid:   a signature of a size that the algorithm does not make
OidcResult<OidcIdToken> ReadIdToken(absl::string_view compact);

// The claims that one of `keys` has signed, read from the bytes that were
// verified. kSignatureInvalid: none of them has; kMalformedResponse: no claims.
OidcResult<nlohmann::json> VerifyIdToken(const OidcIdToken& token,
                                         const std::vector<OidcKey>& keys);

// Whether verified claims are meant for us, now, and whom they name: the email
// claim as it stands.
OidcResult<std::string> JudgeClaims(const nlohmann::json& claims,
                                    const OidcExpectations& expectations);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_OIDC_ID_TOKEN_H_
