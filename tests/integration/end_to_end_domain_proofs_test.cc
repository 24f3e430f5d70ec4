// Domains proven by a file on their web server: the real server fetches it by
// HTTPS, with the certificate verified.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "tests/integration/api.h"
#include "tests/integration/server_process.h"
#include "tests/integration/status_assertions.h"
#include "tests/integration/tenant.h"
#include "tests/peers/child_process.h"
#include "tests/server/connectors/https_test_server.h"

namespace gatehouse {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Code = absl::StatusCode;

constexpr char kNotFound[] = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

// A web server that is files.example, and a Gatehouse that finds it there. It
// finds it at strange.example, too, for which it has no certificate.
class EndToEndDomainProofs : public ::testing::Test {
 protected:
  void SetUp() override {
    web_ = std::make_unique<HttpsTestServer>(
        [this](const std::string&) {
          const std::lock_guard<std::mutex> lock(mutex_);
          return answer_;
        },
        HttpsTestServer::Options{.names = "DNS:files.example"});
    const std::string ca_file = absl::StrCat(directory_.path(), "/ca.pem");
    std::ofstream(ca_file) << web_->certificate_pem();
    ASSERT_OK_AND_ASSIGN(
        server_,
        ServerProcess::Start(
            {.data_directory = absl::StrCat(directory_.path(), "/data"),
             .flags = {{"--https-ca-file", ca_file},
                       {"--https-allow-loopback", ""},
                       {"--https-connect-to",
                        absl::Substitute(
                            "files.example:443:127.0.0.1:$0,strange.example:443:127.0.0.1:$0",
                            web_->port())}}}));
    api_ = std::make_unique<Api>(server_->address());
  }

  // From now on what the web server answers.
  void Serve(std::string answer) {
    const std::lock_guard<std::mutex> lock(mutex_);
    answer_ = std::move(answer);
  }

  absl::StatusOr<v1::Domain> VerifyByFile(const Tenant& tenant) const {
    return api_->Call(&Domains::VerifyDomain,
                      absl::Substitute(R"(name: "$0" method: VERIFICATION_METHOD_HTTPS_FILE)",
                                       tenant.domain_name()));
  }

  v1::Domain Get(const Tenant& tenant) const {
    const auto domain =
        api_->Call(&Domains::GetDomain, absl::Substitute(R"(name: "$0")", tenant.domain_name()));
    EXPECT_OK(domain);
    return domain.value_or(v1::Domain());
  }

  // Of an organization of its own.
  Tenant Claim(const std::string& id) const {
    Tenant tenant(*api_, id, absl::StrCat(id, ".example"));
    EXPECT_OK(tenant.Create());
    EXPECT_OK(tenant.AddDomain(tenant.domain()));
    return tenant;
  }

