// gRPC credentials that serve a CertificateReloader's certificates.
#ifndef GATEHOUSE_SERVER_TRANSPORT_TLS_CREDENTIALS_H_
#define GATEHOUSE_SERVER_TRANSPORT_TLS_CREDENTIALS_H_

#include <memory>

#include "server/config/server_config.h"
#include "server/transport/certificate_reloader.h"

namespace grpc {
class ServerCredentials;
}  // namespace grpc

namespace gatehouse {

// TLS 1.2 or newer, ALPN h2. Each handshake sees the set that is in effect then;
// connections that stand are left alone. A client's certificate is verified
// against `client_ca`, and one that fails ends the handshake. For one listening
// port. `reloader` and the credentials must outlive the server.
std::shared_ptr<grpc::ServerCredentials> NewTlsCredentials(const CertificateReloader* reloader,
                                                           ClientCertificates client_certificates);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_TRANSPORT_TLS_CREDENTIALS_H_
