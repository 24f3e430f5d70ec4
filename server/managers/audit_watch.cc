#include "server/managers/audit_watch.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/managers/audit_catch_up.h"
#include "server/managers/preconditions.h"

namespace gatehouse {
namespace {

using storage::AuditEvent;
using storage::AuditTrail;
using storage::Revision;

// What one stream is given before the next has its turn.
constexpr size_t kMaxBatchEvents = 200;
constexpr size_t kMaxLookedAt = 1000;
constexpr size_t kMaxBatchBytes = 1 << 20;

absl::Status ShuttingDown() {
  return Error(absl::StatusCode::kUnavailable, reason::kShuttingDown,
               "the server is shutting down; follow on another one")
      .Build();
}

size_t BytesOf(const AuditEvent& event) {
  size_t bytes = 512;
  for (const storage::AuditedChange& change : event.changes) {
    bytes += change.before_json.value_or("").size() + change.after_json.value_or("").size();
  }
  return bytes;
}

}  // namespace

// Under the watch's mutex, but for what its thread alone uses.
class AuditWatch::Stream {
 public:
  Stream(const Caller& caller, const Command& command, std::shared_ptr<AuditSubscriber> subscriber)
      : command_(command), principal_(caller.principal), subscriber_(std::move(subscriber)) {}

 private:
  friend class AuditWatch;

  bool Covers(const OrganizationId& chain) const {
    return command_.parent.all ? principal_.MaySee(chain) : chain == command_.parent.chain;
  }

  const Command command_;
  const Principal principal_;
  const std::shared_ptr<AuditSubscriber> subscriber_;

  std::deque<AuditReference> pending_;  // of commits since it was opened
  absl::Status failure_;
  bool busy_ = false;  // a batch is on its way

  // Of the watch's thread:
  bool from_store_ = false;  // what came before is still to be read
  std::optional<AuditCatchUp> catch_up_;
  Revision given_ = 0;  // everything up to it has been sent
  absl::Time last_sent_ = absl::InfinitePast();
};

AuditWatch::AuditWatch(const ManagerContext& context, storage::CommitFeed* feed,
                       const Options& options)
    : context_(context), feed_(feed), options_(options) {
  const Revision heard = feed_->Subscribe(this);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    heard_ = std::max(heard_, heard);
  }
  thread_ = std::thread([this] { Run(); });
}

AuditWatch::~AuditWatch() {
  Shutdown();
  feed_->Unsubscribe(this);
}

absl::StatusOr<std::shared_ptr<AuditWatch::Stream>> AuditWatch::Open(
    const Caller& caller, const Command& command, std::shared_ptr<AuditSubscriber> subscriber) {
  if (command.after_revision < -1) {
    return InvalidField("after_revision", absl::StrCat(command.after_revision),
                        "a revision, 0 for from now on, or -1 for from the oldest event");
  }
  if (!command.parent.all && !command.parent.chain.empty()) {
    ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
    ASSIGN_OR_RETURN(const auto ends, AuditTrail::Ends(reader, command.parent.chain));
    if (ends.last_sequence == 0) {
      RETURN_IF_ERROR(CheckOrganizationExists(reader, command.parent.chain));
    }
  }
  auto stream = std::make_shared<Stream>(caller, command, std::move(subscriber));
  std::lock_guard<std::mutex> lock(mutex_);
  if (stopping_) return ShuttingDown();
  if (streams_.size() >= options_.max_streams) {
    return Error(absl::StatusCode::kResourceExhausted, reason::kOverloaded,
                 absl::StrCat("already ", streams_.size(), " follow the audit log"))
        .Build();
  }
  const auto after = static_cast<Revision>(std::max<int64_t>(command.after_revision, 0));
  if (after > heard_) {
    return Error(absl::StatusCode::kUnavailable, reason::kRevisionNotReached,
                 absl::StrCat("the server is at revision ", heard_, ", not yet at ", after))
        .RetryAfterMs(1000)
        .Build();
  }
  // Whatever is committed from here on is put into pending_.
  stream->given_ = command.after_revision == 0 ? heard_ : after;
  stream->from_store_ = stream->given_ < heard_;
  streams_.insert(stream);
  changed_ = true;
  work_.notify_one();
  return stream;
}

void AuditWatch::Sent(const std::shared_ptr<Stream>& stream) {
  std::lock_guard<std::mutex> lock(mutex_);
  stream->busy_ = false;
  changed_ = true;
  work_.notify_one();
}

void AuditWatch::Close(const std::shared_ptr<Stream>& stream) {
  std::lock_guard<std::mutex> lock(mutex_);
  streams_.erase(stream);
}

void AuditWatch::Shutdown() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    work_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void AuditWatch::OnCommits(const std::vector<storage::Change>& changes) {
  std::lock_guard<std::mutex> lock(mutex_);
  heard_ = changes.back().revision;
  if (streams_.empty()) return;
  std::vector<AuditReference> references;
  for (const storage::Change& change : changes) {
    for (const std::string& key : change.keys) {
      if (auto place = AuditTrail::PlaceOf(key)) {
        references.push_back({change.revision, *std::move(place)});
      }
    }
  }
  std::sort(references.begin(), references.end());
  for (const std::shared_ptr<Stream>& stream : streams_) {
    for (const AuditReference& reference : references) {
      if (!stream->failure_.ok() || !stream->Covers(reference.place.chain)) continue;
      if (stream->pending_.size() < options_.max_pending) {
        stream->pending_.push_back(reference);
        continue;
      }
      stream->pending_.clear();
      stream->failure_ = Error(absl::StatusCode::kResourceExhausted, reason::kWatchTooSlow,
                               absl::StrCat(options_.max_pending,
                                            " events wait for this stream; go on from the last "
                                            "revision received"))
                             .Build();
    }
  }
  changed_ = true;
  work_.notify_one();
}

