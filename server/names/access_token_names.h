// Names of access tokens: accessTokens/{token}
#ifndef GATEHOUSE_SERVER_NAMES_ACCESS_TOKEN_NAMES_H_
#define GATEHOUSE_SERVER_NAMES_ACCESS_TOKEN_NAMES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/access_token.h"

namespace gatehouse {

// INVALID_ARGUMENT naming `field`, the value and the format.
absl::StatusOr<AccessTokenId> ParseAccessTokenName(absl::string_view field, absl::string_view name);
std::string AccessTokenNameOf(const AccessTokenId& id);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_NAMES_ACCESS_TOKEN_NAMES_H_
