#include "server/managers/policy_watch.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse {
namespace {

using storage::Revision;

absl::Status ShuttingDown() {
  return Error(absl::StatusCode::kUnavailable, reason::kShuttingDown,
               "the server is shutting down; follow on another one")
      .Build();
}

absl::Status TooSlow() {
  return Error(absl::StatusCode::kResourceExhausted, reason::kWatchTooSlow,
               "the stream is not read as fast as rules change; go on from the last revision "
               "received")
      .Build();
}

}  // namespace

class PolicyWatch::Stream {
 public:
  Stream(Revision after, TimePoint opened, std::shared_ptr<PolicySubscriber> subscriber)
      : opened_(opened), subscriber_(std::move(subscriber)), given_(after), last_sent_(opened) {}

 private:
  friend class PolicyWatch;

  absl::Duration TimeAt(TimePoint time) const { return absl::FromChrono(time - opened_); }

  const TimePoint opened_;
  const std::shared_ptr<PolicySubscriber> subscriber_;

  // Under the watch's mutex:
  bool open_ = true;
  bool busy_ = false;    // an update is on its way
  bool behind_ = false;  // there is more of the delivery
  // The rules that were sent are those of this revision. Written by the thread.
  Revision given_;

  // Of the thread:
  bool greeted_ = false;
  TimePoint last_sent_;
  // What is being sent, message by message; null: nothing.
  std::shared_ptr<const EncodedMessages> delivery_;
  size_t next_ = 0;
  bool reset_ = false;
  Revision target_ = 0;  // the revision that the delivery leads to
  TimePoint as_of_;      // when that was the newest
};

PolicyWatch::PolicyWatch(storage::CommitFeed* feed, const RuleEncoding* encoding, Options options)
    : feed_(feed),
      encoding_(encoding),
      options_(std::move(options)),
      heartbeat_(absl::ToChronoNanoseconds(options_.heartbeat)),
      tick_(heartbeat_ / 10),
      rules_(options_.message),
      log_(options_.max_log) {
  const Revision heard = feed_->Subscribe(this);
  {
    std::lock_guard<std::mutex> lock(inbox_mutex_);
    heard_ = std::max(heard_, heard);
  }
  thread_ = std::thread([this] { Run(); });
}

PolicyWatch::~PolicyWatch() {
  Shutdown();
  feed_->Unsubscribe(this);
}

absl::StatusOr<std::shared_ptr<PolicyWatch::Stream>> PolicyWatch::Open(
    int64_t after_revision, std::shared_ptr<PolicySubscriber> subscriber) {
  if (after_revision < 0) {
    return InvalidField("after_revision", absl::StrCat(after_revision), "0 or a revision");
  }
  const auto after = static_cast<Revision>(after_revision);
  {
    std::lock_guard<std::mutex> lock(inbox_mutex_);
    if (after > heard_) {
      return Error(absl::StatusCode::kUnavailable, reason::kRevisionNotReached,
                   absl::StrCat("the server is at revision ", heard_, ", not yet at ", after))
          .RetryAfterMs(1000)
          .Build();
    }
  }
  std::shared_ptr<Stream> stream;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return ShuttingDown();
    if (streams_.size() >= options_.max_streams) {
      return Error(absl::StatusCode::kResourceExhausted, reason::kOverloaded,
                   absl::StrCat("already ", streams_.size(), " follow the rules"))
          .RetryAfterMs(1000)
          .Build();
    }
    stream = std::make_shared<Stream>(after, options_.now(), std::move(subscriber));
    streams_.insert(stream);
    ready_.push_back(stream);
  }
  Wake();
  return stream;
}

void PolicyWatch::Sent(const std::shared_ptr<Stream>& stream) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stream->busy_ = false;
    if (!stream->open_ || (!stream->behind_ && stream->given_ >= rules_revision_)) return;
    ready_.push_back(stream);
  }
  Wake();
}

void PolicyWatch::Close(const std::shared_ptr<Stream>& stream) {
  std::lock_guard<std::mutex> lock(mutex_);
  stream->open_ = false;
  streams_.erase(stream);
}

