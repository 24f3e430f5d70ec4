// Who asks: the principal behind a call, and the call itself.
//
// Every change is made on behalf of a Caller, which its audit event names.
#ifndef GATEHOUSE_POLICY_CALLER_H_
#define GATEHOUSE_POLICY_CALLER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/ids.h"

namespace gatehouse {

// What a principal may do; which method asks for which role stands in
// server/access/method_rules.cc. Persisted, never renumber.
enum class AccessRole {
  kOperator = 1,           // everything, in every organization
  kOrganizationAdmin = 2,  // administers the organizations of its scope
  kGateway = 3,            // LoginService, for every domain
  kAuditor = 4,            // reads, and follows the audit log
};

absl::string_view Name(AccessRole role);  // "OPERATOR", …

// One organization that a principal may act in.
struct Scope {
  OrganizationId organization;
  // The admin for whom it acts there; set for ORGANIZATION_ADMIN only.
  UserId acting_admin;

  friend bool operator==(const Scope&, const Scope&) = default;
};

// Who a credential says is calling.
struct Principal {
  // "accessTokens/k…", "URI:spiffe://example/portal" (a certificate's name),
  // "system/domain-checks" (the server itself), or "anonymous" (authentication
  // is switched off).
  std::string name;
  AccessRole role = AccessRole::kGateway;
  // ORGANIZATION_ADMIN: at least one. AUDITOR: empty means every organization.
  // Empty for the other roles.
  std::vector<Scope> scopes;

  // Null if the principal is not scoped to `organization` by name.
  const Scope* ScopeOf(const OrganizationId& organization) const;
  // Whether it may see the organization at all, whatever the method.
  bool MaySee(const OrganizationId& organization) const;
};

// One call: who, what, from where, when.
struct Caller {
  Principal principal;
  std::string method;  // "EnforcementService/EnforceDomains"; of the server itself: the task
  std::string peer;    // "ipv4:10.0.0.7:53124"; empty for the server itself
  // Names the call in logs and audit events: the caller's x-request-id, or one
  // that the server made.
  std::string request_id;
  absl::Time time;  // when it arrived

  // The server acting by itself: "system/<task>" with the role OPERATOR.
  static Caller System(absl::string_view task, absl::Time now);
  // The admin for whom the caller acts in `organization`; nullopt: it acts for
  // none, and a request that needs one must name one.
  std::optional<UserId> ActingAdmin(const OrganizationId& organization) const;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_CALLER_H_
