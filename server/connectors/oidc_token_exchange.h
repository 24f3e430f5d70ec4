// From a code to an ID token (OpenID Connect Core 1.0, 3.1.3; RFC 7636, 4.5).
#ifndef GATEHOUSE_SERVER_CONNECTORS_OIDC_TOKEN_EXCHANGE_H_
#define GATEHOUSE_SERVER_CONNECTORS_OIDC_TOKEN_EXCHANGE_H_

#include <string>

#include "absl/status/statusor.h"
#include "server/connectors/http_fetcher.h"
#include "server/connectors/oidc_connector.h"
#include "server/connectors/oidc_discovery.h"
#include "server/connectors/oidc_result.h"

namespace gatehouse {

// The ID token, in compact form, unread: a secret.
//   kCodeRefused:       the IdP refuses the code, the verifier or our credentials
//   kMalformedResponse: its answer is no token response, or has no ID token
//   kDiscoveryInvalid:  it takes a client secret by no way that we know
// UNAVAILABLE (IDP_UNAVAILABLE): it cannot be reached, or says that it has a
// problem of its own.
absl::StatusOr<OidcResult<std::string>> ExchangeCode(HttpFetcher& fetcher,
                                                     const OidcProvider& provider,
                                                     const OidcExpectations& expectations,
                                                     const std::string& code);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_OIDC_TOKEN_EXCHANGE_H_
