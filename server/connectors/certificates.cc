#include "server/connectors/certificates.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/connectors/openssl_handles.h"

namespace gatehouse {
namespace {

constexpr size_t kMaxCertificateBytes = 16 * 1024;
constexpr int kMinRsaBits = 2048;
constexpr int kMaxRsaBits = 8192;
constexpr int kValidYears = 10;
constexpr size_t kMaxCommonNameBytes = 64;  // ub-common-name, RFC 5280 appendix A.1

// Says what the text is without quoting it: it may hold a private key.
absl::Status BadCertificate(absl::string_view field, absl::string_view text,
                            absl::string_view expectation) {
  return InvalidField(field, absl::StrFormat("%d bytes", text.size()), expectation);
}

struct PemBlock {
  std::string label;
  std::string der;
};

struct OpensslMemory {
  void operator()(void* memory) const { OPENSSL_free(memory); }
};

// Every block of `text`, in order; an error if one is broken.
absl::StatusOr<std::vector<PemBlock>> ReadPemBlocks(absl::string_view text) {
  std::vector<PemBlock> blocks;
  BioHandle bio = ReadBio(text);
  while (true) {
    char* label = nullptr;
    char* header = nullptr;
    unsigned char* data = nullptr;
    long size = 0;
    if (PEM_read_bio(bio.get(), &label, &header, &data, &size) != 1) {
      if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) return blocks;
      return absl::InvalidArgumentError("broken PEM");
    }
    std::unique_ptr<char, OpensslMemory> label_owner(label);
    std::unique_ptr<char, OpensslMemory> header_owner(header);
    std::unique_ptr<unsigned char, OpensslMemory> data_owner(data);
    blocks.push_back({label, std::string(reinterpret_cast<char*>(data), size)});
  }
}

// The DER bytes of the one certificate in `text`, PEM or bare base64.
absl::StatusOr<std::string> ReadDer(absl::string_view field, absl::string_view text) {
  if (absl::StrContains(text, "PRIVATE KEY-----")) {
    return BadCertificate(field, text, "a certificate, never a private key");
  }
  if (!absl::StrContains(text, "-----BEGIN")) {
    std::string der;
    if (!absl::Base64Unescape(text, &der) || der.empty()) {
      return BadCertificate(field, text, "one PEM CERTIFICATE block, or its base64 alone");
    }
    return der;
  }
  absl::StatusOr<std::vector<PemBlock>> blocks = ReadPemBlocks(text);
  if (!blocks.ok() || blocks->size() != 1 || blocks->front().label != PEM_STRING_X509) {
    return BadCertificate(field, text, "exactly one well-formed PEM CERTIFICATE block");
  }
  return std::move(blocks->front().der);
}

absl::Status CheckRsaKey(absl::string_view field, absl::string_view text, const EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kMinRsaBits || bits > kMaxRsaBits) {
    return BadCertificate(
        field, text,
        absl::StrFormat("an RSA key of %d to %d bits, not %d", kMinRsaBits, kMaxRsaBits, bits));
  }
  // With exponent 1 a signature is its own message, and anybody can sign. The
  // bound is that of FIPS 186-4, B.3.1. (EVP_PKEY_public_check() would also ask
  // whether the modulus is composite, which takes 20 ms.)
  BIGNUM* exponent = nullptr;
  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent);
  const std::unique_ptr<BIGNUM, OpensslFree<BN_free>> owner(exponent);
  if (exponent == nullptr || !BN_is_odd(exponent) || BN_num_bits(exponent) <= 16) {
    return BadCertificate(field, text, "an RSA key whose exponent is odd and at least 65537");
  }
  return absl::OkStatus();
}

absl::Status CheckEcKey(absl::string_view field, absl::string_view text, EVP_PKEY* key) {
  char group[80] = "";
  EVP_PKEY_get_group_name(key, group, sizeof(group), nullptr);
  for (absl::string_view allowed : {"prime256v1", "secp384r1", "secp521r1"}) {
    if (group != allowed) continue;
    KeyContextHandle context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    if (context != nullptr && EVP_PKEY_public_check(context.get()) == 1) return absl::OkStatus();
    return BadCertificate(field, text, "an EC key that is a point of its curve");
  }
  return BadCertificate(field, text, "an EC key on P-256, P-384 or P-521");
}

absl::Status CheckKey(absl::string_view field, absl::string_view text, X509* certificate) {
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) return BadCertificate(field, text, "a certificate with a readable key");
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      return CheckRsaKey(field, text, key);
    case EVP_PKEY_EC:
      return CheckEcKey(field, text, key);
    default:
      return BadCertificate(field, text, "a certificate with an RSA or EC key");
  }
}

absl::StatusOr<absl::Time> ToTime(const ASN1_TIME* time) {
  std::tm broken_down = {};
  if (ASN1_TIME_to_tm(time, &broken_down) != 1) {
    return absl::InvalidArgumentError("not a time");
  }
  return absl::FromTM(broken_down, absl::UTCTimeZone());
}

std::string DrainBio(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return size > 0 ? std::string(data, size) : std::string();
}

