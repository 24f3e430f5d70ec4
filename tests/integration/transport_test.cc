// Who can connect to a real server, and with what.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "tests/builders/test_certificates.h"
#include "tests/integration/api.h"
#include "tests/integration/server_process.h"
#include "tests/integration/status_assertions.h"
#include "tests/peers/child_process.h"

namespace gatehouse {
namespace {

class Transport : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& content) const {
    // Moved into place, as whoever renews certificates should do.
    const std::string path = files_.path() + "/" + name;
    std::ofstream(path + ".new", std::ios::trunc) << content;
    EXPECT_EQ(std::rename((path + ".new").c_str(), path.c_str()), 0);
    return path;
  }

  void Serve(std::vector<std::pair<std::string, std::string>> flags = {},
             bool authentication = false) {
    const TestCertificate own = authority_.Issue({.dns = {"localhost"}});
    flags.emplace_back("--tls-reload-seconds", "1");
    flags.emplace_back("--store-engine", "memory");
    ASSERT_OK_AND_ASSIGN(
        server_, ServerProcess::Start({.data_directory = data_.path(),
                                       .authentication = authentication,
                                       .certificate_file = Write("tls.crt", own.certificate_pem),
                                       .key_file = Write("tls.key", own.key_pem),
                                       .flags = std::move(flags)}));
  }

  client::ConnectionSecurity Trusting(const TestAuthority& authority) const {
    return {.ca_file = Write("ca.pem", authority.certificate_pem())};
  }

  // A connection of its own to "localhost", which is in the certificate.
  Api Connect(const client::ConnectionSecurity& security) const {
    return Api("localhost" + server_->address().substr(server_->address().rfind(':')), security);
  }

  static absl::StatusCode Call(const Api& api) {
    return api.Call(&Organizations::ListOrganizations, "").status().code();
  }

  const TestAuthority authority_, other_authority_;
  const ShortTempDir data_, files_;
  std::unique_ptr<ServerProcess> server_;
};

TEST_F(Transport, IsTlsForWhoTrustsTheServer) {
  Serve();
  EXPECT_EQ(Call(Connect(Trusting(authority_))), absl::StatusCode::kOk);
  EXPECT_EQ(Call(Connect(Trusting(other_authority_))), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Call(Connect({})), absl::StatusCode::kUnavailable) << "plain text";
}

TEST_F(Transport, TakesUpANewCertificateWhileItServes) {
  Serve();
  const Api before = Connect(Trusting(authority_));
  ASSERT_EQ(Call(before), absl::StatusCode::kOk);
  const TestCertificate renewed = other_authority_.Issue({.dns = {"localhost"}});
  Write("tls.crt", renewed.certificate_pem);
  Write("tls.key", renewed.key_pem);
  while (Call(Connect(Trusting(other_authority_))) != absl::StatusCode::kOk) {
    ASSERT_EQ(Call(before), absl::StatusCode::kOk);
    std::this_thread::yield();
  }
  EXPECT_EQ(Call(before), absl::StatusCode::kOk) << "a connection that stood";
  EXPECT_EQ(Call(Connect(Trusting(authority_))), absl::StatusCode::kUnavailable);
}

TEST_F(Transport, AsksForCertificatesOfClients) {
  const TestAuthority clients;
  Serve({{"--tls-client-certificates", "require"},
         {"--tls-client-ca-file", Write("clients.pem", clients.certificate_pem())}});
  client::ConnectionSecurity security = Trusting(authority_);
  EXPECT_EQ(Call(Connect(security)), absl::StatusCode::kUnavailable);
  for (const TestAuthority* signer : {&other_authority_, &clients}) {
    const TestCertificate own = signer->Issue({.dns = {"portal.example"}});
    security.certificate_file = Write("own.crt", own.certificate_pem);
    security.key_file = Write("own.key", own.key_pem);
    EXPECT_EQ(Call(Connect(security)),
              signer == &clients ? absl::StatusCode::kOk : absl::StatusCode::kUnavailable);
  }
}

TEST_F(Transport, LetsACertificateInAsWhatItsNameMayDo) {
  const TestAuthority clients;
  Serve({{"--tls-client-certificates", "request"},
         {"--tls-client-ca-file", Write("clients.pem", clients.certificate_pem())},
         {"--access-certificate-identities",
          "URI:spiffe://example/console operator,DNS:portal.example gateway"}},
        true);
  constexpr absl::string_view kLogin = R"(email: "carol@nobody.example")";
  const struct {
    const char* of;
    TestCertificateOptions names;
    absl::StatusCode listing;  // organizations: an operator's
    absl::StatusCode login;    // a gateway's
  } kClients[] = {
      {"a URI that is an operator's",
       {.uri = {"spiffe://example/console"}},
       absl::StatusCode::kOk,
       absl::StatusCode::kOk},
      {"a DNS name that is a gateway's, not its first",
       {.dns = {"other.example", "portal.example"}},
       absl::StatusCode::kPermissionDenied,
       absl::StatusCode::kOk},
      {"no name that the configuration has",
       {.common_name = "portal.example", .dns = {"other.example"}, .uri = {"DNS:portal.example"}},
       absl::StatusCode::kUnauthenticated,
       absl::StatusCode::kUnauthenticated},
  };
  client::ConnectionSecurity security = Trusting(authority_);
  for (const auto& test : kClients) {
    const TestCertificate own = clients.Issue(test.names);
    security.certificate_file = Write("own.crt", own.certificate_pem);
    security.key_file = Write("own.key", own.key_pem);
    const Api api = Connect(security);
    EXPECT_EQ(Call(api), test.listing) << test.of;
    EXPECT_EQ(api.Call(&Logins::CheckLogin, kLogin).status().code(), test.login) << test.of;
  }
  // Without one, and with one that nobody vouches for, whatever name is in it.
  EXPECT_THAT(Connect(Trusting(authority_)).Call(&Logins::CheckLogin, kLogin),
              FailsWith(absl::StatusCode::kUnauthenticated, reason::kCredentialMissing));
  const TestCertificate forged = other_authority_.Issue({.dns = {"portal.example"}});
  security.certificate_file = Write("own.crt", forged.certificate_pem);
  security.key_file = Write("own.key", forged.key_pem);
  EXPECT_FALSE(Connect(security).Call(&Logins::CheckLogin, kLogin).ok());
}

TEST_F(Transport, DoesNotStartWithACertificateThatIsNotItsKeys) {
  const TestCertificate own = authority_.Issue(), other = authority_.Issue();
  const auto result =
      RunProgram({ServerBinary(), "--listen", "127.0.0.1:0", "--store-engine", "memory",
                  "--tls-certificate-file", Write("tls.crt", own.certificate_pem), "--tls-key-file",
                  Write("tls.key", other.key_pem)});
  ASSERT_OK(result);
  EXPECT_EQ(result->exit_code, 1);
  EXPECT_THAT(result->err, ::testing::HasSubstr("tls.key_file"));
}

TEST_F(Transport, TakesRequestsUpToTheirLimit) {
  Serve({{"--limits-max-request-kib", "64"}});
  const Api api = Connect(Trusting(authority_));
  v1::CheckLoginRequest request;
  request.set_email(std::string(60 << 10, 'a'));
  EXPECT_EQ(api.Call(&Logins::CheckLogin, request).status().code(),
            absl::StatusCode::kInvalidArgument);
  request.set_email(std::string(65 << 10, 'a'));
  EXPECT_EQ(api.Call(&Logins::CheckLogin, request).status().code(),
            absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace gatehouse