  ShortTempDir directory_;
  std::mutex mutex_;
  std::string answer_ = kNotFound;
  std::unique_ptr<HttpsTestServer> web_;  // asks for the two above
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<Api> api_;
};

TEST_F(EndToEndDomainProofs, ADomainIsProvenByTheFileOnItsWebServer) {
  const Tenant tenant = Claim("files");
  const v1::Domain claimed = Get(tenant);
  EXPECT_EQ(claimed.verification_file_url(),
            "https://files.example/.well-known/gatehouse-domain-verification.txt");
  EXPECT_EQ(claimed.verify_method(), v1::Domain::VERIFICATION_METHOD_UNSPECIFIED);
  const std::string& value = claimed.verification_record_value();

  const auto missing = VerifyByFile(tenant);
  EXPECT_THAT(missing, FailsWith(Code::kFailedPrecondition, "HTTPS_FILE_MISSING"));
  // A program can show the admin what to serve.
  EXPECT_EQ(DetailsOf(missing.status())->metadata.at("file_url"), claimed.verification_file_url());
  EXPECT_EQ(DetailsOf(missing.status())->metadata.at("file_content"), value);

  const std::string zeros = "gatehouse-domain-verification=00000000000000000000000000000000";
  for (const std::string& content :
       {zeros, std::string("<html>Welcome</html>"), absl::StrCat(value, "\n", zeros)}) {
    Serve(HttpsTestServer::Ok(content));
    EXPECT_THAT(VerifyByFile(tenant), FailsWith(Code::kFailedPrecondition, "HTTPS_FILE_WRONG"))
        << content;
  }
  EXPECT_EQ(Get(tenant).state(), v1::Domain::STATE_PENDING);

  Serve(HttpsTestServer::Ok(value + "\r\n"));
  ASSERT_OK_AND_ASSIGN(const v1::Domain verified, VerifyByFile(tenant));
  EXPECT_EQ(verified.state(), v1::Domain::STATE_VERIFIED);
  EXPECT_EQ(verified.verify_method(), v1::Domain::VERIFICATION_METHOD_HTTPS_FILE);
  EXPECT_TRUE(verified.has_verify_time());
  EXPECT_THAT(web_->requests().back(),
              AllOf(HasSubstr("GET /.well-known/gatehouse-domain-verification.txt HTTP/1.1\r\n"),
                    HasSubstr("Host: files.example\r\n")));
}

TEST_F(EndToEndDomainProofs, ARedirectProvesNothing) {
  const Tenant tenant = Claim("files");
  // Whoever follows it finds the proof.
  Serve(absl::Substitute(
      "HTTP/1.1 302 Found\r\nLocation: https://files.example/users/mallory\r\n"
      "Content-Length: $0\r\n\r\n$1",
      Get(tenant).verification_record_value().size(), Get(tenant).verification_record_value()));
  const auto redirected = VerifyByFile(tenant);
  EXPECT_THAT(redirected, FailsWith(Code::kFailedPrecondition, "HTTPS_FILE_WRONG"));
  EXPECT_THAT(std::string(redirected.status().message()), HasSubstr("redirects are not followed"));
  EXPECT_EQ(Get(tenant).state(), v1::Domain::STATE_PENDING);
  EXPECT_THAT(web_->requests(), SizeIs(1));
}

TEST_F(EndToEndDomainProofs, AServerThatIsNotTheDomainsProvesNothing) {
  const Tenant tenant = Claim("strange");
  Serve(HttpsTestServer::Ok(Get(tenant).verification_record_value()));
  EXPECT_THAT(VerifyByFile(tenant), FailsWith(Code::kUnavailable, "HTTPS_UNAVAILABLE"));
  EXPECT_EQ(Get(tenant).state(), v1::Domain::STATE_PENDING);
  EXPECT_THAT(web_->requests(), SizeIs(0)) << "it asked a server that it does not trust";
}

TEST_F(EndToEndDomainProofs, AnOutageIsNoAnswerAndChangesNothing) {
  const Tenant held = Claim("files");
  const v1::Domain claimed = Get(held);
  Serve("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(VerifyByFile(held), FailsWith(Code::kUnavailable, "HTTPS_UNAVAILABLE"));
  EXPECT_EQ(Get(held).state(), v1::Domain::STATE_PENDING);

  Serve(HttpsTestServer::Ok(claimed.verification_record_value()));
  ASSERT_OK(VerifyByFile(held));
  Tenant pending(*api_, "pending", "files.example");
  ASSERT_OK(pending.Create());
  ASSERT_OK(pending.AddDomain(pending.domain()));
  const std::string before = Get(held).SerializeAsString();

  web_.reset();
  for (const Tenant* tenant : {&held, static_cast<const Tenant*>(&pending)}) {
    const auto down = VerifyByFile(*tenant);
    EXPECT_THAT(down, FailsWith(Code::kUnavailable, "HTTPS_UNAVAILABLE"));
    EXPECT_EQ(DetailsOf(down.status())->metadata.at("file_url"), claimed.verification_file_url());
  }
  EXPECT_EQ(Get(held).SerializeAsString(), before);
  EXPECT_EQ(Get(pending).state(), v1::Domain::STATE_PENDING);
}

}  // namespace
}  // namespace gatehouse
