// Use cases: the audit log. What is changed is put there by the transactions
// themselves (storage/stores/audit_trail.h); following it live is AuditWatch's.
#ifndef GATEHOUSE_SERVER_MANAGERS_AUDIT_MANAGER_H_
#define GATEHOUSE_SERVER_MANAGERS_AUDIT_MANAGER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/caller.h"
#include "server/managers/audit_view.h"
#include "server/managers/manager_context.h"
#include "server/managers/page.h"
#include "server/names/audit_names.h"
#include "storage/stores/audit_trail.h"

namespace gatehouse {

struct AuditChainView {
  OrganizationId chain;
  storage::AuditChainEnds ends;
  bool retention_signature_valid = false;
};

// Thread-safe. Errors as gatehouse.v1.AuditService says.
class AuditManager {
 public:
  // Events older than `retention` are removed; InfiniteDuration: none ever.
  AuditManager(const ManagerContext& context, absl::Duration retention)
      : context_(context), retention_(retention) {}

  struct ListCommand {
    AuditParent parent;  // all: those that the caller may see
    AuditFilter filter;
    PageRequest page;
  };
  // By chain, then sequence. Looks at a bounded number of events: a page may be
  // short, even empty, with more to come.
  absl::StatusOr<Page<storage::AuditEvent>> List(const Caller& caller, const ListCommand& command);

  absl::StatusOr<AuditChainView> GetChain(const OrganizationId& chain);

  // Records that a call was refused: in the chain of the organization that
  // `resource` names, if there is one and the caller may see it; else in the
  // server's, so that nobody fills the log of an organization that is none of
  // their business. `unwritten_count`: as AuditEvent.Refusal says.
  absl::Status RecordRefusal(const Caller& caller, absl::string_view resource,
                             const absl::Status& status, int64_t unwritten_count);

  // Removes what is older than the retention time from every chain, in bounded
  // transactions; how many events. What is left still verifies: the new
  // beginning of each chain is signed.
  absl::StatusOr<int64_t> RemoveExpired();

 private:
  absl::StatusOr<int64_t> RemoveExpired(const OrganizationId& chain, absl::Time now);

  const ManagerContext context_;
  const absl::Duration retention_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_AUDIT_MANAGER_H_
