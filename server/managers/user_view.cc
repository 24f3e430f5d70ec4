#include "server/managers/user_view.h"

#include <utility>

#include "policy/domain.h"
#include "policy/status_macros.h"
#include "storage/stores/login_activity_store.h"
#include "storage/stores/sso_override_store.h"

namespace gatehouse {
SsoStatus SsoStatusOf(const Decision& decision) {
  if (decision.verdict == Verdict::kDeny) return SsoStatus::kDenied;
  if (decision.verdict == Verdict::kRequireSso) return SsoStatus::kEnforced;
  const bool only_observed = decision.observed_verdict.has_value();
  return IsExempt(decision.reason) && !only_observed ? SsoStatus::kExempt : SsoStatus::kNotEnforced;
}

absl::StatusOr<UserView> ViewOf(StoreFacts& facts, storage::Stored<User> user, absl::Time now) {
  ASSIGN_OR_RETURN(DecisionFacts known, facts.ForUser(*user));
  const bool managed = user->claimed && known.rule != nullptr && IsHeld(known.rule->state);
  return UserView{.user = std::move(user),
                  .type = managed ? UserType::kManaged : UserType::kIndependent,
                  .decision = Decide(known.Inputs(), LoginAction::kSignIn, now)};
}

absl::Status LoadDetails(storage::Reader& reader, UserView& view) {
  const User& user = *view.user;
  ASSIGN_OR_RETURN(auto sso_override,
                   storage::SsoOverrideStore::Find(reader, user.organization, user.id));
  if (sso_override) view.sso_override = std::move(sso_override->value);
  ASSIGN_OR_RETURN(auto activity,
                   storage::LoginActivityStore::Find(reader, user.organization, user.id));
  if (activity) view.activity = std::move(activity->value);
  return absl::OkStatus();
}

}  // namespace gatehouse
