// A rollout as requests give it.
#ifndef GATEHOUSE_SERVER_SERVICES_ROLLOUT_PARSING_H_
#define GATEHOUSE_SERVER_SERVICES_ROLLOUT_PARSING_H_

#include "absl/status/statusor.h"
#include "gatehouse/v1/enforcement.pb.h"
#include "policy/enforcement.h"

namespace gatehouse {

// The request's `rollout`, with its users sorted. INVALID_ARGUMENT: a time,
// duration or user name that is none, or too many users. Ranges and
// contradictions are the manager's to find (CheckRollout).
absl::StatusOr<Rollout> ParseRollout(const OrganizationId& organization,
                                     const v1::Rollout& rollout);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_ROLLOUT_PARSING_H_
