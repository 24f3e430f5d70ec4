// Names that the SAML 2.0, XML Signature and XML Encryption specifications fix.
#ifndef GATEHOUSE_SERVER_CONNECTORS_SAML_NAMES_H_
#define GATEHOUSE_SERVER_CONNECTORS_SAML_NAMES_H_

#include "absl/strings/string_view.h"

namespace gatehouse {

inline constexpr absl::string_view kAssertionNs = "urn:oasis:names:tc:SAML:2.0:assertion";
inline constexpr absl::string_view kProtocolNs = "urn:oasis:names:tc:SAML:2.0:protocol";
inline constexpr absl::string_view kMetadataNs = "urn:oasis:names:tc:SAML:2.0:metadata";
inline constexpr absl::string_view kSignatureNs = "http://www.w3.org/2000/09/xmldsig#";
inline constexpr absl::string_view kEncryptionNs = "http://www.w3.org/2001/04/xmlenc#";
inline constexpr absl::string_view kEncryption11Ns = "http://www.w3.org/2009/xmlenc11#";
inline constexpr absl::string_view kExclusiveC14nNs = "http://www.w3.org/2001/10/xml-exc-c14n#";

inline constexpr absl::string_view kPostBinding = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST";
inline constexpr absl::string_view kRedirectBinding =
    "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect";
inline constexpr absl::string_view kBearer = "urn:oasis:names:tc:SAML:2.0:cm:bearer";
inline constexpr absl::string_view kStatusSuccess = "urn:oasis:names:tc:SAML:2.0:status:Success";

inline constexpr absl::string_view kNameIdEmail =
    "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
inline constexpr absl::string_view kNameIdTransient =
    "urn:oasis:names:tc:SAML:2.0:nameid-format:transient";
inline constexpr absl::string_view kNameIdPersistent =
    "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent";

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_SAML_NAMES_H_
