// Every SSO profile of every organization, for work that the server does by
// itself.
#ifndef GATEHOUSE_SERVER_MANAGERS_PROFILE_SCAN_H_
#define GATEHOUSE_SERVER_MANAGERS_PROFILE_SCAN_H_

#include <stop_token>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "policy/sso_profile.h"
#include "server/managers/manager_context.h"

namespace gatehouse {

// Visits them by organization and id, each page in a snapshot of its own, until a
// stop is requested. An error of `visit` ends it.
absl::Status ForEachProfile(const ManagerContext& context, const std::stop_token& stop,
                            absl::FunctionRef<absl::Status(const SsoProfile&)> visit);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_PROFILE_SCAN_H_
