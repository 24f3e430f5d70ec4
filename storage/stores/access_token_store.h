// Access tokens, and when each was last used.
#ifndef GATEHOUSE_STORAGE_STORES_ACCESS_TOKEN_STORE_H_
#define GATEHOUSE_STORAGE_STORES_ACCESS_TOKEN_STORE_H_

#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/access_token.h"
#include "storage/stores/stored.h"
#include "storage/stores/transaction.h"

namespace gatehouse::storage {

// A token that has ended is kept for kKeptAfterEnd, for whoever asks what became
// of it, and then forgotten by whoever sweeps the ExpiryQueue.
struct AccessTokenStore {
  static constexpr absl::Duration kKeptAfterEnd = absl::Hours(24 * 90);

  static absl::StatusOr<std::optional<Stored<AccessToken>>> Find(Reader& reader,
                                                                 const AccessTokenId& id);
  // Up to `limit` tokens after the id `after`, by id.
  static absl::StatusOr<std::vector<Stored<AccessToken>>> List(Reader& reader,
                                                               absl::string_view after,
                                                               size_t limit);
  static absl::Status ForEach(Reader& reader,
                              absl::FunctionRef<absl::Status(Stored<AccessToken>)> visit);
  static void Put(Transaction& tx, const AccessToken& token);
  // Whether the commits wrote any token.
  static bool IsTouchedBy(const std::vector<Change>& changes);

  // InfinitePast: never, as far as it has been written down.
  static absl::StatusOr<absl::Time> LastUse(Reader& reader, const AccessTokenId& id);
  // Nothing if the token is gone.
  static absl::Status PutLastUse(Transaction& tx, const AccessTokenId& id, absl::Time time);
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_STORES_ACCESS_TOKEN_STORE_H_
