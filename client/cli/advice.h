// What to do next, for each reason of the API.
#ifndef GATEHOUSE_CLIENT_CLI_ADVICE_H_
#define GATEHOUSE_CLIENT_CLI_ADVICE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace gatehouse::cli {

// The next step after an error or a plan's issue with this `reason` about the
// resource `subject` ("" if none is known): a sentence, most often with the
// command to run. "" for a reason that says it all, or that this binary does
// not know.
std::string NextStep(absl::string_view reason, absl::string_view subject);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_ADVICE_H_
