// X.509 certificates and key pairs, by OpenSSL.
#ifndef GATEHOUSE_SERVER_CONNECTORS_CERTIFICATES_H_
#define GATEHOUSE_SERVER_CONNECTORS_CERTIFICATES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace gatehouse {

struct CertificateInfo {
  std::string pem;                 // normalized: one CERTIFICATE block, nothing around it
  std::string subject;             // RFC 2253
  std::string sha256_fingerprint;  // 64 hex digits of the DER bytes
  absl::Time not_before;
  absl::Time not_after;
};

// Exactly one certificate, as PEM or as the bare base64 of SAML metadata.
// INVALID_ARGUMENT naming `field`: no or more than one certificate, a private
// key, bad base64 or DER, above 16 KiB, or a key that signatures may not be
// made with: RSA below 2048 or above 8192 bits, EC off P-256/P-384/P-521, any
// other kind. Expiry is not judged here.
absl::StatusOr<CertificateInfo> ParseCertificate(absl::string_view field, absl::string_view text);

struct KeyPair {
  std::string private_key_pem;  // PKCS#8; a secret
  std::string certificate_pem;  // self-signed, sha256WithRSA
};

// RSA 2048, valid from `now` for ten years, CN=`common_name`.
absl::StatusOr<KeyPair> GenerateKeyPair(absl::string_view common_name, absl::Time now);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_CERTIFICATES_H_
