// Lets concurrent commits share one disk sync: callers queue up, and the first
// in the queue commits for all that wait behind it.
#ifndef GATEHOUSE_STORAGE_ENGINE_GROUP_COMMIT_H_
#define GATEHOUSE_STORAGE_ENGINE_GROUP_COMMIT_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/engine.h"

namespace gatehouse::storage {

// Thread-safe.
class GroupCommit {
 public:
  struct Pending {
    const CommitRequest* request;
    absl::StatusOr<Revision> result;  // for `process` to set
  };
  // Commits a group, in order. Called from one thread at a time, with no lock held.
  using Process = std::function<void(const std::vector<Pending*>& group)>;

  // A group's limits; the first request always fits.
  static constexpr size_t kMaxRequests = 1024;
  static constexpr size_t kMaxBytes = kMaxCommitBytes;

  explicit GroupCommit(Process process);
  ~GroupCommit();  // waits for the commits under way

  // Returns when a group with `request` has been processed.
  absl::StatusOr<Revision> Commit(const CommitRequest& request);

 private:
  struct Waiter : Pending {
    bool done = false;
    std::condition_variable wake;
  };

  std::vector<Pending*> FirstGroup() const;  // mutex_ held

  const Process process_;
  std::mutex mutex_;
  std::condition_variable idle_;
  size_t callers_ = 0;
  // The group being processed stays at the front until it is done, so the front is the leader.
  std::deque<Waiter*> queue_;
};

}  // namespace gatehouse::storage

#endif  // GATEHOUSE_STORAGE_ENGINE_GROUP_COMMIT_H_
