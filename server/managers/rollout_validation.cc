#include "server/managers/rollout_validation.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/managers/field_faults.h"
#include "storage/stores/user_store.h"

namespace gatehouse {
namespace {

constexpr int kMaxMinFailures = 1'000'000;
constexpr absl::Duration kMinWindow = absl::Minutes(1);
constexpr absl::Duration kMaxWindow = absl::Hours(24 * 30);

std::string TimeText(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_sec, time, absl::UTCTimeZone());
}

void CheckAutomaticPause(const AutomaticPause& pause, FieldFaults& faults) {
  if (pause.min_failures < 1 || pause.min_failures > kMaxMinFailures) {
    faults.Add(InvalidField("rollout.automatic_pause.min_failures",
                            absl::StrCat(pause.min_failures),
                            absl::StrCat("1 to ", kMaxMinFailures)));
  }
  if (pause.failure_percent < 1 || pause.failure_percent > 100) {
    faults.Add(InvalidField("rollout.automatic_pause.failure_percent",
                            absl::StrCat(pause.failure_percent), "1 to 100"));
  }
  if (pause.window < kMinWindow || pause.window > kMaxWindow) {
    faults.Add(InvalidField("rollout.automatic_pause.window", absl::FormatDuration(pause.window),
                            "1 minute to 30 days"));
  }
}

void CheckProof(const Rollout& rollout, FieldFaults& faults) {
  if (rollout.proof_deadline == absl::InfiniteFuture()) return;
  const std::string deadline = TimeText(rollout.proof_deadline);
  if (!rollout.require_proof) {
    faults.Add(InvalidField("rollout.proof_deadline", deadline, "none without require_proof"));
  } else if (rollout.proof_deadline <= rollout.start_time) {
    faults.Add(
        InvalidField("rollout.proof_deadline", deadline,
                     absl::StrCat("a time after start_time, ", TimeText(rollout.start_time))));
  }
}

}  // namespace

absl::Status CheckRollout(storage::Reader& reader, const OrganizationId& organization,
                          const Rollout& rollout) {
  FieldFaults faults;
  if (rollout.percent < 0 || rollout.percent > 100) {
    faults.Add(InvalidField("rollout.percent", absl::StrCat(rollout.percent), "0 to 100"));
  }
  CheckProof(rollout, faults);
  if (rollout.automatic_pause) CheckAutomaticPause(*rollout.automatic_pause, faults);
  if (rollout.users.size() > kMaxRolloutUsers) {
    faults.Add(InvalidField("rollout.users", absl::StrCat(rollout.users.size(), " users"),
                            absl::StrCat("at most ", kMaxRolloutUsers, " users")));
    return faults.Result();
  }
  const auto twice =
      std::adjacent_find(rollout.users.begin(), rollout.users.end(), std::greater_equal<UserId>());
  if (twice != rollout.users.end()) {
    faults.Add(InvalidField("rollout.users", twice->value(), "each user once"));
  }
  for (const UserId& id : rollout.users) {
    ASSIGN_OR_RETURN(auto user, storage::UserStore::Find(reader, organization, id));
    if (user) continue;
    // One is enough to send back a list of the wrong organization.
    faults.Add(InvalidField("rollout.users", id.value(), "a user of the organization"));
    break;
  }
  return faults.Result();
}

}  // namespace gatehouse
