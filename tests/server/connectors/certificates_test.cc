#include "server/connectors/certificates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "policy/errors.h"
#include "server/connectors/openssl_handles.h"

namespace gatehouse {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kNow =
    absl::FromCivil(absl::CivilSecond(2024, 2, 29, 12, 30, 5), absl::UTCTimeZone());

const KeyPair& Keys() {
  static const KeyPair* const keys = new KeyPair(*GenerateKeyPair("gatehouse.example", kNow));
  return *keys;
}

std::string Contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, size);
}

// A self-signed certificate of `key`, as PEM.
std::string CertificateOf(EVP_PKEY* key, EVP_PKEY* signer = nullptr) {
  X509Handle certificate(X509_new());
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  EVP_PKEY* signing_key = signer != nullptr ? signer : key;
  const bool own_digest = EVP_PKEY_get_base_id(signing_key) == EVP_PKEY_ED25519;
  EXPECT_GT(X509_sign(certificate.get(), signing_key, own_digest ? nullptr : EVP_sha256()), 0);
  BioHandle bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate.get());
  return Contents(bio.get());
}

// An RSA public key of these numbers; nobody has its private half.
KeyHandle RsaPublicKey(const BIGNUM* modulus, unsigned long exponent) {
  std::unique_ptr<OSSL_PARAM_BLD, OpensslFree<OSSL_PARAM_BLD_free>> builder(OSSL_PARAM_BLD_new());
  std::unique_ptr<BIGNUM, OpensslFree<BN_free>> e(BN_new());
  BN_set_word(e.get(), exponent);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus);
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  std::unique_ptr<OSSL_PARAM, OpensslFree<OSSL_PARAM_free>> parameters(
      OSSL_PARAM_BLD_to_param(builder.get()));
  KeyContextHandle context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY_fromdata_init(context.get());
  EVP_PKEY* key = nullptr;
  EXPECT_EQ(EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()), 1);
  return KeyHandle(key);
}

std::string BodyOf(const std::string& pem) {
  return absl::StrReplaceAll(
      pem, {{"-----BEGIN CERTIFICATE-----\n", ""}, {"-----END CERTIFICATE-----\n", ""}});
}

void ExpectRefused(const std::string& text, const std::string& expectation) {
  const absl::StatusOr<CertificateInfo> info = ParseCertificate("certificate", text);
  ASSERT_EQ(info.status().code(), absl::StatusCode::kInvalidArgument) << text;
  EXPECT_EQ(ReasonOf(info.status()), reason::kInvalidField);
  EXPECT_THAT(std::string(info.status().message()), HasSubstr("certificate"));
  EXPECT_THAT(std::string(info.status().message()), HasSubstr(expectation));
}

TEST(Certificates, ParsesWhatItGenerates) {
  const absl::StatusOr<CertificateInfo> info =
      ParseCertificate("certificate", Keys().certificate_pem);
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->pem, Keys().certificate_pem);
  EXPECT_EQ(info->subject, "CN=gatehouse.example");
  EXPECT_EQ(info->not_before, kNow);
  EXPECT_EQ(info->not_after,
            absl::FromCivil(absl::CivilSecond(2034, 3, 1, 12, 30, 5), absl::UTCTimeZone()))
      << "ten years on there is no 29 February";
  EXPECT_EQ(info->sha256_fingerprint.size(), 64u);
}

TEST(Certificates, FingerprintIsTheSha256OfTheDerBytes) {
  std::string der;
  ASSERT_TRUE(absl::Base64Unescape(BodyOf(Keys().certificate_pem), &der));
  unsigned char digest[32];
  EVP_Digest(der.data(), der.size(), digest, nullptr, EVP_sha256(), nullptr);
  EXPECT_EQ(ParseCertificate("certificate", Keys().certificate_pem)->sha256_fingerprint,
            absl::BytesToHexString(absl::string_view(reinterpret_cast<char*>(digest), 32)));
}

TEST(Certificates, GeneratesAKeyThatFitsItsCertificate) {
  BioHandle key_bio = ReadBio(Keys().private_key_pem);
  KeyHandle key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, nullptr, nullptr));
  BioHandle certificate_bio = ReadBio(Keys().certificate_pem);
  X509Handle certificate(PEM_read_bio_X509(certificate_bio.get(), nullptr, nullptr, nullptr));
  EXPECT_EQ(X509_check_private_key(certificate.get(), key.get()), 1);
  EXPECT_EQ(X509_verify(certificate.get(), key.get()), 1);
  EXPECT_EQ(X509_get_signature_nid(certificate.get()), NID_sha256WithRSAEncryption);
  EXPECT_THAT(Keys().private_key_pem, HasSubstr("-----BEGIN PRIVATE KEY-----"));
}

TEST(Certificates, GeneratesAnotherKeyAndSerialEachTime) {
  const absl::StatusOr<KeyPair> other = GenerateKeyPair("gatehouse.example", kNow);
  ASSERT_TRUE(other.ok());
  EXPECT_NE(other->private_key_pem, Keys().private_key_pem);
  EXPECT_NE(other->certificate_pem, Keys().certificate_pem);
}

