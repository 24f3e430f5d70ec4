// The query with which the browser comes back from the IdP (OpenID Connect Core
// 1.0, 3.1.2.5 and 3.1.2.6; RFC 9207).
#ifndef GATEHOUSE_SERVER_CONNECTORS_OIDC_CALLBACK_H_
#define GATEHOUSE_SERVER_CONNECTORS_OIDC_CALLBACK_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "server/connectors/oidc_connector.h"
#include "server/connectors/oidc_discovery.h"
#include "server/connectors/oidc_result.h"

namespace gatehouse {

struct OidcCallback {
  std::optional<std::string> code;  // a secret until it is used
  std::optional<std::string> issuer;
  std::optional<std::string> error;
  std::optional<std::string> error_description;
};

// The query, with or without its '?', if its state is the session's.
//   kMalformedResponse: no query, larger than 16 KiB, a parameter twice
//   kWrongState:        another state, or none
OidcResult<OidcCallback> ReadCallback(absl::string_view query, const OidcSession& session);

// The code, if the callback comes from `provider`.
//   kWrongIssuer: `iss` is another, or missing though the IdP sends it
//   kIdpRefused:  the IdP answered with an error
//   kMalformedResponse: there is no code
OidcResult<std::string> CodeOf(const OidcCallback& callback, const OidcProvider& provider);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_OIDC_CALLBACK_H_
