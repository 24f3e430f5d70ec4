// Encrypted assertions (XML Encryption 1.1 as SAML Core 2.0 section 6 uses it).
//
// By OpenSSL directly: xmlsec1 1.2 knows RSA-OAEP with SHA-1 only, and two
// strings out of the document are all that is needed.
#ifndef GATEHOUSE_SERVER_CONNECTORS_SAML_DECRYPTION_H_
#define GATEHOUSE_SERVER_CONNECTORS_SAML_DECRYPTION_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/connectors/openssl_handles.h"
#include "server/connectors/saml_result.h"
#include "server/connectors/xml_document.h"

namespace gatehouse {

// INTERNAL: the stored key (PEM) does not parse.
absl::StatusOr<KeyHandle> LoadDecryptionKey(absl::string_view private_key_pem);

// The document in a saml:EncryptedAssertion of at most `max_bytes`: an AES-CBC
// or AES-GCM key of 128 or 256 bits wrapped by RSA-OAEP, inside the EncryptedData's
// KeyInfo or next to it. What was encrypted for anybody is not yet proof of who
// wrote it: the assertion needs a signature of its own.
//   kAlgorithmForbidden: another algorithm, which the detail names (RSA 1.5 has
//     been broken by padding oracles)
//   kMalformedResponse:  no EncryptedData, key or cipher value
//   kForbiddenXml:       as ParseXml says
//   kDecryptionFailed:   encrypted for another key, damaged, or no XML inside; the
//     detail does not say which, lest it become a padding oracle
SamlResult<XmlDocument> DecryptAssertion(const xmlNode* encrypted_assertion, EVP_PKEY* private_key,
                                         size_t max_bytes);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_SAML_DECRYPTION_H_
