#include "server/transport/certificate_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/server/transport/test_certificate_files.h"

namespace gatehouse {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Encrypted(const std::string& key_pem) {
  const KeyHandle key(PEM_read_bio_PrivateKey(ReadBio(key_pem).get(), nullptr, nullptr, nullptr));
  const BioHandle bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), EVP_aes_256_cbc(), "passphrase", 10, nullptr,
                                nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<size_t>(size));
}

TEST(ReadCertificateSet, ReadsAChainItsKeyAndTheClientAuthority) {
  const TestAuthority authority, clients;
  const absl::Time end = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()) + 3600);
  const TestCertificate own = authority.Issue({.common_name = "the.server", .not_after = end});
  const TestCertificateFiles files;
  files.WriteCertificate(own.certificate_pem + authority.certificate_pem());
  files.WriteKey(own.key_pem);
  files.WriteClientCa("# who may call\n" + clients.certificate_pem() + authority.certificate_pem());
  const auto set = ReadCertificateSet(files.paths_with_client_ca(), absl::Now());
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->subject, "CN=the.server");
  EXPECT_EQ(set->not_after, end);
  EXPECT_EQ(set->key_pem, own.key_pem);
  EXPECT_THAT(set->client_ca_pem, HasSubstr(clients.certificate_pem()));
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(ReadCertificateSet, RefusesWhatCannotBeServedAndNamesTheSetting) {
  const TestAuthority authority;
  const TestCertificate good = authority.Issue();
  const TestCertificate other = authority.Issue();
  const std::string half = good.certificate_pem.substr(0, good.certificate_pem.size() / 2);
  using Files = const TestCertificateFiles&;
  const struct {
    const char* setting;
    const char* says;
    std::function<void(Files)> spoil;
  } cases[] = {
      {"tls.certificate_file", "can be read", [](Files f) { f.RemoveCertificate(); }},
      {"tls.certificate_file", "PEM", [](Files f) { f.WriteCertificate(""); }},
      {"tls.certificate_file", "PEM", [](Files f) { f.WriteCertificate("no certificate"); }},
      {"tls.certificate_file", "PEM", [&](Files f) { f.WriteCertificate(half); }},
      {"tls.certificate_file", "whole",
       [&](Files f) { f.WriteCertificate(good.certificate_pem + half); }},
      {"tls.certificate_file", "PEM", [&](Files f) { f.WriteCertificate(good.key_pem); }},
      {"tls.certificate_file", "PEM",
       [&](Files f) { f.WriteCertificate(good.certificate_pem + std::string(1, '\0')); }},
      {"tls.certificate_file", "1 MiB",
       [&](Files f) { f.WriteCertificate(good.certificate_pem + std::string(1 << 20, '\n')); }},
      {"tls.key_file", "private key", [](Files f) { f.WriteKey(""); }},
      {"tls.key_file", "private key", [&](Files f) { f.WriteKey(good.certificate_pem); }},
      {"tls.key_file", "passphrase", [&](Files f) { f.WriteKey(Encrypted(good.key_pem)); }},
      {"tls.key_file", "of the first certificate", [&](Files f) { f.WriteKey(other.key_pem); }},
      {"tls.key_file", "of the first certificate",
       [&](Files f) { f.WriteCertificate(authority.certificate_pem() + good.certificate_pem); }},
      {"tls.client_ca_file", "PEM", [](Files f) { f.WriteClientCa(""); }},
      {"tls.client_ca_file", "whole",
       [&](Files f) { f.WriteClientCa(authority.certificate_pem() + half); }},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(absl::StrCat(test.setting, ": ", test.says));
    const TestCertificateFiles files;
    files.Write(good);
    files.WriteClientCa(authority.certificate_pem());
    ASSERT_TRUE(ReadCertificateSet(files.paths_with_client_ca(), absl::Now()).ok());
    test.spoil(files);
    const auto set = ReadCertificateSet(files.paths_with_client_ca(), absl::Now());
    EXPECT_EQ(set.status().code(), absl::StatusCode::kFailedPrecondition);
    const std::string message(set.status().message());
    EXPECT_THAT(message, HasSubstr(absl::StrCat(test.setting, " \"")));
    EXPECT_THAT(message, HasSubstr(test.says));
    EXPECT_THAT(message, Not(HasSubstr("BEGIN")));
    EXPECT_EQ(ERR_peek_error(), 0u);
  }
}

TEST(ReadCertificateSet, RefusesACertificateThatIsNotValidNow) {
  const TestAuthority authority;
  const absl::Time start = absl::FromUnixSeconds(1'700'000'000);
  const TestCertificateFiles files;
  files.Write(authority.Issue({.not_before = start, .not_after = start + absl::Hours(1)}));
  EXPECT_TRUE(ReadCertificateSet(files.paths(), start).ok());
  EXPECT_TRUE(ReadCertificateSet(files.paths(), start + absl::Minutes(59)).ok());
  for (const absl::Time when : {start - absl::Seconds(1), start + absl::Hours(1)}) {
    const auto set = ReadCertificateSet(files.paths(), when);
    EXPECT_THAT(std::string(set.status().message()),
                HasSubstr("valid now; it is from 2023-11-14T22:13:20"));
  }
}

}  // namespace
}  // namespace gatehouse
