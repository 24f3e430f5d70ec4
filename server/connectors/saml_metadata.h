// SAML metadata: an IdP's read, ours written (Metadata 2.0).
#ifndef GATEHOUSE_SERVER_CONNECTORS_SAML_METADATA_H_
#define GATEHOUSE_SERVER_CONNECTORS_SAML_METADATA_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/sso_profile.h"
#include "server/connectors/saml_connector.h"

namespace gatehouse {

// See SamlConnector::ParseIdpMetadata. Requires InitializeXml().
absl::StatusOr<SamlIdpMetadata> ReadIdpMetadata(absl::string_view field, absl::string_view xml);

// See SamlConnector::ServiceProviderMetadata. INVALID_ARGUMENT: a setting cannot
// stand in XML, or the certificate does not parse.
absl::StatusOr<std::string> WriteServiceProviderMetadata(const SamlSettings& settings);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_SAML_METADATA_H_
