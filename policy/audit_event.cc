#include "policy/audit_event.h"

namespace gatehouse {

absl::string_view Name(AuditEventKind kind) {
  switch (kind) {
    case AuditEventKind::kChange:
      return "CHANGE";
    case AuditEventKind::kRefusal:
      return "REFUSAL";
    case AuditEventKind::kBreakGlassUse:
      return "BREAK_GLASS_USE";
    case AuditEventKind::kDomainState:
      return "DOMAIN_STATE";
    case AuditEventKind::kCertificateExpiry:
      return "CERTIFICATE_EXPIRY";
    case AuditEventKind::kMetadataChange:
      return "METADATA_CHANGE";
    case AuditEventKind::kAutomaticPause:
      return "AUTOMATIC_PAUSE";
    case AuditEventKind::kRetention:
      return "RETENTION";
  }
  return "UNKNOWN";
}

}  // namespace gatehouse
