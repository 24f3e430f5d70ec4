// Seam to SAML 2.0: requests to an IdP, and the proof of what it answers.
#ifndef GATEHOUSE_SERVER_CONNECTORS_SAML_CONNECTOR_H_
#define GATEHOUSE_SERVER_CONNECTORS_SAML_CONNECTOR_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/connection_test.h"
#include "policy/sso_profile.h"

namespace gatehouse {

// What an IdP's metadata document says (SAML Metadata 2.0, 2.4.3).
struct SamlIdpMetadata {
  std::string entity_id;
  std::string sso_url;                    // HTTP-Redirect SingleSignOnService
  std::vector<std::string> certificates;  // PEM; KeyDescriptors for signing or of no stated use
};

// What a verification must hold against.
struct SamlExpectations {
  SamlSettings settings;
  std::string sp_private_key_pem;  // for encrypted assertions; a secret
  std::string request_id;          // the AuthnRequest answered
  absl::Time now;
  // Allowed difference between our clock and the IdP's.
  absl::Duration clock_skew = absl::Minutes(2);
};

// The result of a verification: a verified address, or a reason.
struct SamlOutcome {
  ConnectionTestFailure failure = ConnectionTestFailure::kNone;
  // What was expected and what was found, without secrets; for the admin.
  std::string detail;
  // Set when the signature holds, even if a later check failed.
  std::string assertion_id;
  // When the assertion can no longer be accepted: the latest moment at which a
  // replay must still be recognised.
  absl::Time not_on_or_after = absl::InfinitePast();
  // Set when failure is kNone: NameID or attribute, exactly as signed.
  std::string email;
};

// Thread-safe.
class SamlConnector {
 public:
  virtual ~SamlConnector() = default;

  // The URL that starts a sign-in: HTTP-Redirect binding (SAML Bindings 3.4),
  // DEFLATE, an unsigned AuthnRequest with ID `request_id` and ForceAuthn, and
  // `relay_state` if not empty (at most 80 bytes). A query that the SSO URL
  // already has is kept.
  virtual absl::StatusOr<std::string> SignInUrl(const SamlSettings& settings,
                                                absl::string_view request_id,
                                                absl::string_view relay_state, absl::Time now) = 0;

  // Verifies a SAMLResponse as the POST binding carries it (base64). Never an
  // error for bad foreign bytes: those are an outcome. An error is our own
  // failure (INTERNAL, or what `already_used` returned).
  // `already_used(assertion_id)` tells a replay; asked once the signature holds,
  // before time and addressee are judged.
  virtual absl::StatusOr<SamlOutcome> VerifyResponse(
      absl::string_view saml_response, const SamlExpectations& expectations,
      absl::FunctionRef<absl::StatusOr<bool>(absl::string_view assertion_id)> already_used) = 0;

  // INVALID_ARGUMENT naming `field`: not XML, a DTD, above 1 MiB, no or more
  // than one IDPSSODescriptor, no HTTP-Redirect SingleSignOnService, no usable
  // signing certificate.
  virtual absl::StatusOr<SamlIdpMetadata> ParseIdpMetadata(absl::string_view field,
                                                           absl::string_view xml) = 0;

  // An EntityDescriptor that an IdP's administrator can import.
  virtual absl::StatusOr<std::string> ServiceProviderMetadata(const SamlSettings& settings) = 0;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_SAML_CONNECTOR_H_
