// Audit events as those who read them see them: names, and what a filter lets
// through.
#ifndef GATEHOUSE_SERVER_MANAGERS_AUDIT_VIEW_H_
#define GATEHOUSE_SERVER_MANAGERS_AUDIT_VIEW_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "policy/audit_event.h"
#include "storage/stores/audit_trail.h"

namespace gatehouse {

// The fields are combined by "and"; an unset one lets all pass.
struct AuditFilter {
  absl::Time start = absl::InfinitePast();  // not before
  absl::Time end = absl::InfiniteFuture();  // before
  std::string actor;                        // the principal, or the acting admin's name
  std::string resource;                     // it, or one below it
  std::vector<AuditEventKind> kinds;        // any of them

  bool LetsPass(const storage::AuditEvent& event) const;
};

// The name of what was changed. An override is a field of its user.
std::string ResourceNameOf(const storage::AuditedChange& change);
// The resource that an event is about; of a change, the first.
std::string ResourceNameOf(const storage::AuditEvent& event);
// Empty: none.
std::string ActingAdminNameOf(const storage::AuditEvent& event);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_AUDIT_VIEW_H_
