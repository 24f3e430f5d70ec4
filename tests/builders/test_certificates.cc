#include "tests/builders/test_certificates.h"

#include <openssl/asn1.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace gatehouse {
namespace {

// A mistake here is one of the test's.
void Require(bool done) {
  if (!done) abort();
}

std::string Contents(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return std::string(text, static_cast<size_t>(size));
}

std::string Pem(X509* certificate) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return Contents(bio.get());
}

std::string Pem(EVP_PKEY* key) {
  const BioHandle bio(BIO_new(BIO_s_mem()));
  Require(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return Contents(bio.get());
}

void AddExtension(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  Require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

// All but issuer, extensions and signature.
X509Handle NewCertificate(EVP_PKEY* key, const std::string& common_name, absl::Time not_before,
                          absl::Time not_after) {
  X509Handle certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  uint64_t serial = 0;
  Require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial)) == 1);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> 1);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), absl::ToTimeT(not_before));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), absl::ToTimeT(not_after));
  Require(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(common_name.c_str()),
                                     -1, -1, 0) == 1);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

}  // namespace

TestAuthority::TestAuthority() : key_(EVP_EC_gen("P-256")) {
  certificate_ = NewCertificate(key_.get(), "Test authority", absl::Now() - absl::Hours(24),
                                absl::Now() + absl::Hours(24 * 3650));
  X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
  AddExtension(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate_.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  Require(X509_sign(certificate_.get(), key_.get(), EVP_sha256()) > 0);
  certificate_pem_ = Pem(certificate_.get());
}

TestCertificate TestAuthority::Issue(const TestCertificateOptions& options) const {
  const KeyHandle key(EVP_EC_gen("P-256"));
  const X509Handle certificate =
      NewCertificate(key.get(), options.common_name, options.not_before, options.not_after);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate_.get()));
  std::string names;
  for (const std::string& name : options.dns) {
    absl::StrAppend(&names, names.empty() ? "" : ",", "DNS:", name);
  }
  for (const std::string& name : options.uri) {
    absl::StrAppend(&names, names.empty() ? "" : ",", "URI:", name);
  }
  if (!names.empty()) AddExtension(certificate.get(), NID_subject_alt_name, names);
  Require(X509_sign(certificate.get(), key_.get(), EVP_sha256()) > 0);
  return {Pem(certificate.get()), Pem(key.get())};
}

}  // namespace gatehouse
