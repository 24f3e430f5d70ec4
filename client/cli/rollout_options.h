// How an enforcement is rolled out, as options.
#ifndef GATEHOUSE_CLIENT_CLI_ROLLOUT_OPTIONS_H_
#define GATEHOUSE_CLIENT_CLI_ROLLOUT_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/cli/session.h"
#include "gatehouse/v1/enforcement.pb.h"

namespace gatehouse::cli {

struct RolloutOptions {
  std::string start;
  int64_t percent = 0;
  std::vector<std::string> users;
  bool require_proof = false;
  std::string proof_deadline;
  int64_t pause_after_failures = 0;
  int64_t pause_failure_percent = 0;
  std::string pause_window;
};

void AddRolloutOptions(CLI::App* app, RolloutOptions& options);

// Fills in what the options say; false: they say nothing, and the enforcement is
// for everybody at once. `organization`: the users' (a full name).
absl::StatusOr<bool> TakeRollout(Session& session, const RolloutOptions& options,
                                 absl::string_view organization, v1::Rollout* rollout);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_ROLLOUT_OPTIONS_H_
