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
#include "server/connectors/saml_connector.h"
#include "server/managers/manager_context.h"
#include "server/names/resource_names.h"

namespace gatehouse {

struct ConnectionTestView {
  ConnectionTest test;
  bool expired = false;     // pending, and its time is over
  std::string sign_in_url;  // set by Start only
};

// Thread-safe. Errors as gatehouse.v1.SsoProfileService says. Neither responses
// nor keys are logged, stored or returned.
class ConnectionTestManager {
 public:
  static constexpr absl::Duration kLifetime = absl::Minutes(10);
  static constexpr size_t kMaxResponseBytes = 512 * 1024;

  // `saml` must outlive this.
  ConnectionTestManager(const ManagerContext& context, SamlConnector* saml)
      : context_(context), saml_(saml) {}

  absl::StatusOr<ConnectionTestView> Start(const Caller& caller, const SsoProfileResource& profile);

  // Decides the test by what the IdP answered. Of several completions, one
  // decides and the others are refused. An error leaves the test pending.
  absl::StatusOr<ConnectionTestView> Complete(const Caller& caller,
                                              const ConnectionTestResource& name,
                                              absl::string_view saml_response);

  absl::StatusOr<ConnectionTestView> Get(const ConnectionTestResource& name);

 private:
  // What the connector says of the response, by the newest committed state.
  absl::StatusOr<SamlOutcome> Verify(const ConnectionTestResource& name,
                                     absl::string_view saml_response, absl::Time now);

  ManagerContext context_;
  SamlConnector* saml_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_CONNECTION_TEST_MANAGER_H_
