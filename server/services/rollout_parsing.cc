#include "server/services/rollout_parsing.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/status_macros.h"
#include "server/managers/rollout_validation.h"
#include "server/names/resource_names.h"
#include "server/services/requests.h"

namespace gatehouse {
namespace {

absl::StatusOr<absl::Duration> ParseDuration(absl::string_view field,
                                             const google::protobuf::Duration& duration) {
  if (duration.nanos() < -999'999'999 || duration.nanos() > 999'999'999) {
    return InvalidField(field, absl::StrCat(duration.nanos(), " nanos"), "a valid Duration");
  }
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

absl::StatusOr<AutomaticPause> ParseAutomaticPause(const v1::Rollout::AutomaticPause& pause) {
  AutomaticPause parsed{.min_failures = pause.min_failures(),
                        .failure_percent = pause.failure_percent()};
  if (pause.has_window()) {
    ASSIGN_OR_RETURN(parsed.window,
                     ParseDuration("rollout.automatic_pause.window", pause.window()));
  }
  return parsed;
}

}  // namespace

absl::StatusOr<Rollout> ParseRollout(const OrganizationId& organization,
                                     const v1::Rollout& rollout) {
  Rollout parsed;
  if (rollout.has_start_time()) {
    ASSIGN_OR_RETURN(parsed.start_time, ParseTime("rollout.start_time", rollout.start_time()));
  }
  // 0 is "not said": everybody, unless users are named.
  parsed.percent = rollout.percent();
  if (rollout.percent() == 0 && rollout.users().empty()) parsed.percent = 100;
  if (static_cast<size_t>(rollout.users_size()) > kMaxRolloutUsers) {
    return InvalidField("rollout.users", absl::StrCat(rollout.users_size(), " users"),
                        absl::StrCat("at most ", kMaxRolloutUsers, " users"));
  }
  for (int i = 0; i < rollout.users_size(); ++i) {
    ASSIGN_OR_RETURN(UserId user, ParseUserOf(organization, absl::StrCat("rollout.users[", i, "]"),
                                              rollout.users(i)));
    parsed.users.push_back(std::move(user));
  }
  std::sort(parsed.users.begin(), parsed.users.end());
  parsed.require_proof = rollout.require_proof();
  if (rollout.has_proof_deadline()) {
    ASSIGN_OR_RETURN(parsed.proof_deadline,
                     ParseTime("rollout.proof_deadline", rollout.proof_deadline()));
  }
  if (rollout.has_automatic_pause()) {
    ASSIGN_OR_RETURN(parsed.automatic_pause, ParseAutomaticPause(rollout.automatic_pause()));
  }
  return parsed;
}

}  // namespace gatehouse