void AuditWatch::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    changed_ = false;
    const std::vector<std::shared_ptr<Stream>> streams(streams_.begin(), streams_.end());
    lock.unlock();
    bool more = false;
    for (const std::shared_ptr<Stream>& stream : streams) more = Feed(stream) || more;
    lock.lock();
    if (more || changed_ || stopping_) continue;
    // Often enough that no heartbeat is late by more than a tenth.
    work_.wait_for(lock, absl::ToChronoNanoseconds(options_.heartbeat / 10),
                   [this] { return changed_ || stopping_; });
  }
  const std::set<std::shared_ptr<Stream>> streams = std::move(streams_);
  streams_.clear();
  lock.unlock();
  for (const std::shared_ptr<Stream>& stream : streams) stream->subscriber_->End(ShuttingDown());
}

// One turn of a stream; whether it has more to do.
bool AuditWatch::Feed(const std::shared_ptr<Stream>& stream) {
  absl::Status failure;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (stream->busy_ || streams_.count(stream) == 0) return false;
    failure = stream->failure_;
  }
  AuditWatchBatch batch;
  if (failure.ok()) {
    absl::StatusOr<storage::SnapshotReader> reader = context_.OpenReader();
    failure = reader.ok() ? FeedFrom(*stream, *reader, batch) : reader.status();
  }
  if (!failure.ok()) {
    EndStream(stream, failure);
    return false;
  }
  const absl::Time now = absl::Now();
  bool behind = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    behind = stream->from_store_ || !stream->pending_.empty();
    const bool due = now - stream->last_sent_ >= options_.heartbeat;
    if (batch.events.empty() && (behind || !due)) return behind;
    stream->busy_ = true;
  }
  stream->last_sent_ = now;
  stream->subscriber_->Send(std::move(batch));
  return behind;
}

// Reads what comes next into `batch`, a bounded number of events.
absl::Status AuditWatch::FeedFrom(Stream& stream, storage::SnapshotReader& reader,
                                  AuditWatchBatch& batch) {
  if (stream.from_store_ && !stream.catch_up_) {
    const auto may_see = [&](const OrganizationId& chain) { return stream.Covers(chain); };
    std::optional<OrganizationId> chain;
    if (!stream.command_.parent.all) chain = stream.command_.parent.chain;
    ASSIGN_OR_RETURN(stream.catch_up_, AuditCatchUp::Begin(reader, chain, may_see, stream.given_,
                                                           stream.command_.after_revision == -1));
  }
  size_t bytes = 0;
  for (size_t looked_at = 0;
       looked_at < kMaxLookedAt && bytes < kMaxBatchBytes && batch.events.size() < kMaxBatchEvents;
       ++looked_at) {
    AuditReference reference;
    if (stream.catch_up_) {
      if (stream.catch_up_->done()) {
        stream.from_store_ = false;
        std::lock_guard<std::mutex> lock(mutex_);
        while (!stream.pending_.empty() &&
               stream.pending_.front().revision <= stream.catch_up_->until()) {
          stream.pending_.pop_front();
        }
        stream.given_ = stream.catch_up_->until();
        stream.catch_up_.reset();
        continue;
      }
      reference = stream.catch_up_->next();
      RETURN_IF_ERROR(stream.catch_up_->Advance(reader));
    } else {
      std::lock_guard<std::mutex> lock(mutex_);
      // What came after this reader's snapshot has the next turn.
      if (stream.pending_.empty() || stream.pending_.front().revision > reader.revision()) break;
      reference = stream.pending_.front();
      stream.pending_.pop_front();
    }
    const OrganizationId& chain = reference.place.chain;
    ASSIGN_OR_RETURN(auto event, AuditTrail::Find(reader, chain, reference.place.sequence));
    if (!event) {
      ASSIGN_OR_RETURN(const auto ends, AuditTrail::Ends(reader, chain));
      if (ends.removed_revision >= reference.revision) return AuditEventsRemoved(chain);
      continue;  // the commit removed it: it was sent, or came before
    }
    if (!stream.command_.filter.LetsPass(*event)) continue;
    RETURN_IF_ERROR(AuditTrail::RenderChanges(*event));
    event->record.clear();
    bytes += BytesOf(*event);
    batch.events.push_back(*std::move(event));
  }
  // A commit of which more is to come has not been sent.
  if (stream.catch_up_) {
    stream.given_ =
        std::max(stream.given_, stream.catch_up_->done() ? stream.catch_up_->until()
                                                         : stream.catch_up_->next().revision - 1);
  } else {
    std::lock_guard<std::mutex> lock(mutex_);
    stream.given_ = std::max(
        stream.given_, stream.pending_.empty() ? heard_ : stream.pending_.front().revision - 1);
  }
  batch.revision = stream.given_;
  return absl::OkStatus();
}

void AuditWatch::EndStream(const std::shared_ptr<Stream>& stream, const absl::Status& status) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (streams_.erase(stream) == 0) return;
  }
  stream->subscriber_->End(status);
}

}  // namespace gatehouse
