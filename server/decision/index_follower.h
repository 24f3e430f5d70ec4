// Fills a DecisionIndex from the store and keeps it as commits leave the store.
//
// Rules and exceptions are few and read before anything is decided by them. The
// addresses are many: a thread of its own reads them, stretch by stretch in the
// order of their keys, while commits go on. A commit's addresses up to where the
// reading has come are put into the index with the commit; those beyond will be
// read anyway.
#ifndef GATEHOUSE_SERVER_DECISION_INDEX_FOLLOWER_H_
#define GATEHOUSE_SERVER_DECISION_INDEX_FOLLOWER_H_

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/decision/decision_index.h"
#include "storage/commit_feed.h"
#include "storage/stores/policy_changes.h"
#include "storage/stores/transaction.h"
#include "storage/stores/user_changes.h"

namespace gatehouse {

// If the store cannot be read, the index says so (no rules, addresses not
// loaded), and is filled anew as soon as the store can be read again.
class IndexFollower final : private storage::CommitListener {
 public:
  // Reads the rules, begins to read the addresses, and follows `feed`. Both must
  // outlive the result.
  static absl::StatusOr<std::unique_ptr<IndexFollower>> Start(storage::CommitFeed* feed,
                                                              DecisionIndex* index);
  ~IndexFollower() override;

  // Waits until every address has been read; false: it took too long.
  bool WaitUntilLoaded(absl::Duration timeout);

 private:
  // What becomes of an address; no entry: nobody has it any more.
  struct EntryChange {
    uint64_t hash = 0;
    std::optional<AddressEntry> entry;
    bool may_be_new = false;
  };
  using EntryChanges = std::vector<EntryChange>;

  IndexFollower(storage::CommitFeed* feed, DecisionIndex* index) : feed_(feed), index_(index) {}

  void OnCommits(const std::vector<storage::Change>& changes) override;
  // The rest needs mutex_.
  absl::Status Follow(const std::vector<storage::Change>& changes);
  absl::StatusOr<EntryChanges> ReadEntries(storage::Reader& reader, const RuleTable& rules,
                                           const storage::UserChanges& users,
                                           const storage::PolicyChanges& policy);
  bool IsRead(absl::string_view key) const;
  void Forget(storage::Revision revision);
  void ReadAddresses();  // the thread
  absl::Status ReadStretch();

  storage::CommitFeed* const feed_;
  DecisionIndex* const index_;

  std::atomic<int> waiting_commits_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::string read_to_;  // key of the last user read; empty: none
  std::thread reader_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_DECISION_INDEX_FOLLOWER_H_
