// Handshakes of real clients with a real server.
#include "server/transport/tls_credentials.h"

#include <gmock/gmock.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/recording_logger.h"
#include "tests/server/transport/test_certificate_files.h"

namespace gatehouse {
namespace {

using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

// What every call is answered with: no failure of the transport has this code.
constexpr grpc::StatusCode kReached = grpc::StatusCode::ABORTED;
constexpr grpc::StatusCode kRefused = grpc::StatusCode::UNAVAILABLE;

// Remembers whom it has answered.
class AnyService final : public grpc::CallbackGenericService {
 public:
  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      names_.clear();
      for (const auto& name :
           context->auth_context()->FindPropertyValues("x509_subject_alternative_name")) {
        names_.emplace_back(name.data(), name.size());
      }
    }
    class Reactor final : public grpc::ServerGenericBidiReactor {
     public:
      Reactor() { Finish(grpc::Status(kReached, "")); }
      void OnDone() override { delete this; }
    };
    return new Reactor();
  }

  std::vector<std::string> names() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return names_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> names_;  // in the certificate of the last call
};

class TlsCredentialsTest : public ::testing::Test {
 protected:
  TlsCredentialsTest() { files_.Write(first_); }

  void Serve(ClientCertificates asked) {
    const bool with_ca = asked != ClientCertificates::kOff;
    files_.WriteClientCa(clients_.certificate_pem());
    auto reloader = CertificateReloader::Start(
        with_ca ? files_.paths_with_client_ca() : files_.paths(), absl::Hours(1), &clock_, &log_);
    ASSERT_TRUE(reloader.ok()) << reloader.status();
    reloader_ = *std::move(reloader);
    credentials_ = NewTlsCredentials(reloader_.get(), asked);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", credentials_, &port_);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }

  // What OpenSSL's own client agrees on with the server: "TLSv1.3 h2"; empty if
  // nothing.
  std::string Handshake(int least_version, int most_version) const {
    const std::unique_ptr<SSL_CTX, OpensslFree<SSL_CTX_free>> context(
        SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_security_level(context.get(), 0);  // would refuse old versions by itself
    SSL_CTX_set_min_proto_version(context.get(), least_version);
    SSL_CTX_set_max_proto_version(context.get(), most_version);
    static constexpr unsigned char kProtocols[] = "\x08http/1.1\x02h2";
    SSL_CTX_set_alpn_protos(context.get(), kProtocols, sizeof(kProtocols) - 1);
    const std::unique_ptr<BIO, OpensslFree<BIO_free_all>> connection(
        BIO_new_ssl_connect(context.get()));
    BIO_set_conn_hostname(connection.get(), absl::StrCat("127.0.0.1:", port_).c_str());
    const bool connected = BIO_do_connect(connection.get()) == 1;
    ERR_clear_error();
    if (!connected) return "";
    SSL* ssl = nullptr;
    BIO_get_ssl(connection.get(), &ssl);
    const unsigned char* protocol = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl, &protocol, &size);
    return absl::StrCat(SSL_get_version(ssl), " ",
                        std::string(reinterpret_cast<const char*>(protocol), size));
  }

  // A client that trusts `authority`, with a connection of its own.
  std::shared_ptr<grpc::Channel> Channel(const TestAuthority& authority,
                                         const TestCertificate& own = {}) const {
    return NewChannel(grpc::SslCredentials({.pem_root_certs = authority.certificate_pem(),
                                            .pem_private_key = own.key_pem,
                                            .pem_cert_chain = own.certificate_pem}));
  }

  std::shared_ptr<grpc::Channel> NewChannel(
      const std::shared_ptr<grpc::ChannelCredentials>& credentials) const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(absl::StrCat("localhost:", port_), credentials, arguments);
  }

  // The code of a call, and the server's certificate as the client saw it.
  static grpc::StatusCode Call(const std::shared_ptr<grpc::Channel>& channel,
                               std::string* server_certificate = nullptr) {
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
    if (server_certificate != nullptr && context.auth_context() != nullptr) {
      for (const auto& pem : context.auth_context()->FindPropertyValues("x509_pem_cert")) {
        server_certificate->assign(pem.data(), pem.size());
      }
    }
    return status.error_code();
  }

