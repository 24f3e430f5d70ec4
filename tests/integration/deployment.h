// Gatehouse with its surroundings: a DNS server, an identity provider, and the
// real server between them.
#ifndef GATEHOUSE_TESTS_INTEGRATION_DEPLOYMENT_H_
#define GATEHOUSE_TESTS_INTEGRATION_DEPLOYMENT_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "policy/status_macros.h"
#include "tests/integration/api.h"
#include "tests/integration/server_process.h"
#include "tests/peers/child_process.h"
#include "tests/peers/knot_server.h"
#include "tests/peers/saml_idp.h"

namespace gatehouse {

// Not thread-safe.
class Deployment {
 public:
  static absl::StatusOr<std::unique_ptr<Deployment>> Start() {
    std::unique_ptr<Deployment> deployment(new Deployment());
    ASSIGN_OR_RETURN(deployment->dns_, KnotServer::Start());
    ASSIGN_OR_RETURN(deployment->idp_, SamlIdp::Start());
    RETURN_IF_ERROR(deployment->StartServer());
    return deployment;
  }

  KnotServer& dns() { return *dns_; }
  SamlIdp& idp() { return *idp_; }
  ServerProcess& server() { return *server_; }
  const Api& api() const { return *api_; }
  const std::string& data_directory() const { return data_.path(); }

  // Starts a server on the same data, once the one before has ended. api() then
  // calls the new one.
  absl::Status StartServer() {
    ASSIGN_OR_RETURN(server_, ServerProcess::Start({.data_directory = data_.path(),
                                                    .flags = {{"--dns-servers", dns_->address()},
                                                              {"--https-allow-loopback", ""}}}));
    api_.emplace(server_->address());
    return absl::OkStatus();
  }

 private:
  Deployment() = default;

  ShortTempDir data_;
  std::unique_ptr<KnotServer> dns_;
  std::unique_ptr<SamlIdp> idp_;
  std::unique_ptr<ServerProcess> server_;
  std::optional<Api> api_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_INTEGRATION_DEPLOYMENT_H_
