// Events of the audit log.
#ifndef GATEHOUSE_POLICY_AUDIT_EVENT_H_
#define GATEHOUSE_POLICY_AUDIT_EVENT_H_

#include "absl/strings/string_view.h"

namespace gatehouse {

// Numbers and names as gatehouse.v1.AuditEvent.Kind, where each is explained.
// Persisted, never renumber.
enum class AuditEventKind {
  kChange = 1,
  kRefusal = 2,
  kBreakGlassUse = 3,
  kDomainState = 4,
  kCertificateExpiry = 5,
  kMetadataChange = 6,
  kAutomaticPause = 7,
  kRetention = 8,
};

absl::string_view Name(AuditEventKind kind);  // "CHANGE", …

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_AUDIT_EVENT_H_
