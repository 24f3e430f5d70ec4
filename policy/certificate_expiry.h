// When an IdP's certificate that nears its end is spoken of.
#ifndef GATEHOUSE_POLICY_CERTIFICATE_EXPIRY_H_
#define GATEHOUSE_POLICY_CERTIFICATE_EXPIRY_H_

#include <optional>

#include "absl/time/time.h"

namespace gatehouse {

// The narrowest of 30, 14, 7 and 1 days within which a certificate ends that is
// valid until `end`; 0: it has expired; nullopt: it is good for longer. Each
// smaller number is a notice of its own.
std::optional<int> ExpiryNoticeDays(absl::Time end, absl::Time now);

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_CERTIFICATE_EXPIRY_H_