TEST(Certificates, RefusesACommonNameThatX509CannotHold) {
  for (const std::string& name : {std::string(), std::string(65, 'a')}) {
    EXPECT_EQ(GenerateKeyPair(name, kNow).status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_TRUE(GenerateKeyPair(std::string(64, 'a'), kNow).ok());
}

TEST(Certificates, NormalizesTheSpellingsOfOneCertificate) {
  const std::string& pem = Keys().certificate_pem;
  const std::string body = BodyOf(pem);
  const std::vector<std::string> spellings = {
      body,
      absl::StrReplaceAll(body, {{"\n", ""}}),
      absl::StrCat("\n      ", absl::StrReplaceAll(body, {{"\n", "\r\n      "}})),
      absl::StrReplaceAll(pem, {{"\n", "\r\n"}}),
      absl::StrCat("Bag Attributes\n    friendlyName: idp\n", pem, "\n\n"),
  };
  for (const std::string& spelling : spellings) {
    const absl::StatusOr<CertificateInfo> info = ParseCertificate("certificate", spelling);
    ASSERT_TRUE(info.ok()) << info.status() << "\n" << spelling;
    EXPECT_EQ(info->pem, pem);
  }
}

TEST(Certificates, RefusesTextThatIsNotOneCertificate) {
  const std::string& pem = Keys().certificate_pem;
  std::string trailing;
  ASSERT_TRUE(absl::Base64Unescape(BodyOf(pem), &trailing));
  trailing += "x";
  const struct {
    std::string text;
    std::string expectation;
  } cases[] = {
      {"", "PEM CERTIFICATE block"},
      {" \n ", "PEM CERTIFICATE block"},
      {"certificate", "DER"},
      {"not base64!", "base64"},
      {pem + pem, "exactly one"},
      {pem + "-----BEGIN CERTIFICATE-----\nbroken", "exactly one"},
      {pem.substr(0, pem.size() / 2), "exactly one"},
      {absl::StrReplaceAll(pem, {{"CERTIFICATE", "X509 CRL"}}), "exactly one"},
      {absl::StrReplaceAll(pem, {{"CERTIFICATE", "PUBLIC KEY"}}), "exactly one"},
      {"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", ""},
      {absl::StrCat("-----BEGIN CERTIFICATE-----\n", absl::Base64Escape("no DER"),
                    "\n-----END CERTIFICATE-----\n"),
       "DER"},
      {absl::Base64Escape(trailing), "nothing after it"},
      {absl::StrCat(pem, std::string(16 * 1024, ' ')), "at most 16384 bytes"},
      {std::string("\0\0\0\0", 4), "base64"},
  };
  for (const auto& test : cases) ExpectRefused(test.text, test.expectation);
}

TEST(Certificates, RefusesAPrivateKeyAndNeverRepeatsIt) {
  const std::string& key = Keys().private_key_pem;
  for (const std::string& text :
       {key, Keys().certificate_pem + key, key + Keys().certificate_pem, "x " + key}) {
    const absl::Status status = ParseCertificate("certificate", text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("never a private key"));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr(key.substr(28, 16))));
  }
}

TEST(Certificates, AcceptsTheKeysThatSignaturesAreMadeWith) {
  for (const char* curve : {"P-256", "P-384", "P-521"}) {
    KeyHandle key(EVP_EC_gen(curve));
    EXPECT_TRUE(ParseCertificate("certificate", CertificateOf(key.get())).ok()) << curve;
  }
  KeyHandle rsa(EVP_RSA_gen(3072));
  EXPECT_TRUE(ParseCertificate("certificate", CertificateOf(rsa.get())).ok());
}

TEST(Certificates, RefusesKeysThatAreWeakOrOfAnotherKind) {
  KeyHandle signer(EVP_RSA_gen(2048));
  KeyHandle short_rsa(EVP_RSA_gen(1024));
  ExpectRefused(CertificateOf(short_rsa.get()), "2048 to 8192 bits, not 1024");

  std::unique_ptr<BIGNUM, OpensslFree<BN_free>> huge(BN_new());
  BN_set_bit(huge.get(), 9000);
  BN_set_bit(huge.get(), 0);
  ExpectRefused(CertificateOf(RsaPublicKey(huge.get(), 65537).get(), signer.get()), "not 9001");

  for (const char* curve : {"secp256k1", "P-224", "brainpoolP256r1"}) {
    KeyHandle key(EVP_EC_gen(curve));
    ExpectRefused(CertificateOf(key.get()), "P-256, P-384 or P-521");
  }
  KeyHandle ed25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  ExpectRefused(CertificateOf(ed25519.get()), "RSA or EC");
}

// With exponent 1 a signature is its own message: everybody could sign.
TEST(Certificates, RefusesAnRsaKeyOfDegenerateNumbers) {
  KeyHandle signer(EVP_RSA_gen(2048));
  BIGNUM* modulus = nullptr;
  EVP_PKEY_get_bn_param(signer.get(), OSSL_PKEY_PARAM_RSA_N, &modulus);
  std::unique_ptr<BIGNUM, OpensslFree<BN_free>> owner(modulus);
  for (const unsigned long exponent : {1ul, 2ul, 3ul, 65535ul, 65538ul}) {
    ExpectRefused(CertificateOf(RsaPublicKey(modulus, exponent).get(), signer.get()),
                  "at least 65537");
  }
}

TEST(Certificates, SurvivesEveryTruncationAndByteFlip) {
  std::string der;
  ASSERT_TRUE(absl::Base64Unescape(BodyOf(Keys().certificate_pem), &der));
  for (size_t i = 0; i < der.size(); ++i) {
    EXPECT_FALSE(ParseCertificate("certificate", absl::Base64Escape(der.substr(0, i))).ok());
    std::string flipped = der;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x41);
    ParseCertificate("certificate", absl::Base64Escape(flipped)).IgnoreError();
  }
}

TEST(Certificates, LeavesNoErrorBehindForOtherUsersOfOpenssl) {
  ParseCertificate("certificate", "-----BEGIN CERTIFICATE-----\nbroken").IgnoreError();
  EXPECT_EQ(ERR_peek_error(), 0u);
}

}  // namespace
}  // namespace gatehouse
