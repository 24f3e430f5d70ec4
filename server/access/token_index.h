// The access tokens in memory, by the hash of their secret.
#ifndef GATEHOUSE_SERVER_ACCESS_TOKEN_INDEX_H_
#define GATEHOUSE_SERVER_ACCESS_TOKEN_INDEX_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "policy/access_token.h"
#include "policy/caller.h"
#include "policy/published.h"
#include "server/access/rate_limit.h"
#include "storage/commit_feed.h"
#include "storage/engine.h"
#include "storage/stores/transaction_runner.h"

namespace gatehouse {

// Follows the store's commits: a token that was revoked is not good any more
// when the call that revoked it returns. Thread-safe; a lookup takes no lock
// that a commit holds, but for one pointer swap.
class TokenIndex final : private storage::CommitListener {
 public:
  // What survives a change of the token's record.
  struct Use {
    std::atomic<int64_t> last_use_us{0};  // 0: not since the server started
    std::atomic<int64_t> written_us{0};   // what the store knows of it
    RateBucket bucket;
  };
  struct Entry {
    AccessToken token;
    Principal principal;
    std::shared_ptr<Use> use;
  };

  // Reads the tokens and follows `feed`, which must outlive the result.
  static absl::StatusOr<std::unique_ptr<TokenIndex>> Open(storage::CommitFeed* feed);
  ~TokenIndex() override;

  // The token, which may have ended, or null. Valid until the calling thread's
  // next Find. UNAVAILABLE: the tokens could not be read after a commit that
  // changed them; nobody is let in on what may have been revoked.
  absl::StatusOr<const Entry*> Find(absl::string_view secret_hash) const;
  static void RecordUse(const Entry& entry, absl::Time now) {
    entry.use->last_use_us.store(absl::ToUnixMicros(now), std::memory_order_relaxed);
  }

  // When the token was last used since the start; InfinitePast: not.
  absl::Time LastUse(const AccessTokenId& id) const;
  // Writes down uses that the store does not know. For a background task, every
  // 10 minutes at most, and at the end.
  absl::Status FlushLastUse(storage::TransactionRunner& transactions, absl::Time now);

 private:
  using Table = absl::flat_hash_map<std::string, std::shared_ptr<const Entry>>;

  explicit TokenIndex(storage::CommitFeed* feed) : feed_(feed) {}
  void OnCommits(const std::vector<storage::Change>& changes) override;
  absl::Status Reload();

  storage::CommitFeed* const feed_;
  std::mutex update_mutex_;                 // the first load against the first commit heard of
  Published<Table> table_;                  // null: the tokens could not be read
  std::shared_ptr<const Table> last_good_;  // guarded by update_mutex_
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_ACCESS_TOKEN_INDEX_H_
