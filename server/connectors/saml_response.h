// The shape of a SAML response, before anything in it is believed.
//
// Signature wrapping (XSW) puts a second assertion, or the signed original,
// where a careless reader does not look. Here every assertion, response and
// signature in the document must stand in one of the places that the web SSO
// profile knows, and there is one of each at most.
#ifndef GATEHOUSE_SERVER_CONNECTORS_SAML_RESPONSE_H_
#define GATEHOUSE_SERVER_CONNECTORS_SAML_RESPONSE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "server/connectors/saml_result.h"
#include "server/connectors/xml_document.h"

namespace gatehouse {

// Pointers into the document inspected. Nothing is verified yet.
struct SamlResponseShape {
  xmlNode* response = nullptr;
  xmlNode* response_signature = nullptr;   // nullptr: none
  xmlNode* assertion = nullptr;            // nullptr: it is encrypted
  xmlNode* assertion_signature = nullptr;  // nullptr: none
  xmlNode* encrypted_assertion = nullptr;  // nullptr: it is in clear
};

// base64 as the POST binding carries it (line breaks allowed) to bytes.
SamlResult<std::string> DecodeSamlResponse(absl::string_view base64, size_t max_bytes);

// Refuses what is no samlp:Response of version 2.0 (kMalformedResponse), a
// status other than Success (kIdpRefused), other than one assertion
// (kNoAssertion), and anything in a place of its own (kSignatureStructure).
SamlResult<SamlResponseShape> InspectResponse(const XmlDocument& document);

// The same for a document whose root is a decrypted assertion; sets only
// `assertion` and `assertion_signature`.
SamlResult<SamlResponseShape> InspectAssertion(const XmlDocument& document);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_SAML_RESPONSE_H_
