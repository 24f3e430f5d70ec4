// Use cases: connection tests.
//
// A test asks the IdP for one real sign-in and proves its answer. What passes
// is a configuration: the bytes of the settings that the answer was held
// against (policy/sso_profile.h).
#ifndef GATEHOUSE_SERVER_MANAGERS_CONNECTION_TEST_MANAGER_H_
#define GATEHOUSE_SERVER_MANAGERS_CONNECTION_TEST_MANAGER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/caller.h"
#include "policy/connection_test.h"
#include "policy/sso_profile.h"
#include "server/connectors/oidc_connector.h"
#include "server/connectors/saml_connector.h"
#include "server/managers/connection_test_protocol.h"
#include "server/managers/manager_context.h"
#include "server/managers/oidc_connection_test.h"
#include "server/managers/saml_connection_test.h"
#include "server/names/resource_names.h"

namespace gatehouse {

struct ConnectionTestView {
  ConnectionTest test;
  bool expired = false;     // pending, and its time is over
  std::string sign_in_url;  // set by Start only
};

// What came back from the IdP, raw.
struct IdpResponse {
  SsoProtocol protocol = SsoProtocol::kSaml;
  absl::string_view text;  // the form field SAMLResponse, or the query of the redirect
};

// Thread-safe. Errors as gatehouse.v1.SsoProfileService says. Neither responses
// nor secrets are logged, stored or returned.
class ConnectionTestManager {
 public:
  static constexpr absl::Duration kLifetime = absl::Minutes(10);

  // The connectors must outlive this.
  ConnectionTestManager(const ManagerContext& context, SamlConnector* saml, OidcConnector* oidc)
      : context_(context), saml_(context, saml), oidc_(context, oidc) {}

  // `staged`: of the profile's staged settings, which take the profile's place
  // if the test passes.
  absl::StatusOr<ConnectionTestView> Start(const Caller& caller, const SsoProfileResource& profile,
                                           bool staged);

  // Decides the test by what the IdP answered. Of several completions, one
  // decides and the others are refused. An error leaves the test pending.
  absl::StatusOr<ConnectionTestView> Complete(const Caller& caller,
                                              const ConnectionTestResource& name,
                                              const IdpResponse& response);

  absl::StatusOr<ConnectionTestView> Get(const ConnectionTestResource& name);

 private:
  ConnectionTestProtocol& Protocol(SsoProtocol protocol);
  // What the connector says of the response, by the newest committed state.
  absl::StatusOr<ConnectionTestProof> Verify(const ConnectionTestResource& name,
                                             const IdpResponse& response, absl::Time now);

  ManagerContext context_;
  SamlConnectionTest saml_;
  OidcConnectionTest oidc_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_CONNECTION_TEST_MANAGER_H_
