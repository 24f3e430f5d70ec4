// What an OpenID provider sent a browser back with, as an administrator can
// hand it over.
#ifndef GATEHOUSE_CLIENT_CLI_OIDC_REDIRECT_H_
#define GATEHOUSE_CLIENT_CLI_OIDC_REDIRECT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gatehouse::cli {

// The query of the redirect ("code=…&state=…"), from the whole URL in the
// browser's address bar or from the query with or without its question mark.
// Nothing is decoded: judging it is the server's. A usage error for text
// without a query, and for a query with neither a code nor an error.
absl::StatusOr<std::string> ParseOidcRedirect(absl::string_view text);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_OIDC_REDIRECT_H_
