// The three files of TLS in a directory of a test's own.
#ifndef GATEHOUSE_TESTS_SERVER_TRANSPORT_TEST_CERTIFICATE_FILES_H_
#define GATEHOUSE_TESTS_SERVER_TRANSPORT_TEST_CERTIFICATE_FILES_H_

#include <filesystem>
#include <fstream>
#include <string>

#include "server/transport/certificate_files.h"
#include "tests/builders/test_certificates.h"
#include "tests/storage/scoped_directory.h"

namespace gatehouse {

class TestCertificateFiles {
 public:
  CertificateFiles paths() const {
    return {.certificate = directory_ / "tls.crt", .key = directory_ / "tls.key"};
  }
  CertificateFiles paths_with_client_ca() const {
    CertificateFiles files = paths();
    files.client_ca = directory_ / "client-ca.crt";
    return files;
  }

  void Write(const TestCertificate& certificate) const {
    WriteCertificate(certificate.certificate_pem);
    WriteKey(certificate.key_pem);
  }
  void WriteCertificate(const std::string& pem) const { WriteTo(paths().certificate, pem); }
  void WriteKey(const std::string& pem) const { WriteTo(paths().key, pem); }
  void WriteClientCa(const std::string& pem) const {
    WriteTo(paths_with_client_ca().client_ca, pem);
  }
  void RemoveCertificate() const { std::filesystem::remove(paths().certificate); }

 private:
  static void WriteTo(const std::string& path, const std::string& content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
  }

  const storage::ScopedDirectory directory_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_SERVER_TRANSPORT_TEST_CERTIFICATE_FILES_H_
