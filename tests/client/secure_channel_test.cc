// TLS and tokens of a client, against real servers.
#include "client/secure_channel.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "tests/builders/test_certificates.h"
#include "tests/storage/scoped_directory.h"

namespace gatehouse::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What every call that reaches the server is answered with.
constexpr grpc::StatusCode kReached = grpc::StatusCode::ABORTED;
constexpr grpc::StatusCode kRefused = grpc::StatusCode::UNAVAILABLE;

// Remembers the credentials of the last call.
class AnyService final : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      authorization_.clear();
      const auto [first, last] = context->client_metadata().equal_range("authorization");
      for (auto it = first; it != last; ++it) {
        authorization_.append(it->second.data(), it->second.size());
      }
    }
    class Reactor final : public grpc::ServerGenericBidiReactor {
     public:
      Reactor() { Finish(grpc::Status(kReached, "")); }
      void OnDone() override { delete this; }
    };
    return new Reactor();
  }
  std::string authorization() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return authorization_;
  }

 private:
  mutable std::mutex mutex_;
  std::string authorization_;
};

class SecureChannelTest : public ::testing::Test {
 protected:
  void Serve(const std::shared_ptr<grpc::ServerCredentials>& credentials) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", credentials, &port_);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }
  void ServeTls() {
    grpc::SslServerCredentialsOptions options(GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
    options.pem_root_certs = authority_.certificate_pem();
    options.pem_key_cert_pairs.push_back({own_.key_pem, own_.certificate_pem});
    Serve(grpc::SslServerCredentials(options));
  }

  std::string Write(const std::string& name, const std::string& content) const {
    const std::string path = directory_ / name;
    std::ofstream(path, std::ios::trunc) << content;
    return path;
  }
  std::string CaFile() const { return Write("ca.pem", authority_.certificate_pem()); }

  static grpc::Status Call(const std::shared_ptr<grpc::Channel>& channel) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    grpc::GenericStub stub(channel);
    grpc::CompletionQueue queue;
    grpc::ByteBuffer request, response;
    auto call = stub.PrepareUnaryCall(&context, "/any/Method", request, &queue);
    call->StartCall();
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return status;
  }
  grpc::Status Call(const std::string& host, const ConnectionSecurity& security) const {
    const auto channel = MakeSecureChannel(absl::StrCat(host, ":", port_), security, {});
    EXPECT_TRUE(channel.ok()) << channel.status();
    return Call(*channel);
  }

  const storage::ScopedDirectory directory_;
  const TestAuthority authority_;
  const TestCertificate own_ = authority_.Issue({.dns = {"localhost"}});
  AnyService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(SecureChannelTest, SendsItsTokenOverTls) {
  ServeTls();
  EXPECT_EQ(Call("localhost", {.ca_file = CaFile(), .token = "gh_secret"}).error_code(), kReached);
  EXPECT_EQ(service_.authorization(), "Bearer gh_secret");
  EXPECT_EQ(Call("localhost", {.ca_file = CaFile()}).error_code(), kReached);
  EXPECT_EQ(service_.authorization(), "");
}

TEST_F(SecureChannelTest, SendsItsTokenInPlainTextOnLoopback) {
  Serve(grpc::InsecureServerCredentials());
  EXPECT_EQ(Call("127.0.0.1", {.token = "gh_secret"}).error_code(), kReached);
  EXPECT_EQ(service_.authorization(), "Bearer gh_secret");
  EXPECT_EQ(Call("127.0.0.1", {}).error_code(), kReached);
  EXPECT_EQ(service_.authorization(), "");
}

TEST_F(SecureChannelTest, SpeaksTlsToWhatIsNotSurelyLoopback) {
  Serve(grpc::InsecureServerCredentials());
  // An address that leads to this machine, but does not look like it.
  EXPECT_EQ(Call("ipv6:[::ffff:127.0.0.1]", {.token = "gh_secret"}).error_code(), kRefused);
  EXPECT_EQ(service_.authorization(), "");
}

TEST_F(SecureChannelTest, SaysWhatIsWrongWithTls) {
  ServeTls();
  const TestAuthority stranger;
  const std::string stranger_file = Write("stranger.pem", stranger.certificate_pem());
  const std::string ca_file = CaFile();
  const grpc::Status wrong_ca = Call("localhost", {.ca_file = stranger_file});
  EXPECT_EQ(wrong_ca.error_code(), kRefused);
  EXPECT_THAT(wrong_ca.error_message(), HasSubstr("SSL"));
  EXPECT_EQ(Call("127.0.0.1", {.ca_file = ca_file}).error_code(), kRefused) << "another name";
  EXPECT_EQ(Call("127.0.0.1", {}).error_code(), kRefused) << "plain text";
}

TEST_F(SecureChannelTest, ShowsItsOwnCertificate) {
  grpc::SslServerCredentialsOptions options(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = authority_.certificate_pem();
  options.pem_key_cert_pairs.push_back({own_.key_pem, own_.certificate_pem});
  Serve(grpc::SslServerCredentials(options));
  EXPECT_EQ(Call("localhost", {.ca_file = CaFile()}).error_code(), kRefused);
  const TestCertificate portal = authority_.Issue();
  EXPECT_EQ(Call("localhost", {.ca_file = CaFile(),
                               .certificate_file = Write("own.crt", portal.certificate_pem),
                               .key_file = Write("own.key", portal.key_pem)})
                .error_code(),
            kReached);
}

TEST_F(SecureChannelTest, TakesUpATokenThatHasBeenRotated) {
  Serve(grpc::InsecureServerCredentials());
  const std::string file = Write("token", "gh_first\n");
  const auto channel =
      MakeSecureChannel(absl::StrCat("127.0.0.1:", port_), {.token_file = file}, {});
  ASSERT_TRUE(channel.ok()) << channel.status();
  EXPECT_EQ(Call(*channel).error_code(), kReached);
  EXPECT_EQ(service_.authorization(), "Bearer gh_first");
  Write("token", "gh_second\n");
  do {
    ASSERT_EQ(Call(*channel).error_code(), kReached);
    std::this_thread::yield();
  } while (service_.authorization() == "Bearer gh_first");
  EXPECT_EQ(service_.authorization(), "Bearer gh_second");
}

TEST_F(SecureChannelTest, RefusesWhatItCannotUseWithoutQuotingASecret) {
  const std::string pem = CaFile();
  const std::string empty = Write("empty", "");
  const struct {
    ConnectionSecurity security;
    const char* field;
  } cases[] = {
      {{.ca_file = "/no/such/file"}, "ca_file"},
      {{.ca_file = empty}, "ca_file"},
      {{.certificate_file = pem}, "key_file"},
      {{.key_file = pem}, "certificate_file"},
      {{.certificate_file = pem, .key_file = "/no/such/file"}, "key_file"},
      {{.token = "gh secret"}, "token"},
      {{.token = "gh_secret\n"}, "token"},
      {{.token = std::string(513, 'x')}, "token"},
      {{.token_file = "/no/such/file"}, "token_file"},
      {{.token_file = empty}, "token_file"},
      {{.token_file = Write("two", "gh_secret gh_secret")}, "token_file"},
      {{.token = "gh_a", .token_file = pem}, "token_file"},
  };
  for (const auto& test : cases) {
    const absl::Status status = MakeSecureChannel("localhost:1", test.security, {}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << test.field;
    EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat(test.field, " \"")));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
  }
  EXPECT_EQ(MakeSecureChannel("localhost:1", grpc::InsecureChannelCredentials(),
                              {.token = "gh_secret"}, {})
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace gatehouse::client
