// Audit events, as the command line shows them.
#ifndef GATEHOUSE_CLIENT_CLI_AUDIT_TEXT_H_
#define GATEHOUSE_CLIENT_CLI_AUDIT_TEXT_H_

#include "client/cli/call.h"
#include "gatehouse/v1/audit_event.pb.h"

namespace gatehouse::cli {

// TIME, WHO, WHAT, RESOURCE, OUTCOME.
std::vector<ListColumn<v1::AuditEvent>> AuditColumns();

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_AUDIT_TEXT_H_
