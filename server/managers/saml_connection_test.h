// Connection tests by SAML 2.0.
#ifndef GATEHOUSE_SERVER_MANAGERS_SAML_CONNECTION_TEST_H_
#define GATEHOUSE_SERVER_MANAGERS_SAML_CONNECTION_TEST_H_

#include <cstddef>
#include <string>

#include "server/connectors/saml_connector.h"
#include "server/managers/connection_test_protocol.h"
#include "server/managers/manager_context.h"

namespace gatehouse {

// The test's request_id is the ID of its AuthnRequest. An assertion proves one
// test only: it is remembered for as long as it could be accepted.
class SamlConnectionTest final : public ConnectionTestProtocol {
 public:
  static constexpr size_t kMaxResponseBytes = 512 * 1024;

  // `saml` must outlive this.
  SamlConnectionTest(const ManagerContext& context, SamlConnector* saml)
      : context_(context), saml_(saml) {}

  absl::Status CheckSize(absl::string_view response) const override;
  absl::StatusOr<std::string> Begin(const SsoProfile& profile, ConnectionTest& test) override;
  absl::StatusOr<ConnectionTestProof> Verify(storage::SnapshotReader reader,
                                             const SsoProfile& profile, const ConnectionTest& test,
                                             absl::string_view response, absl::Time now) override;
  absl::StatusOr<ConnectionTestFinding> UseUp(storage::Transaction& tx, const ConnectionTest& test,
                                              const ConnectionTestProof& proof,
                                              absl::Time now) override;

 private:
  ManagerContext context_;
  SamlConnector* saml_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_SAML_CONNECTION_TEST_H_
