// The gate before every method: who calls, and may they?
//
//   Admit      on gRPC's threads: authenticates, finds the method's rule, and
//              takes from the principal's allowance. Reads memory only.
//   Authorize  on a worker: whether the principal reaches the organization that
//              the request is about. May read the store.
//   Refused    on a worker: audits a call that was refused.
//
// The rule of each method stands in method_rules.cc.
#ifndef GATEHOUSE_SERVER_ACCESS_ACCESS_GATE_H_
#define GATEHOUSE_SERVER_ACCESS_ACCESS_GATE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "policy/caller.h"
#include "policy/ids.h"

namespace gatehouse {

// What came with a call, before anything of it is believed.
struct CallCredentials {
  // The `authorization` metadata; nullopt: none. More than one: malformed.
  std::optional<std::string> authorization;
  // Names in the client's certificate, which TLS has verified against our CA:
  // "URI:spiffe://example/portal", "DNS:portal.example".
  std::vector<std::string> certificate_names;
  std::string peer;
  std::string request_id;  // x-request-id; empty: none
};

// What Admit found.
struct Admission {
  // UNAUTHENTICATED (CREDENTIAL_MISSING, CREDENTIAL_INVALID, CREDENTIAL_EXPIRED),
  // PERMISSION_DENIED, RESOURCE_EXHAUSTED (RATE_LIMITED, with a retry hint).
  absl::Status status;
  // Complete if the status is OK; else as much as is known. Without a valid
  // credential its principal has no name.
  Caller caller;
};

// Thread-safe.
class AccessGate {
 public:
  virtual ~AccessGate() = default;

  virtual Admission Admit(const CallCredentials& credentials, absl::string_view method) = 0;
  // The status of Admit, for a method that is about no organization and does not
  // ask who calls: without the cost of saying who.
  virtual absl::Status Check(const CallCredentials& credentials, absl::string_view method) = 0;

  // Whether a call that was let in may go on: as Check, but takes nothing from the
  // principal's allowance.
  virtual absl::Status Recheck(const CallCredentials& credentials, absl::string_view method) = 0;

  // `resource`: the name in the request that says which organization it is
  // about ("organizations/acme/users/u1"); empty if the method has none.
  // PERMISSION_DENIED, the same whether the organization exists or not, or
  // (ACTING_USER_NOT_ADMIN) if the admin acted for is not an active admin any
  // more. A name that does not parse is left to the method.
  virtual absl::Status Authorize(const Caller& caller, absl::string_view resource) = 0;

  // Audits the refusal, if the method is one that changes something and the
  // status says that the caller is refused (not that the server failed). Nothing
  // to report to the caller if that fails; it is logged.
  virtual void Refused(const Caller& caller, absl::string_view resource,
                       const absl::Status& status) = 0;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_ACCESS_ACCESS_GATE_H_
