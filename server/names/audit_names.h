// Names of the audit log's own resources.
#ifndef GATEHOUSE_SERVER_NAMES_AUDIT_NAMES_H_
#define GATEHOUSE_SERVER_NAMES_AUDIT_NAMES_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/ids.h"

namespace gatehouse {

// Which chains of the audit log: one, or all of them.
struct AuditParent {
  bool all = false;
  OrganizationId chain;  // empty: the server's own; unless `all`
};

// organizations/{organization}, organizations/- (all), or "" (the server's own).
// INVALID_ARGUMENT naming `field`; as the next one.
absl::StatusOr<AuditParent> ParseAuditParent(absl::string_view field, absl::string_view name);
// organizations/{organization}/auditChain, or auditChain: the chain.
absl::StatusOr<OrganizationId> ParseAuditChainName(absl::string_view field, absl::string_view name);

std::string AuditChainNameOf(const OrganizationId& chain);
std::string AuditEventNameOf(const OrganizationId& chain, int64_t sequence);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_NAMES_AUDIT_NAMES_H_
