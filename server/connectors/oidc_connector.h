// Seam to OpenID Connect 1.0: requests to an IdP, and the proof of what it
// answers.
#ifndef GATEHOUSE_SERVER_CONNECTORS_OIDC_CONNECTOR_H_
#define GATEHOUSE_SERVER_CONNECTORS_OIDC_CONNECTOR_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/connection_test.h"
#include "policy/sso_profile.h"

namespace gatehouse {

// What one sign-in is bound to; each from a random source, base64url, 43 to 128
// characters.
struct OidcSession {
  std::string state;
  std::string nonce;
  std::string code_verifier;  // PKCE, RFC 7636; a secret
};

// What a verification must hold against.
struct OidcExpectations {
  OidcSettings settings;
  std::string client_secret;  // empty: a public client; a secret
  OidcSession session;
  absl::Time now;
  // Allowed difference between our clock and the IdP's.
  absl::Duration clock_skew = absl::Minutes(2);
};

// The result of a verification: a verified address, or a reason.
struct OidcOutcome {
  ConnectionTestFailure failure = ConnectionTestFailure::kNone;
  std::string detail;  // what was expected and found, for the admin; no secret
  std::string email;   // as the ID token says it
};

// Thread-safe; both methods may block for the network.
class OidcConnector {
 public:
  virtual ~OidcConnector() = default;

  // The URL to open: the IdP's authorization_endpoint with response_type=code,
  // scope, client_id, redirect_uri, state, nonce, code_challenge (S256).
  // UNAVAILABLE (IDP_UNAVAILABLE): discovery cannot be fetched.
  // FAILED_PRECONDITION (IDP_UNAVAILABLE): the discovery document contradicts
  // the settings or lacks a part; the message says which.
  virtual absl::StatusOr<std::string> SignInUrl(const OidcSettings& settings,
                                                const OidcSession& session) = 0;

  // Judges the query with which the browser came back (`code=…&state=…&iss=…`):
  // state, `iss` (RFC 9207), the exchange of the code, and the ID token
  // (OpenID Connect Core 1.0, 3.1.3.7): algorithm from an allow-list and of the
  // key's type, signature by a key of the IdP's JWKS (fetched again for an
  // unknown kid, at most once a minute), issuer, audience, azp, times, nonce,
  // email_verified.
  //
  // UNAVAILABLE (IDP_UNAVAILABLE): the IdP cannot be asked, nothing is decided.
  // Any answer that proves nothing is an outcome, not an error.
  virtual absl::StatusOr<OidcOutcome> VerifyResponse(absl::string_view query,
                                                     const OidcExpectations& expectations) = 0;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_OIDC_CONNECTOR_H_
