#include "client/cli/rollout_options.h"

#include "absl/strings/str_cat.h"
#include "client/cli/command_options.h"
#include "client/cli/errors.h"
#include "client/cli/time_text.h"
#include "client/cli/user_reference.h"
#include "policy/status_macros.h"

namespace gatehouse::cli {
namespace {

absl::Status TakeAutomaticPause(const RolloutOptions& options, v1::Rollout::AutomaticPause* pause) {
  pause->set_min_failures(static_cast<int32_t>(options.pause_after_failures));
  pause->set_failure_percent(static_cast<int32_t>(
      options.pause_failure_percent == 0 ? 50 : options.pause_failure_percent));
  if (options.pause_window.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const absl::Duration window, ParsePeriod(options.pause_window));
  pause->mutable_window()->set_seconds(absl::ToInt64Seconds(window));
  return absl::OkStatus();
}

}  // namespace

void AddRolloutOptions(CLI::App* app, RolloutOptions& options) {
  AddMoment(app, "--start", options.start,
            "not before this (2026-12-31T18:00:00Z, or 7d from now); else at once");
  AddNumber(app, "--percent", options.percent, 1, 100,
            "only this percentage of addresses, always the same ones; else all, or with --user "
            "only those users");
  AddTexts(app, "--user", "USER", options.users,
           "this user in any case, whatever --percent says: an email address or a user name; "
           "may be repeated");
  app->add_flag("--require-proof", options.require_proof,
                "cover a user only once a sign-in of theirs through SSO was reported");
  AddMoment(app, "--proof-deadline", options.proof_deadline,
            "with --require-proof: from when everybody else is covered, too; else never");
  AddNumber(app, "--pause-after-failures", options.pause_after_failures, 1, 1'000'000,
            "pause by itself once so many sign-ins through SSO have failed; else never");
  AddNumber(app, "--pause-failure-percent", options.pause_failure_percent, 1, 100,
            "with --pause-after-failures: and so much of all that were reported; else 50");
  AddText(app, "--pause-window", "PERIOD", options.pause_window,
          "with --pause-after-failures: how long after a change to count (24h, 7d); else 24h");
}

absl::StatusOr<bool> TakeRollout(Session& session, const RolloutOptions& options,
                                 absl::string_view organization, v1::Rollout* rollout) {
  if (!options.start.empty()) {
    ASSIGN_OR_RETURN(const absl::Time start, ParseMoment(options.start, session.now()));
    SetTime(start, rollout->mutable_start_time());
  }
  rollout->set_percent(static_cast<int32_t>(options.percent));
  for (const std::string& user : options.users) {
    ASSIGN_OR_RETURN(*rollout->add_users(), UserName(session, user, organization));
  }
  rollout->set_require_proof(options.require_proof);
  if (!options.proof_deadline.empty()) {
    ASSIGN_OR_RETURN(const absl::Time deadline, ParseMoment(options.proof_deadline, session.now()));
    SetTime(deadline, rollout->mutable_proof_deadline());
  }
  if (options.pause_after_failures > 0) {
    RETURN_IF_ERROR(TakeAutomaticPause(options, rollout->mutable_automatic_pause()));
  } else if (options.pause_failure_percent > 0 || !options.pause_window.empty()) {
    return UsageError(
        "--pause-failure-percent and --pause-window need --pause-after-failures: how many "
        "failures to pause after");
  }
  return rollout->ByteSizeLong() > 0;
}

}  // namespace gatehouse::cli
