#include "client/cli/audit_text.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/cli/enum_names.h"
#include "client/cli/resource_names.h"
#include "client/cli/time_text.h"

namespace gatehouse::cli {
namespace {

std::string Who(const v1::AuditEvent& event) {
  const std::string principal = event.principal().empty() ? "nobody known" : event.principal();
  if (event.acting_admin().empty()) return principal;
  return absl::StrCat(principal, " for ", LastPart(event.acting_admin()));
}

std::string Resource(const v1::AuditEvent& event) {
  if (event.changes_size() < 2) return event.resource();
  return absl::StrCat(event.resource(), " and ", event.changes_size() - 1, " more");
}

// "created", "changed" or "deleted" if all changes are so.
Cell Changed(const v1::AuditEvent& event) {
  bool created = true;
  bool deleted = true;
  for (const v1::AuditEvent::Change& change : event.changes()) {
    created = created && !change.has_before() && change.has_after();
    deleted = deleted && change.has_before() && !change.has_after();
  }
  return created ? "created" : deleted ? "deleted" : "changed";
}

Cell Outcome(const v1::AuditEvent& event) {
  if (event.kind() == v1::AuditEvent::KIND_CHANGE) return Changed(event);
  if (event.kind() != v1::AuditEvent::KIND_REFUSAL) {
    return Cell(event.description(), Tone::kWarning);
  }
  std::string refused = absl::StrCat(
      "refused: ",
      absl::StrReplaceAll(absl::AsciiStrToLower(event.refusal().reason()), {{"_", "-"}}));
  if (event.refusal().unwritten_count() > 0) {
    absl::StrAppend(&refused, " (and ", event.refusal().unwritten_count(), " more)");
  }
  return Cell(std::move(refused), Tone::kBad);
}

}  // namespace

std::vector<ListColumn<v1::AuditEvent>> AuditColumns() {
  return {
      {"TIME", [](const v1::AuditEvent& e) { return Rfc3339(ToTime(e.time())); }},
      {"WHO", [](const v1::AuditEvent& e) { return Who(e); }},
      {"WHAT", [](const v1::AuditEvent& e) { return e.method(); }},
      {"RESOURCE", [](const v1::AuditEvent& e) { return Resource(e); }},
      {"OUTCOME", [](const v1::AuditEvent& e) { return Outcome(e); }},
  };
}

}  // namespace gatehouse::cli
