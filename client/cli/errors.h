// What went wrong, as the command line carries and shows it.
//
// An error of the server is an absl::Status with the details of
// policy/errors.h; one of the command line itself is a UsageError.
#ifndef GATEHOUSE_CLIENT_CLI_ERRORS_H_
#define GATEHOUSE_CLIENT_CLI_ERRORS_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/cli/exit_code.h"
#include "client/cli/text.h"

namespace gatehouse::cli {

// The command line, or a file that it names, is wrong.
absl::Status UsageError(absl::string_view message);
bool IsUsageError(const absl::Status& status);

// The person who was asked said no.
absl::Status Declined();

// `status` must not be OK.
ExitCode ExitCodeOf(const absl::Status& status);

// Prints "error: …", then reason, fields and resources at fault, and what to do
// next.
void PrintError(const absl::Status& status, Palette palette, std::ostream& err);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_ERRORS_H_
