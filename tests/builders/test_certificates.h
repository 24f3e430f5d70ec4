// X.509 certificates for tests, made on the spot.
//
//   TestAuthority authority;
//   TestCertificate server = authority.Issue({.dns = {"localhost"}});
#ifndef GATEHOUSE_TESTS_BUILDERS_TEST_CERTIFICATES_H_
#define GATEHOUSE_TESTS_BUILDERS_TEST_CERTIFICATES_H_

#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "server/connectors/openssl_handles.h"

namespace gatehouse {

struct TestCertificate {
  std::string certificate_pem;
  std::string key_pem;
};

struct TestCertificateOptions {
  std::string common_name = "gatehouse.example";
  std::vector<std::string> dns;  // names in subjectAltName
  std::vector<std::string> uri;
  absl::Time not_before = absl::Now() - absl::Hours(1);
  absl::Time not_after = absl::Now() + absl::Hours(24 * 90);
};

// A certificate authority of its own; each is another. Keys are on P-256.
class TestAuthority {
 public:
  TestAuthority();

  const std::string& certificate_pem() const { return certificate_pem_; }
  TestCertificate Issue(const TestCertificateOptions& options = {}) const;

 private:
  KeyHandle key_;
  X509Handle certificate_;
  std::string certificate_pem_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_BUILDERS_TEST_CERTIFICATES_H_
