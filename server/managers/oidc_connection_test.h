// Connection tests by OpenID Connect 1.0.
#ifndef GATEHOUSE_SERVER_MANAGERS_OIDC_CONNECTION_TEST_H_
#define GATEHOUSE_SERVER_MANAGERS_OIDC_CONNECTION_TEST_H_

#include <cstddef>
#include <string>

#include "server/connectors/oidc_connector.h"
#include "server/managers/connection_test_protocol.h"
#include "server/managers/manager_context.h"

namespace gatehouse {

// The test's request_id is the state of its authorization request. A code is
// used up by its exchange at the IdP, and a test takes one answer.
class OidcConnectionTest final : public ConnectionTestProtocol {
 public:
  static constexpr size_t kMaxResponseBytes = 16 * 1024;

  // `oidc` must outlive this.
  OidcConnectionTest(const ManagerContext& context, OidcConnector* oidc)
      : context_(context), oidc_(oidc) {}

  absl::Status CheckSize(absl::string_view response) const override;
  absl::StatusOr<std::string> Begin(const SsoProfile& profile, ConnectionTest& test) override;
  absl::StatusOr<ConnectionTestProof> Verify(storage::SnapshotReader reader,
                                             const SsoProfile& profile, const ConnectionTest& test,
                                             absl::string_view response, absl::Time now) override;
  absl::StatusOr<ConnectionTestFinding> UseUp(storage::Transaction& tx, const ConnectionTest& test,
                                              const ConnectionTestProof& proof,
                                              absl::Time now) override;

 private:
  // 32 random bytes, base64url: 43 characters.
  std::string NewSecretText();

  ManagerContext context_;
  OidcConnector* oidc_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_OIDC_CONNECTION_TEST_H_
