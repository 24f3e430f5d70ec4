// Enveloped XML signatures of SAML (Core 2.0, section 5.4), by xmlsec1.
#ifndef GATEHOUSE_SERVER_CONNECTORS_SAML_SIGNATURE_H_
#define GATEHOUSE_SERVER_CONNECTORS_SAML_SIGNATURE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/connectors/openssl_handles.h"
#include "server/connectors/saml_result.h"
#include "server/connectors/xml_document.h"

namespace gatehouse {

// A key whose signatures count.
struct SamlVerificationKey {
  KeyHandle key;
  std::string sha256_fingerprint;  // of its certificate
};

// Of certificates (PEM) that ParseCertificate gave; it is what refuses weak keys.
// INTERNAL: one does not parse any more.
absl::StatusOr<std::vector<SamlVerificationKey>> LoadVerificationKeys(
    const std::vector<std::string>& certificates);

// Verifies that `signature`, a child of a response or assertion, covers exactly
// its parent and was made by one of `keys`. Returns the bytes that the digest
// was taken over, parsed anew: the only thing about the parent to be believed.
// (The parent is left as it was, but for its ID being registered.)
//   kSignatureStructure: not one Reference to the parent's ID, or extra content
//   kAlgorithmForbidden: an algorithm or transform off the list, which names it
//   kSignatureInvalid:   the digest differs, or the signature value is broken
//   kWrongCertificate:   the digest holds, but no key of `keys` made the signature
SamlResult<XmlDocument> VerifyEnvelopedSignature(xmlNode* signature,
                                                 const std::vector<SamlVerificationKey>& keys);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_SAML_SIGNATURE_H_
