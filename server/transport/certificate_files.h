// The files that TLS is made of, judged before they are used.
#ifndef GATEHOUSE_SERVER_TRANSPORT_CERTIFICATE_FILES_H_
#define GATEHOUSE_SERVER_TRANSPORT_CERTIFICATE_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace gatehouse {

// Paths of PEM files.
struct CertificateFiles {
  std::string certificate;  // the server's own certificate first
  std::string key;
  std::string client_ca;  // empty: clients are not asked for certificates
};

// What stands in them.
struct CertificateSet {
  std::string certificate_pem;
  std::string key_pem;  // a secret
  std::string client_ca_pem;
  std::string subject;   // of the server's own certificate, RFC 2253
  absl::Time not_after;  // its end
};

// FAILED_PRECONDITION naming the setting and the file, and quoting nothing of
// it: one that cannot be read, is above 1 MiB or is not PEM; a key that needs a
// passphrase or does not belong to the server's certificate; a server's
// certificate that is not valid at `now`.
absl::StatusOr<CertificateSet> ReadCertificateSet(const CertificateFiles& files, absl::Time now);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_TRANSPORT_CERTIFICATE_FILES_H_
