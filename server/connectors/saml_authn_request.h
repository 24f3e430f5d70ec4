// The message that starts a sign-in, as a URL to open at the IdP.
#ifndef GATEHOUSE_SERVER_CONNECTORS_SAML_AUTHN_REQUEST_H_
#define GATEHOUSE_SERVER_CONNECTORS_SAML_AUTHN_REQUEST_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/sso_profile.h"

namespace gatehouse {

// See SamlConnector::SignInUrl. INVALID_ARGUMENT: `request_id` is no NCName,
// `relay_state` is above 80 bytes, or a setting cannot stand in XML.
absl::StatusOr<std::string> BuildSignInUrl(const SamlSettings& settings,
                                           absl::string_view request_id,
                                           absl::string_view relay_state, absl::Time now);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_SAML_AUTHN_REQUEST_H_