  const TestAuthority authority_, clients_, strangers_;
  const TestCertificate first_ = authority_.Issue({.common_name = "first", .dns = {"localhost"}});
  const TestCertificate second_ = authority_.Issue({.common_name = "second", .dns = {"localhost"}});
  const TestCertificateFiles files_;
  FakeClock clock_{absl::Now()};
  RecordingLogger log_;
  std::unique_ptr<CertificateReloader> reloader_;
  std::shared_ptr<grpc::ServerCredentials> credentials_;
  AnyService service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(TlsCredentialsTest, ServesWhoTrustsItsAuthority) {
  Serve(ClientCertificates::kOff);
  std::string seen;
  EXPECT_EQ(Call(Channel(authority_), &seen), kReached);
  EXPECT_EQ(seen, first_.certificate_pem);
  EXPECT_EQ(Call(Channel(strangers_)), kRefused);
  EXPECT_EQ(Call(NewChannel(grpc::InsecureChannelCredentials())), kRefused);
}

TEST_F(TlsCredentialsTest, SpeaksHttp2OverTls12OrNewer) {
  Serve(ClientCertificates::kOff);
  EXPECT_EQ(Handshake(TLS1_3_VERSION, TLS1_3_VERSION), "TLSv1.3 h2");
  EXPECT_EQ(Handshake(TLS1_2_VERSION, TLS1_2_VERSION), "TLSv1.2 h2");
  EXPECT_EQ(Handshake(TLS1_VERSION, TLS1_1_VERSION), "");
}

TEST_F(TlsCredentialsTest, ShowsANewCertificateToNewConnectionsOnly) {
  Serve(ClientCertificates::kOff);
  const auto old_connection = Channel(authority_);
  ASSERT_EQ(Call(old_connection), kReached);
  files_.Write(second_);
  reloader_->Refresh();
  std::string seen_by_old, seen_by_new;
  EXPECT_EQ(Call(Channel(authority_), &seen_by_new), kReached);
  EXPECT_EQ(seen_by_new, second_.certificate_pem);
  EXPECT_EQ(Call(old_connection, &seen_by_old), kReached);
  EXPECT_EQ(seen_by_old, first_.certificate_pem);
}

TEST_F(TlsCredentialsTest, ServesOnWhenAFileIsBroken) {
  Serve(ClientCertificates::kOff);
  files_.WriteCertificate(second_.certificate_pem.substr(0, 200));
  reloader_->Refresh();
  std::string seen;
  EXPECT_EQ(Call(Channel(authority_), &seen), kReached);
  EXPECT_EQ(seen, first_.certificate_pem);
}

TEST_F(TlsCredentialsTest, GivesTheNamesInAVerifiedCertificateOfTheClient) {
  Serve(ClientCertificates::kRequest);
  const TestCertificate portal =
      clients_.Issue({.dns = {"portal.example"}, .uri = {"spiffe://example/portal"}});
  EXPECT_EQ(Call(Channel(authority_, portal)), kReached);
  EXPECT_THAT(service_.names(), IsSupersetOf({"portal.example", "spiffe://example/portal"}));
  EXPECT_EQ(Call(Channel(authority_)), kReached);
  EXPECT_THAT(service_.names(), IsEmpty());
}

class AskingTest : public TlsCredentialsTest,
                   public ::testing::WithParamInterface<ClientCertificates> {};

INSTANTIATE_TEST_SUITE_P(EachWay, AskingTest,
                         ::testing::Values(ClientCertificates::kRequest,
                                           ClientCertificates::kRequire));

TEST_P(AskingTest, RefusesACertificateThatItsAuthorityDoesNotVouchFor) {
  Serve(GetParam());
  EXPECT_EQ(Call(Channel(authority_, strangers_.Issue({.dns = {"portal.example"}}))), kRefused);
  const absl::Time past = absl::Now() - absl::Minutes(1);
  EXPECT_EQ(Call(Channel(authority_, clients_.Issue({.not_after = past}))), kRefused);
  EXPECT_EQ(Call(Channel(authority_, clients_.Issue())), kReached);
}

TEST_F(TlsCredentialsTest, RequiresACertificateWhereConfigured) {
  Serve(ClientCertificates::kRequire);
  EXPECT_EQ(Call(Channel(authority_)), kRefused);
  EXPECT_EQ(Call(Channel(authority_, clients_.Issue())), kReached);
}

TEST_F(TlsCredentialsTest, TakesUpANewAuthorityOfClients) {
  Serve(ClientCertificates::kRequire);
  const TestCertificate stranger = strangers_.Issue();
  ASSERT_EQ(Call(Channel(authority_, stranger)), kRefused);
  files_.WriteClientCa(strangers_.certificate_pem());
  reloader_->Refresh();
  EXPECT_EQ(Call(Channel(authority_, stranger)), kReached);
  EXPECT_EQ(Call(Channel(authority_, clients_.Issue())), kRefused);
}

}  // namespace
}  // namespace gatehouse