void PolicyWatch::Shutdown() {
  {
    std::lock_guard<std::mutex> lock(inbox_mutex_);
    stopping_ = true;
    inbox_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

PolicyWatch::Counts PolicyWatch::counts() const {
  Counts counts{.rule_updates = rule_updates_.load(std::memory_order_relaxed),
                .heartbeats = heartbeats_.load(std::memory_order_relaxed),
                .ended_too_slow = ended_too_slow_.load(std::memory_order_relaxed)};
  std::lock_guard<std::mutex> lock(mutex_);
  counts.streams = streams_.size();
  return counts;
}

void PolicyWatch::OnCommits(const std::vector<storage::Change>& changes) {
  Note note{changes.back().revision, storage::PolicyChangesOf(changes)};
  std::lock_guard<std::mutex> lock(inbox_mutex_);
  heard_ = note.revision;
  bool notify = awaited_ != 0 && heard_ >= awaited_;
  if (!note.changes.domains.empty() || !note.changes.profiles.empty()) {
    notes_.push_back(std::move(note));
    work_ = notify = true;
  }
  if (notify) inbox_.notify_one();
}

void PolicyWatch::Wake() {
  std::lock_guard<std::mutex> lock(inbox_mutex_);
  work_ = true;
  inbox_.notify_one();
}

// False: it is time to stop.
bool PolicyWatch::WaitForWork(bool has_to_beat) {
  const auto is_due = [this] { return work_ || stopping_; };
  std::unique_lock<std::mutex> lock(inbox_mutex_);
  if (has_to_beat) {
    inbox_.wait_for(lock, tick_, is_due);
  } else {
    inbox_.wait(lock, is_due);
  }
  work_ = false;
  return !stopping_;
}

void PolicyWatch::Run() {
  TimePoint next_tick = options_.now();
  bool again = true;  // even if nothing more comes in
  do {
    Streams streams;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      streams.swap(ready_);
    }
    // Before it is asked what was committed: whatever is committed by now is known
    // when the streams are fed.
    const TimePoint now = options_.now();
    const absl::StatusOr<bool> changed = Refresh();
    again = !changed.ok();
    if (!changed.ok()) {
      for (const auto& stream : AllStreams()) EndStream(stream, changed.status());
      continue;
    }
    if (*changed || now >= next_tick) {
      streams = AllStreams();
      next_tick = now + tick_;
    }
    if (!loaded_) continue;  // it is to stop
    for (const auto& stream : streams) Feed(stream, now);
  } while (WaitForWork(again || counts().streams > 0));
  {
    std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
  }
  for (const auto& stream : AllStreams()) EndStream(stream, ShuttingDown());
}

// Brings rules_ up to what was committed by now; whether any is another.
absl::StatusOr<bool> PolicyWatch::Refresh() {
  {
    std::lock_guard<std::mutex> lock(inbox_mutex_);
    if (loaded_ && notes_.empty()) {
      revision_ = std::max(revision_, heard_);
      return false;
    }
  }
  ASSIGN_OR_RETURN(auto reader, storage::SnapshotReader::Open(feed_->engine()));
  const Revision revision = reader.revision();
  std::vector<Note> notes;
  {
    // The snapshot may show a commit that is about to be heard of, and that changed
    // more than is noted: what is read would be half of it.
    std::unique_lock<std::mutex> lock(inbox_mutex_);
    awaited_ = revision;
    inbox_.wait(lock, [&] { return heard_ >= revision || stopping_; });
    awaited_ = 0;
    if (stopping_) return false;
    notes.swap(notes_);
  }
  const absl::StatusOr<RuleChanges> changes = ReadChanges(reader, notes);
  {
    // Again: what the snapshot does not show yet; all of it, if it cannot be read.
    const auto is_seen = [&](const Note& note) {
      return changes.ok() && note.revision <= revision;
    };
    notes.erase(std::remove_if(notes.begin(), notes.end(), is_seen), notes.end());
    std::lock_guard<std::mutex> lock(inbox_mutex_);
    work_ = work_ || (changes.ok() && !notes.empty());
    notes_.insert(notes_.begin(), std::make_move_iterator(notes.begin()),
                  std::make_move_iterator(notes.end()));
  }
  RETURN_IF_ERROR(changes.status());
  return TakeIn(*changes, revision);
}

absl::StatusOr<RuleChanges> PolicyWatch::ReadChanges(storage::Reader& reader,
                                                     const std::vector<Note>& notes) const {
  if (!loaded_) return ReadDomainRules(reader);
  storage::PolicyChanges changes;
  for (const Note& note : notes) {
    changes.domains.insert(note.changes.domains.begin(), note.changes.domains.end());
    changes.profiles.insert(note.changes.profiles.begin(), note.changes.profiles.end());
  }
  return ReadChangedDomainRules(reader, changes);
}

bool PolicyWatch::TakeIn(const RuleChanges& changes, Revision revision) {
  std::vector<RulePages::Change> encoded;
  for (const auto& [domain, rule] : changes) {
    encoded.emplace_back(domain, rule ? std::optional(encoding_->Rule(*rule)) : std::nullopt);
  }
  const std::vector<std::string> changed = rules_.Apply(std::move(encoded));
  revision_ = revision;
  if (!loaded_) {
    log_.BeginAt(revision);
    loaded_ = true;
    return true;
  }
  if (changed.empty()) return false;
  log_.Record(revision, changed);
  all_.reset();
  changes_.clear();
  std::lock_guard<std::mutex> lock(mutex_);
  rules_revision_ = revision;
  return true;
}

// Sends the stream what is due, at most one update.
void PolicyWatch::Feed(const std::shared_ptr<Stream>& stream, TimePoint now) {
  // It was opened after the rules were brought up to date; it has the next turn.
  if (stream->opened_ > now) return;
  bool busy = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!stream->open_) return;
    busy = stream->busy_;
  }
  if (IsTooSlow(*stream, busy, now)) {
    ended_too_slow_.fetch_add(1, std::memory_order_relaxed);
    return EndStream(stream, TooSlow());
  }
  if (busy) return;

  PolicyUpdate update;
  if (!stream->greeted_) update.heartbeat = options_.heartbeat;
  const bool delivers = stream->delivery_ != nullptr || BeginDelivery(*stream, now);
  bool behind = false;
  if (delivers) {
    const EncodedMessages& messages = *stream->delivery_;
    update.reset = std::exchange(stream->reset_, false);
    if (stream->next_ < messages.size()) update.pieces = messages[stream->next_++];
    behind = stream->next_ < messages.size();
    if (!behind) {
      update.revision = stream->target_;
      stream->delivery_.reset();
    }
    update.stream_time = stream->TimeAt(stream->as_of_);
  } else {
    if (stream->greeted_ && now - stream->last_sent_ < heartbeat_ - tick_) return;
    update.revision = revision_;
    update.stream_time = stream->TimeAt(now);
  }
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!stream->open_) return;
    stream->busy_ = true;
    stream->behind_ = behind;
    if (update.revision != 0) stream->given_ = update.revision;
  }
  stream->greeted_ = true;
  stream->last_sent_ = now;
  (delivers ? rule_updates_ : heartbeats_).fetch_add(1, std::memory_order_relaxed);
  stream->subscriber_->Send(std::move(update));
}

