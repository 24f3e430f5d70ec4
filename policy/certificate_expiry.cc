#include "policy/certificate_expiry.h"

namespace gatehouse {

std::optional<int> ExpiryNoticeDays(absl::Time end, absl::Time now) {
  if (end <= now) return 0;
  for (const int days : {1, 7, 14, 30}) {
    if (end <= now + absl::Hours(24 * days)) return days;
  }
  return std::nullopt;
}

}  // namespace gatehouse
