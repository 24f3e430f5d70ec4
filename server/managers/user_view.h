// A user with what follows from the rules: managed or not, and what CheckLogin
// would answer.
#ifndef GATEHOUSE_SERVER_MANAGERS_USER_VIEW_H_
#define GATEHOUSE_SERVER_MANAGERS_USER_VIEW_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "policy/decision.h"
#include "policy/login_activity.h"
#include "policy/sso_override.h"
#include "policy/user.h"
#include "server/decision/store_facts.h"
#include "storage/stores/stored.h"
#include "storage/stores/transaction.h"

namespace gatehouse {

// Numbers as gatehouse.v1.User.Type.
enum class UserType { kManaged = 1, kIndependent = 2 };

// Numbers as gatehouse.v1.User.SsoStatus.
enum class SsoStatus { kEnforced = 1, kExempt = 2, kNotEnforced = 3, kDenied = 4 };

// What `decision` means for the user, in one word. What is only observed is
// NOT_ENFORCED.
SsoStatus SsoStatusOf(const Decision& decision);

struct UserView {
  storage::Stored<User> user;
  UserType type = UserType::kIndependent;
  Decision decision;  // for SIGN_IN
  // Set by LoadDetails.
  std::optional<SsoOverride> sso_override;
  std::optional<LoginActivity> activity;

  SsoStatus sso_status() const { return SsoStatusOf(decision); }
};

// The view of `user` at `now`, by what `facts` reads.
absl::StatusOr<UserView> ViewOf(StoreFacts& facts, storage::Stored<User> user, absl::Time now);

// Adds what only whoever looks at the user asks for: the override and the
// reported sign-ins.
absl::Status LoadDetails(storage::Reader& reader, UserView& view);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_USER_VIEW_H_
