// An access token, as it is kept: everything but the secret.
#ifndef GATEHOUSE_POLICY_ACCESS_TOKEN_H_
#define GATEHOUSE_POLICY_ACCESS_TOKEN_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "policy/caller.h"
#include "policy/ids.h"

namespace gatehouse {

using AccessTokenId = Id<struct AccessTokenTag>;  // "k" + 20 random base32 digits

struct AccessToken {
  AccessTokenId id;
  std::string secret_hash;  // SHA-256 of the secret: 32 bytes
  std::string display_name;
  AccessRole role = AccessRole::kGateway;
  std::vector<Scope> scopes;  // as Principal::scopes
  std::string creator;        // a principal
  absl::Time create_time;
  absl::Time expire_time = absl::InfiniteFuture();  // InfiniteFuture: never
  absl::Time revoke_time = absl::InfiniteFuture();  // InfiniteFuture: not revoked

  bool IsActiveAt(absl::Time now) const { return now < expire_time && now < revoke_time; }
};

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_ACCESS_TOKEN_H_
