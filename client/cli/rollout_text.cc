#include "client/cli/rollout_text.h"

#include "absl/strings/str_cat.h"
#include "client/cli/text.h"
#include "client/cli/time_text.h"

namespace gatehouse::cli {
namespace {

std::string TimeText(const google::protobuf::Timestamp& time) {
  return Rfc3339(absl::FromUnixSeconds(time.seconds()));
}

std::string ProofPart(const v1::Rollout& rollout) {
  return absl::StrCat(
      "for who has signed in through SSO once",
      rollout.has_proof_deadline()
          ? absl::StrCat(", and for everybody from ", TimeText(rollout.proof_deadline()))
          : "");
}

std::string PausePart(const v1::Rollout::AutomaticPause& pause) {
  return absl::StrCat("paused by itself after ", pause.min_failures(),
                      " failed sign-ins, if they are ", pause.failure_percent(), " % of all");
}

}  // namespace

std::vector<std::string> RolloutParts(const v1::Rollout& rollout) {
  std::vector<std::string> parts;
  if (rollout.has_start_time()) {
    parts.push_back(absl::StrCat("from ", TimeText(rollout.start_time())));
  }
  if (rollout.percent() > 0 && rollout.percent() < 100) {
    parts.push_back(absl::StrCat("for ", rollout.percent(), " % of addresses"));
  }
  // Beside all addresses, naming some says nothing.
  if (!rollout.users().empty() && rollout.percent() < 100) {
    parts.push_back(absl::StrCat(rollout.percent() == 0 ? "only for " : "and for ",
                                 Counted(rollout.users_size(), "user", "users"), " by name"));
  }
  if (rollout.require_proof()) parts.push_back(ProofPart(rollout));
  if (rollout.has_automatic_pause()) parts.push_back(PausePart(rollout.automatic_pause()));
  return parts;
}

}  // namespace gatehouse::cli
