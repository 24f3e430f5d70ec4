// Use cases: access tokens.
#ifndef GATEHOUSE_SERVER_MANAGERS_ACCESS_TOKEN_MANAGER_H_
#define GATEHOUSE_SERVER_MANAGERS_ACCESS_TOKEN_MANAGER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "policy/access_token.h"
#include "policy/caller.h"
#include "server/access/token_index.h"
#include "server/managers/manager_context.h"
#include "server/managers/page.h"

namespace gatehouse {

struct AccessTokenView {
  AccessToken token;
  absl::Time last_use_time = absl::InfinitePast();  // InfinitePast: never
  absl::Time now;                                   // at which it is looked at
};

// A token with its secret, which is not kept.
struct NewAccessToken {
  AccessTokenView view;
  std::string secret;
};

// Thread-safe. Errors as gatehouse.v1.AccessTokenService says.
class AccessTokenManager {
 public:
  // `tokens` must outlive this. `operator_certificate`: a client certificate has
  // the role of operator, so that the last operator's token may go.
  AccessTokenManager(const ManagerContext& context, const TokenIndex* tokens,
                     bool operator_certificate)
      : context_(context), tokens_(tokens), operator_certificate_(operator_certificate) {}

  struct CreateCommand {
    std::string display_name;
    AccessRole role = AccessRole::kGateway;
    std::vector<Scope> scopes;  // as the role wants them
    absl::Time expire_time = absl::InfiniteFuture();
  };
  absl::StatusOr<NewAccessToken> Create(const Caller& caller, const CreateCommand& command);
  absl::StatusOr<AccessTokenView> Get(const AccessTokenId& id);
  absl::StatusOr<Page<AccessTokenView>> List(const PageRequest& page);
  absl::StatusOr<NewAccessToken> Rotate(const Caller& caller, const AccessTokenId& id,
                                        absl::Duration overlap);
  absl::StatusOr<AccessTokenView> Revoke(const Caller& caller, const AccessTokenId& id);

  // If there is no token at all, makes one for an operator, "system/first-start",
  // and writes its secret to `path`, readable by the server's user alone. True if
  // it did. UNAVAILABLE: the file cannot be written; then there is no token.
  absl::StatusOr<bool> CreateFirst(const std::string& path);

 private:
  absl::StatusOr<AccessTokenView> ViewOf(storage::Reader& reader, AccessToken token,
                                         absl::Time now);

  const ManagerContext context_;
  const TokenIndex* const tokens_;
  const bool operator_certificate_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_ACCESS_TOKEN_MANAGER_H_
