// Seam between a connection test and the protocol that its sign-in speaks.
#ifndef GATEHOUSE_SERVER_MANAGERS_CONNECTION_TEST_PROTOCOL_H_
#define GATEHOUSE_SERVER_MANAGERS_CONNECTION_TEST_PROTOCOL_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/connection_test.h"
#include "policy/sso_profile.h"
#include "storage/stores/transaction.h"

namespace gatehouse {

// What is held against a sign-in; kNone: nothing.
struct ConnectionTestFinding {
  ConnectionTestFailure failure = ConnectionTestFailure::kNone;
  std::string detail;  // what was expected and found, for the admin
};

// What the verification of an IdP's answer found.
struct ConnectionTestProof {
  ConnectionTestFinding finding;
  std::string email;  // set when nothing is found: the address, exactly as signed
  // SAML: what must not prove anything again, and until when.
  std::string assertion_id;
  absl::Time not_on_or_after = absl::InfinitePast();
};

// Thread-safe. In `profile`, the settings of the protocol are those under test.
class ConnectionTestProtocol {
 public:
  virtual ~ConnectionTestProtocol() = default;

  // INVALID_ARGUMENT unless `response` is of a size that can be verified.
  virtual absl::Status CheckSize(absl::string_view response) const = 0;

  // Binds `test`, whose id and times are set, to one sign-in, and returns the
  // URL to open. May block for the network. Errors of the connector.
  virtual absl::StatusOr<std::string> Begin(const SsoProfile& profile, ConnectionTest& test) = 0;

  // Verifies what came back, by what `reader` sees. May block for the network,
  // for which it does not keep the snapshot. Errors of the connector and of the
  // store: nothing is decided.
  virtual absl::StatusOr<ConnectionTestProof> Verify(storage::SnapshotReader reader,
                                                     const SsoProfile& profile,
                                                     const ConnectionTest& test,
                                                     absl::string_view response,
                                                     absl::Time now) = 0;

  // Uses up, in the commit that decides, what must not prove anything again.
  virtual absl::StatusOr<ConnectionTestFinding> UseUp(storage::Transaction& tx,
                                                      const ConnectionTest& test,
                                                      const ConnectionTestProof& proof,
                                                      absl::Time now) = 0;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_CONNECTION_TEST_PROTOCOL_H_
