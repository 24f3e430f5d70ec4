// Following the audit log live: any number of streams, each from a revision on,
// with no gap and no repetition.
//
// A stream first reads from the store what was committed before it began, then
// what each commit adds. One thread feeds all streams, so that a watcher costs
// neither a commit nor the workers anything.
#ifndef GATEHOUSE_SERVER_MANAGERS_AUDIT_WATCH_H_
#define GATEHOUSE_SERVER_MANAGERS_AUDIT_WATCH_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "policy/caller.h"
#include "server/managers/audit_view.h"
#include "server/managers/manager_context.h"
#include "server/names/audit_names.h"
#include "storage/commit_feed.h"
#include "storage/stores/audit_trail.h"

namespace gatehouse {

struct AuditWatchBatch {
  std::vector<storage::AuditEvent> events;  // by revision; empty: a heartbeat
  storage::Revision revision = 0;           // everything up to it has been sent
};

// Who follows. Called from one thread at a time, and never under a lock of the
// watch.
class AuditSubscriber {
 public:
  virtual ~AuditSubscriber() = default;
  // Not again before AuditWatch::Sent.
  virtual void Send(AuditWatchBatch batch) = 0;
  // The last call; may come before Sent.
  virtual void End(const absl::Status& status) = 0;
};

// Thread-safe.
class AuditWatch final : private storage::CommitListener {
 public:
  struct Options {
    absl::Duration heartbeat = absl::Seconds(10);
    size_t max_streams = 256;
    // Events that wait for one stream; above, it is ended.
    size_t max_pending = 10'000;
  };

  // `feed` is of the engine of `context`; both outlive this.
  AuditWatch(const ManagerContext& context, storage::CommitFeed* feed, const Options& options);
  AuditWatch(const ManagerContext& context, storage::CommitFeed* feed)
      : AuditWatch(context, feed, Options()) {}
  ~AuditWatch() override;

  struct Command {
    AuditParent parent;  // all: those that the caller may see
    AuditFilter filter;
    // Events of later revisions; 0: from now on; -1: from the oldest kept.
    int64_t after_revision = 0;
  };
  class Stream;
  // A first batch, even if it is empty, comes at once.
  //
  // INVALID_ARGUMENT, NOT_FOUND; UNAVAILABLE (REVISION_NOT_REACHED), or
  // (SHUTTING_DOWN); RESOURCE_EXHAUSTED (OVERLOADED): too many streams. A stream
  // ends with OUT_OF_RANGE (AUDIT_EVENTS_REMOVED), RESOURCE_EXHAUSTED
  // (WATCH_TOO_SLOW), UNAVAILABLE (SHUTTING_DOWN), or an error of the store.
  absl::StatusOr<std::shared_ptr<Stream>> Open(const Caller& caller, const Command& command,
                                               std::shared_ptr<AuditSubscriber> subscriber);
  // The batch is on its way; the subscriber takes another.
  void Sent(const std::shared_ptr<Stream>& stream);
  // The subscriber follows no more. A call to it may be under way.
  void Close(const std::shared_ptr<Stream>& stream);

  // Ends every stream, and refuses new ones.
  void Shutdown();

 private:
  void OnCommits(const std::vector<storage::Change>& changes) override;
  void Run();
  bool Feed(const std::shared_ptr<Stream>& stream);
  absl::Status FeedFrom(Stream& stream, storage::SnapshotReader& reader, AuditWatchBatch& batch);
  void EndStream(const std::shared_ptr<Stream>& stream, const absl::Status& status);

  const ManagerContext context_;
  storage::CommitFeed* const feed_;
  const Options options_;

  std::mutex mutex_;
  std::condition_variable work_;
  bool stopping_ = false;
  bool changed_ = false;         // there may be something to do
  storage::Revision heard_ = 0;  // of the last commit
  std::set<std::shared_ptr<Stream>> streams_;
  std::thread thread_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_AUDIT_WATCH_H_
