#include "server/transport/tls_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpcpp/security/server_credentials.h>

#include <mutex>
#include <string>

namespace gatehouse {
namespace {

grpc_ssl_client_certificate_request_type RequestType(ClientCertificates client_certificates) {
  switch (client_certificates) {
    case ClientCertificates::kOff:
      break;
    case ClientCertificates::kRequest:
      return GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
    case ClientCertificates::kRequire:
      return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
  }
  return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
}

// gRPC's C core asks before each handshake whether the certificates have changed
// (grpc_ssl_server_certificate_config_callback); its C++ layer has no name for
// that. The alternative there, a provider that watches files, has no moment at
// which a pair could be judged before it takes effect.
class TlsCredentials final : public grpc::ServerCredentials {
 public:
  TlsCredentials(const CertificateReloader* reloader, ClientCertificates client_certificates)
      : reloader_(reloader),
        credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(
                RequestType(client_certificates), &TlsCredentials::Fetch, this))) {}

  ~TlsCredentials() override { grpc_server_credentials_release(credentials_); }

  // Who calls is found out from the call's own metadata.
  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<TlsCredentials*>(self)->Fetch(config);
  }

  grpc_ssl_certificate_config_reload_status Fetch(grpc_ssl_server_certificate_config** config) {
    std::shared_ptr<const CertificateSet> set = reloader_->current();
    std::lock_guard<std::mutex> lock(mutex_);
    if (set == served_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const grpc_ssl_pem_key_cert_pair pair = {.private_key = set->key_pem.c_str(),
                                             .cert_chain = set->certificate_pem.c_str()};
    // gRPC asserts that there is an authority, even where it asks nobody for a
    // certificate and so never looks at it.
    const std::string& authority =
        set->client_ca_pem.empty() ? set->certificate_pem : set->client_ca_pem;
    *config = grpc_ssl_server_certificate_config_create(authority.c_str(), &pair, 1);
    served_ = std::move(set);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const CertificateReloader* const reloader_;
  std::mutex mutex_;
  std::shared_ptr<const CertificateSet> served_;
  grpc_server_credentials* const credentials_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> NewTlsCredentials(const CertificateReloader* reloader,
                                                           ClientCertificates client_certificates) {
  return std::make_shared<TlsCredentials>(reloader, client_certificates);
}

}  // namespace gatehouse
