// Use case: what gateways tell of how sign-ins ended.
#ifndef GATEHOUSE_SERVER_MANAGERS_LOGIN_REPORT_MANAGER_H_
#define GATEHOUSE_SERVER_MANAGERS_LOGIN_REPORT_MANAGER_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "policy/caller.h"
#include "policy/email_address.h"
#include "server/managers/manager_context.h"
#include "server/names/resource_names.h"
#include "storage/engine.h"

namespace gatehouse {

// Numbers as gatehouse.v1.ReportLoginRequest.Method.
enum class LoginMethod { kSso = 1, kPassword = 2, kOther = 3 };

// Numbers as gatehouse.v1.ReportLoginRequest.Outcome.
enum class LoginOutcome { kSucceeded = 1, kFailed = 2 };

struct LoginReport {
  EmailAddress email;
  LoginMethod method = LoginMethod::kSso;
  LoginOutcome outcome = LoginOutcome::kSucceeded;
  std::optional<SsoProfileResource> profile;  // set if and only if by SSO
  std::string failure_reason;                 // for people; may be set if it failed
};

// Thread-safe.
class LoginReportManager {
 public:
  explicit LoginReportManager(const ManagerContext& context) : context_(context) {}

  // Keeps, in one commit, what the report tells of a user of the organization
  // that holds the address's domain (or a parent whose enforcement covers it):
  //   * the times of the last sign-ins, to within an hour
  //   * the first success through each profile, of a managed user: the proof
  //     that rollouts ask for
  //   * the use of an exemption; of BREAK_GLASS as an audit event of its own
  //   * for the domain's enforcement, outcomes through its profile, of managed
  //     users: each user's once an hour, unless the outcome changed between. A
  //     failure may pause the enforcement (policy/automatic_pause.h).
  // Nothing is committed if nothing of that changes. Unknown addresses, and
  // profiles that are not the organization's, prove nothing: such reports are
  // taken and forgotten.
  //
  // Returns the revision at which the store holds all of it, whether there was
  // anything to keep or not, so that the answer does not tell who is known; 0 if
  // nobody holds the domain.
  //
  // INVALID_ARGUMENT: fields that contradict each other. Errors of the store.
  absl::StatusOr<storage::Revision> Report(const Caller& caller, const LoginReport& report);

 private:
  ManagerContext context_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_LOGIN_REPORT_MANAGER_H_
