#include "policy/enforcement.h"

namespace gatehouse {

absl::string_view Name(EnforcementMode mode) {
  switch (mode) {
    case EnforcementMode::kEnforce:
      return "ENFORCE";
    case EnforcementMode::kObserve:
      return "OBSERVE";
  }
  return "UNKNOWN";
}

absl::string_view Name(ExemptionKind kind) {
  switch (kind) {
    case ExemptionKind::kTriggeringAdmin:
      return "TRIGGERING_ADMIN";
    case ExemptionKind::kBreakGlass:
      return "BREAK_GLASS";
    case ExemptionKind::kServiceAccount:
      return "SERVICE_ACCOUNT";
  }
  return "UNKNOWN";
}

}  // namespace gatehouse
