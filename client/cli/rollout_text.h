// How an enforcement is rolled out, for people.
#ifndef GATEHOUSE_CLIENT_CLI_ROLLOUT_TEXT_H_
#define GATEHOUSE_CLIENT_CLI_ROLLOUT_TEXT_H_

#include <string>
#include <vector>

#include "gatehouse/v1/enforcement.pb.h"

namespace gatehouse::cli {

// What a rollout says, a sentence's part each: "from 2026-03-01T09:30:00Z", "for
// 10 % of addresses". Empty: for everybody at once.
std::vector<std::string> RolloutParts(const v1::Rollout& rollout);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_ROLLOUT_TEXT_H_
