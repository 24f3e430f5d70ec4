// Following the domain rules live: any number of streams, each begun by all rules
// or by those that changed since a revision, then fed by what each commit changes.
//
// One thread reads from the store what commits changed, once for all streams, and
// feeds them from memory: the encoded rules, and a log of which domains changed
// when. A stream is a place in that log, so what waits for it takes no memory, and
// several changes of a domain reach it as one. A commit only notes what it
// changed.
#ifndef GATEHOUSE_SERVER_MANAGERS_POLICY_WATCH_H_
#define GATEHOUSE_SERVER_MANAGERS_POLICY_WATCH_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/decision/decision_source.h"
#include "server/decision/domain_rules.h"
#include "server/managers/rule_change_log.h"
#include "server/managers/rule_pages.h"
#include "storage/commit_feed.h"
#include "storage/stores/policy_changes.h"
#include "storage/stores/transaction.h"

namespace gatehouse {

// How rules are sent. What it returns are pieces of messages, which are made by
// putting pieces one after another. Pure.
class RuleEncoding {
 public:
  virtual ~RuleEncoding() = default;
  // Equal pieces: a watcher sees no difference between the rules.
  virtual std::string Rule(const DomainRule& rule) const = 0;
  virtual std::string Removal(absl::string_view domain) const = 0;
};

struct PolicyUpdate {
  bool reset = false;                         // forget all: every rule follows
  std::shared_ptr<const std::string> pieces;  // shared with other streams; null: none
  // The rules are those of this revision now; 0: there is more to come first.
  storage::Revision revision = 0;
  // How long the stream had been open when the rules were those of `revision`, or
  // of a later revision that left them as they are.
  absl::Duration stream_time;
  absl::Duration heartbeat;  // in the first update; else zero
};

// Who follows. Called from one thread, and never under a lock of the watch.
class PolicySubscriber {
 public:
  virtual ~PolicySubscriber() = default;
  // Not again before PolicyWatch::Sent.
  virtual void Send(PolicyUpdate update) = 0;
  // The last call; may come before Sent.
  virtual void End(const absl::Status& status) = 0;
};

// Thread-safe.
class PolicyWatch final : private storage::CommitListener {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Options {
    // The longest time between two updates of a stream that takes them.
    absl::Duration heartbeat = absl::Seconds(1);
    // An update that is not taken for so long ends its stream.
    absl::Duration max_wait = absl::Seconds(30);
    size_t max_streams = 2000;
    // Changed domains that are kept to resume from, and may wait for a stream.
    size_t max_log = 50'000;
    MessageLimits message;
    std::function<TimePoint()> now = std::chrono::steady_clock::now;
  };

  // Begins to read the rules, on a thread of its own. Both outlive this.
  PolicyWatch(storage::CommitFeed* feed, const RuleEncoding* encoding, Options options);
  PolicyWatch(storage::CommitFeed* feed, const RuleEncoding* encoding)
      : PolicyWatch(feed, encoding, Options()) {}
  ~PolicyWatch() override;

  class Stream;
  // `after_revision`: up to which the caller knows the rules; 0: it knows none. A
  // first update comes at once.
  //
  // INVALID_ARGUMENT; UNAVAILABLE (REVISION_NOT_REACHED), or (SHUTTING_DOWN);
  // RESOURCE_EXHAUSTED (OVERLOADED): too many streams. A stream ends with
  // RESOURCE_EXHAUSTED (WATCH_TOO_SLOW), UNAVAILABLE (SHUTTING_DOWN), or an error
  // of the store.
  absl::StatusOr<std::shared_ptr<Stream>> Open(int64_t after_revision,
                                               std::shared_ptr<PolicySubscriber> subscriber);
  // The update is on its way; the subscriber takes another.
  void Sent(const std::shared_ptr<Stream>& stream);
  // The subscriber follows no more. A call to it may be under way.
  void Close(const std::shared_ptr<Stream>& stream);

  // Ends every stream, and refuses new ones.
  void Shutdown();

  struct Counts {
    size_t streams = 0;           // now
    uint64_t rule_updates = 0;    // sent that carried rules, removals or a reset
    uint64_t heartbeats = 0;      // sent that did not
    uint64_t ended_too_slow = 0;  // streams
  };
  Counts counts() const;

 private:
  using Streams = std::vector<std::shared_ptr<Stream>>;
  // What a commit changed, as far as rules may depend on it.
  struct Note {
    storage::Revision revision = 0;
    storage::PolicyChanges changes;
  };

  void OnCommits(const std::vector<storage::Change>& changes) override;
  void Run();
  void Wake();
  bool WaitForWork(bool has_to_beat);
  absl::StatusOr<bool> Refresh();
  absl::StatusOr<RuleChanges> ReadChanges(storage::Reader& reader,
                                          const std::vector<Note>& notes) const;
  bool TakeIn(const RuleChanges& changes, storage::Revision revision);
  void Feed(const std::shared_ptr<Stream>& stream, TimePoint now);
  bool BeginDelivery(Stream& stream, TimePoint now);
  std::shared_ptr<const EncodedMessages> ChangesAfter(storage::Revision revision);
  bool IsTooSlow(const Stream& stream, bool busy, TimePoint now) const;
  void EndStream(const std::shared_ptr<Stream>& stream, const absl::Status& status);
  Streams AllStreams() const;

  storage::CommitFeed* const feed_;
  const RuleEncoding* const encoding_;
  const Options options_;
  const std::chrono::nanoseconds heartbeat_;
  const std::chrono::nanoseconds tick_;  // how exactly heartbeats keep their time

  // What commits leave here. Held for moments only, since they wait for it.
  std::mutex inbox_mutex_;
  std::condition_variable inbox_;
  bool stopping_ = false;
  bool work_ = false;
  storage::Revision heard_ = 0;    // of the last commit
  storage::Revision awaited_ = 0;  // the thread waits until it is heard of
  std::vector<Note> notes_;

  // Not held together with the inbox's.
  mutable std::mutex mutex_;
  bool closed_ = false;
  std::set<std::shared_ptr<Stream>> streams_;
  Streams ready_;                         // those to look at
  storage::Revision rules_revision_ = 0;  // at which a rule last changed

  // Of the thread.
  bool loaded_ = false;
  RulePages rules_;
  RuleChangeLog log_;
  storage::Revision revision_ = 0;  // of rules_
  std::shared_ptr<const EncodedMessages> all_;
  // By the first revision of what changed.
  std::map<storage::Revision, std::shared_ptr<const EncodedMessages>> changes_;

  std::atomic<uint64_t> rule_updates_{0};
  std::atomic<uint64_t> heartbeats_{0};
  std::atomic<uint64_t> ended_too_slow_{0};
  std::thread thread_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_POLICY_WATCH_H_
