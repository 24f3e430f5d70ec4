#include "server/transport/certificate_files.h"

#include <openssl/asn1.h>
#include <openssl/pem.h>

#include <ctime>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/connectors/openssl_handles.h"

namespace gatehouse {
namespace {

constexpr size_t kMaxFileBytes = 1 << 20;

absl::Status BadFile(absl::string_view setting, absl::string_view path,
                     absl::string_view expectation) {
  return Error(absl::StatusCode::kFailedPrecondition, reason::kInvalidField,
               absl::StrCat(setting, " \"", path, "\": expected ", expectation))
      .Build();
}

absl::StatusOr<std::string> ReadFile(absl::string_view setting, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content(kMaxFileBytes + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file.is_open() || file.bad()) return BadFile(setting, path, "a file that can be read");
  content.resize(static_cast<size_t>(file.gcount()));
  if (content.size() > kMaxFileBytes) return BadFile(setting, path, "at most 1 MiB");
  // gRPC takes it as a C string.
  if (content.find('\0') != std::string::npos) return BadFile(setting, path, "PEM text");
  return content;
}

// Every certificate of `pem`, at least one.
absl::StatusOr<std::vector<X509Handle>> ReadCertificates(absl::string_view setting,
                                                         absl::string_view path,
                                                         absl::string_view pem) {
  std::vector<X509Handle> certificates;
  const BioHandle bio = ReadBio(pem);
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(certificate);
  }
  const bool broken = ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (broken || certificates.empty()) {
    return BadFile(setting, path, "PEM certificates, each of them whole");
  }
  return certificates;
}

// Instead of asking at the terminal.
int NoPassphrase(char*, int, int, void*) { return -1; }

KeyHandle ReadKey(absl::string_view pem) {
  const BioHandle bio = ReadBio(pem);
  return KeyHandle(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
}

std::string SubjectOf(X509* certificate) {
  const BioHandle out(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

absl::Time ToTime(const ASN1_TIME* time) {
  std::tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

}  // namespace

absl::StatusOr<CertificateSet> ReadCertificateSet(const CertificateFiles& files, absl::Time now) {
  const OpensslErrorScope errors;
  CertificateSet set;
  ASSIGN_OR_RETURN(set.certificate_pem, ReadFile("tls.certificate_file", files.certificate));
  ASSIGN_OR_RETURN(
      const std::vector<X509Handle> chain,
      ReadCertificates("tls.certificate_file", files.certificate, set.certificate_pem));
  X509* const own = chain.front().get();

  ASSIGN_OR_RETURN(set.key_pem, ReadFile("tls.key_file", files.key));
  const KeyHandle key = ReadKey(set.key_pem);
  if (key == nullptr) {
    return BadFile("tls.key_file", files.key, "a private key in PEM, without a passphrase");
  }
  if (X509_check_private_key(own, key.get()) != 1) {
    return BadFile("tls.key_file", files.key,
                   "the private key of the first certificate in tls.certificate_file");
  }

  set.subject = SubjectOf(own);
  set.not_after = ToTime(X509_get0_notAfter(own));
  const absl::Time not_before = ToTime(X509_get0_notBefore(own));
  if (now < not_before || now >= set.not_after) {
    return BadFile(
        "tls.certificate_file", files.certificate,
        absl::StrCat("a certificate that is valid now; it is from ",
                     absl::FormatTime(absl::RFC3339_sec, not_before, absl::UTCTimeZone()), " to ",
                     absl::FormatTime(absl::RFC3339_sec, set.not_after, absl::UTCTimeZone())));
  }

  if (!files.client_ca.empty()) {
    ASSIGN_OR_RETURN(set.client_ca_pem, ReadFile("tls.client_ca_file", files.client_ca));
    RETURN_IF_ERROR(
        ReadCertificates("tls.client_ca_file", files.client_ca, set.client_ca_pem).status());
  }
  return set;
}

}  // namespace gatehouse
