// What a rollout may say.
#ifndef GATEHOUSE_SERVER_MANAGERS_ROLLOUT_VALIDATION_H_
#define GATEHOUSE_SERVER_MANAGERS_ROLLOUT_VALIDATION_H_

#include "absl/status/status.h"
#include "policy/enforcement.h"
#include "storage/stores/transaction.h"

namespace gatehouse {

inline constexpr size_t kMaxRolloutUsers = 1000;

// INVALID_ARGUMENT naming each field that is out of range or contradicts
// another; users sorted and each once, and all of the organization. A start or
// a deadline in the past is allowed: it has come.
absl::Status CheckRollout(storage::Reader& reader, const OrganizationId& organization,
                          const Rollout& rollout);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_ROLLOUT_VALIDATION_H_