// Whether there is anything for the stream.
bool PolicyWatch::BeginDelivery(Stream& stream, TimePoint now) {
  if (!stream.greeted_ && (stream.given_ == 0 || !log_.Covers(stream.given_))) {
    if (all_ == nullptr) all_ = std::make_shared<const EncodedMessages>(rules_.Messages());
    stream.delivery_ = all_;
    stream.reset_ = true;
  } else {
    stream.delivery_ = ChangesAfter(stream.given_);
  }
  stream.next_ = 0;
  stream.target_ = revision_;
  stream.as_of_ = now;
  return stream.delivery_ != nullptr;
}

// Null: nothing.
std::shared_ptr<const EncodedMessages> PolicyWatch::ChangesAfter(Revision revision) {
  const Revision first = log_.FirstAfter(revision);
  if (first == 0) return nullptr;
  std::shared_ptr<const EncodedMessages>& messages = changes_[first];
  if (messages == nullptr) {
    std::vector<std::string> pieces;
    for (const std::string& domain : log_.Since(revision)) {
      const auto piece = rules_.Find(domain);
      pieces.push_back(piece ? std::string(*piece) : encoding_->Removal(domain));
    }
    messages = std::make_shared<const EncodedMessages>(PackMessages(options_.message, pieces));
  }
  return messages;
}

bool PolicyWatch::IsTooSlow(const Stream& stream, bool busy, TimePoint now) const {
  if (!stream.greeted_) return false;
  const Revision place = stream.delivery_ != nullptr ? stream.target_ : stream.given_;
  if (!log_.Covers(place)) return true;
  return busy && now - stream.last_sent_ > absl::ToChronoNanoseconds(options_.max_wait);
}

void PolicyWatch::EndStream(const std::shared_ptr<Stream>& stream, const absl::Status& status) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!stream->open_) return;
    stream->open_ = false;
    streams_.erase(stream);
  }
  stream->subscriber_->End(status);
}

PolicyWatch::Streams PolicyWatch::AllStreams() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return Streams(streams_.begin(), streams_.end());
}

}  // namespace gatehouse
