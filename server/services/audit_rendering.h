// Audit events and filters, between the API and the managers.
#ifndef GATEHOUSE_SERVER_SERVICES_AUDIT_RENDERING_H_
#define GATEHOUSE_SERVER_SERVICES_AUDIT_RENDERING_H_

#include "absl/status/statusor.h"
#include "gatehouse/v1/audit_service.pb.h"
#include "server/managers/audit_manager.h"

namespace gatehouse {

// INVALID_ARGUMENT.
absl::StatusOr<AuditFilter> ParseAuditFilter(const v1::AuditEventFilter& filter);

// `event` with its changes rendered (AuditTrail::RenderChanges). INTERNAL: a
// change is no JSON object.
absl::StatusOr<v1::AuditEvent> RenderAuditEvent(const storage::AuditEvent& event,
                                                bool include_record);
v1::AuditChain RenderAuditChain(const AuditChainView& view);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_AUDIT_RENDERING_H_
