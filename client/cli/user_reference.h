// Users as arguments: an id, a full name, or an email address.
#ifndef GATEHOUSE_CLIENT_CLI_USER_REFERENCE_H_
#define GATEHOUSE_CLIENT_CLI_USER_REFERENCE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/cli/session.h"

namespace gatehouse::cli {

// The full name of a user of `organization` (a full name). An email address
// costs a LookupUser call, with its errors.
absl::StatusOr<std::string> UserName(Session& session, absl::string_view text,
                                     absl::string_view organization);
// Of a user of the session's organization.
absl::StatusOr<std::string> UserName(Session& session, absl::string_view text);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_USER_REFERENCE_H_