std::string SubjectOf(X509* certificate) {
  BioHandle bio(BIO_new(BIO_s_mem()));
  // UTF-8 stays readable; control characters are still escaped.
  X509_NAME_print_ex(bio.get(), X509_get_subject_name(certificate), 0,
                     XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  return DrainBio(bio.get());
}

absl::StatusOr<std::string> ToPem(X509* certificate) {
  BioHandle bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(bio.get(), certificate) != 1) {
    return absl::InternalError("writing a certificate as PEM failed");
  }
  return DrainBio(bio.get());
}

bool SetSerial(X509* certificate) {
  std::array<unsigned char, 16> bytes;
  if (RAND_bytes(bytes.data(), bytes.size()) != 1) return false;
  bytes[0] = (bytes[0] & 0x7f) | 0x40;  // positive and never zero (RFC 5280, 4.1.2.2)
  std::unique_ptr<BIGNUM, OpensslFree<BN_free>> number(
      BN_bin2bn(bytes.data(), bytes.size(), nullptr));
  return number != nullptr &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool SetName(X509* certificate, absl::string_view common_name) {
  X509_NAME* name = X509_get_subject_name(certificate);
  return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(common_name.data()),
                                    static_cast<int>(common_name.size()), -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1;
}

bool SetValidity(X509* certificate, absl::Time now) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const absl::CivilSecond start = absl::ToCivilSecond(now, utc);
  const absl::CivilSecond end(start.year() + kValidYears, start.month(), start.day(), start.hour(),
                              start.minute(), start.second());
  return ASN1_TIME_set(X509_getm_notBefore(certificate), absl::ToTimeT(now)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), absl::ToTimeT(absl::FromCivil(end, utc))) !=
             nullptr;
}

bool AddExtension(X509* certificate, int nid, const char* value) {
  std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION_free>> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, nid, value));
  return extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1;
}

}  // namespace

absl::StatusOr<CertificateInfo> ParseCertificate(absl::string_view field, absl::string_view text) {
  OpensslErrorScope errors;
  if (text.size() > kMaxCertificateBytes) {
    return BadCertificate(
        field, text, absl::StrFormat("a certificate of at most %d bytes", kMaxCertificateBytes));
  }
  ASSIGN_OR_RETURN(const std::string der, ReadDer(field, text));
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* end = bytes;
  X509Handle certificate(d2i_X509(nullptr, &end, static_cast<long>(der.size())));
  if (certificate == nullptr || end != bytes + der.size()) {
    return BadCertificate(field, text, "one DER-encoded X.509 certificate and nothing after it");
  }
  RETURN_IF_ERROR(CheckKey(field, text, certificate.get()));
  absl::StatusOr<absl::Time> not_before = ToTime(X509_get0_notBefore(certificate.get()));
  absl::StatusOr<absl::Time> not_after = ToTime(X509_get0_notAfter(certificate.get()));
  if (!not_before.ok() || !not_after.ok()) {
    return BadCertificate(field, text, "a certificate with readable validity times");
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int digest_size = 0;
  if (EVP_Digest(bytes, der.size(), digest.data(), &digest_size, EVP_sha256(), nullptr) != 1) {
    return absl::InternalError("SHA-256 of a certificate failed");
  }
  ASSIGN_OR_RETURN(std::string pem, ToPem(certificate.get()));
  return CertificateInfo{
      .pem = std::move(pem),
      .subject = SubjectOf(certificate.get()),
      .sha256_fingerprint = absl::BytesToHexString(
          absl::string_view(reinterpret_cast<const char*>(digest.data()), digest_size)),
      .not_before = *not_before,
      .not_after = *not_after,
  };
}

absl::StatusOr<KeyPair> GenerateKeyPair(absl::string_view common_name, absl::Time now) {
  OpensslErrorScope errors;
  if (common_name.empty() || common_name.size() > kMaxCommonNameBytes) {
    return InvalidField("common_name", common_name,
                        absl::StrFormat("1 to %d bytes", kMaxCommonNameBytes));
  }
  KeyHandle key(EVP_RSA_gen(kMinRsaBits));
  X509Handle certificate(X509_new());
  if (key == nullptr || certificate == nullptr ||
      X509_set_version(certificate.get(), X509_VERSION_3) != 1 || !SetSerial(certificate.get()) ||
      !SetName(certificate.get(), common_name) || !SetValidity(certificate.get(), now) ||
      X509_set_pubkey(certificate.get(), key.get()) != 1 ||
      !AddExtension(certificate.get(), NID_basic_constraints, "critical,CA:FALSE") ||
      !AddExtension(certificate.get(), NID_key_usage,
                    "critical,digitalSignature,keyEncipherment") ||
      X509_sign(certificate.get(), key.get(), EVP_sha256()) == 0) {
    return absl::InternalError("generating a key pair and its certificate failed");
  }
  BioHandle bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
      1) {
    return absl::InternalError("writing a private key as PEM failed");
  }
  ASSIGN_OR_RETURN(std::string pem, ToPem(certificate.get()));
  return KeyPair{.private_key_pem = DrainBio(bio.get()), .certificate_pem = std::move(pem)};
}

}  // namespace gatehouse
