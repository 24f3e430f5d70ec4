#include "client/policy_follower.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <random>
#include <utility>

#include "client/policy_updates.h"
#include "policy/errors.h"
#include "policy/published.h"

namespace gatehouse::client {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
constexpr absl::Duration kLongestPause = absl::Seconds(10);
// Until the first message says how often there is one.
constexpr absl::Duration kFirstSilence = absl::Seconds(10);
constexpr absl::Duration kShortestSilence = absl::Seconds(1);
constexpr int kHeartbeatsMissed = 3;
// Clocks of 1 in 1,000 apart are then 0.6 s apart.
constexpr absl::Duration kStreamLifetime = absl::Minutes(10);
// A stream whose rules seem older than this as they come is replaced by one that
// shows them as new as they are: it waited for its connection, or for all rules.
constexpr absl::Duration kSlowBeginning = absl::Seconds(1);
constexpr absl::Duration kOtherHistoryAfter = absl::Seconds(30);

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

}  // namespace

MonotonicTime FreshAt(MonotonicTime asked, absl::Duration stream_time, MonotonicTime received) {
  const absl::Duration since = absl::FromChrono(received - asked);
  const absl::Duration open = std::clamp(stream_time, absl::ZeroDuration(), since);
  return asked + absl::ToChronoNanoseconds(open - open / 1000);
}

// Of the follower, and what its callbacks know of it: they come to nothing once it
// is gone.
class PolicyFollower::State : public std::enable_shared_from_this<State> {
 public:
  State(PolicyConnection* connection, Timers* timers) : connection_(connection), timers_(timers) {}

  void Start() { OpenAfter(absl::ZeroDuration()); }

  void Stop() {
    std::unique_lock lock(mutex_);
    stopped_ = true;
    EndStream();
    timers_->Cancel(opening_);
    // The connection may go now.
    changed_.wait(lock, [this] { return !is_opening_; });
  }

  const PublishedRules* Get() const { return cell_.Get(); }

  bool WaitFor(absl::Duration timeout,
               const std::function<bool(const PublishedRules&)>& good) const {
    const auto is_good = [&] { return rules_ != nullptr && good(*rules_); };
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, absl::ToChronoNanoseconds(std::min(timeout, absl::Hours(24))),
                             is_good);
  }

  absl::Status last_error() const {
    const std::lock_guard lock(mutex_);
    return last_error_;
  }

 private:
  class Handler;

  // Opening is left to the timers: a handler must not open the next stream, and no
  // lock is held meanwhile.
  void OpenAfter(absl::Duration pause) {
    opening_ =
        timers_->At(timers_->Now() + absl::ToChronoNanoseconds(pause), [weak = weak_from_this()] {
          if (const auto state = weak.lock()) state->Open();
        });
  }

  void Open();
  void OnMessage(uint64_t stream, v1::WatchPolicyResponse message);
  void OnEnd(uint64_t stream, const absl::Status& status);
  void OnTime(uint64_t stream);

  // These hold mutex_.
  absl::Duration Jittered(double least, double most, absl::Duration duration) {
    return std::uniform_real_distribution(least, most)(random_) * duration;
  }
  bool IsCurrent(uint64_t stream) const { return !stopped_ && stream == stream_number_; }
  void Publish(PolicyUpdates::Update update, MonotonicTime fresh_at);
  void LookAgainAt(MonotonicTime time);
  void EndStream();
  void Failed(const absl::Status& status);

  PolicyConnection* const connection_;
  Timers* const timers_;
  Published<PublishedRules> cell_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  // Guarded by mutex_, down to the end.
  bool stopped_ = false;
  std::shared_ptr<PublishedRules> rules_;  // those in cell_
  absl::Status last_error_;
  absl::Duration pause_ = kFirstPause;
  std::minstd_rand random_{std::random_device()()};
  Timers::Id opening_ = 0;
  bool is_opening_ = false;  // a thread does, without the lock
  // Since when servers say that they have not reached the revision of rules_.
  std::optional<MonotonicTime> not_reached_since_;
  bool forget_revision_ = false;

  // The stream that is listened to: an earlier one has a lower number.
  uint64_t stream_number_ = 0;
  std::shared_ptr<PolicyStream> stream_;
  PolicyUpdates updates_{/*from_nothing=*/true};
  Timers::Id looking_ = 0;
  MonotonicTime asked_;
  MonotonicTime heard_;                      // the last message
  absl::Duration silence_;                   // for how long it may say nothing
  std::optional<MonotonicTime> replace_at_;  // set once it has brought rules
};

class PolicyFollower::State::Handler final : public PolicyStreamHandler {
 public:
  Handler(std::weak_ptr<State> state, uint64_t stream)
      : state_(std::move(state)), stream_(stream) {}

  void OnMessage(v1::WatchPolicyResponse message) override {
    if (const auto state = state_.lock()) state->OnMessage(stream_, std::move(message));
  }
  void OnEnd(const absl::Status& status) override {
    if (const auto state = state_.lock()) state->OnEnd(stream_, status);
  }

 private:
  const std::weak_ptr<State> state_;
  const uint64_t stream_;
};

void PolicyFollower::State::Open() {
  std::unique_lock lock(mutex_);
  if (stopped_) return;
  const uint64_t stream = ++stream_number_;
  const int64_t after =
      rules_ == nullptr || std::exchange(forget_revision_, false) ? 0 : rules_->revision();
  updates_ = PolicyUpdates(after == 0);
  asked_ = heard_ = timers_->Now();
  silence_ = kFirstSilence;
  replace_at_.reset();
  LookAgainAt(heard_ + absl::ToChronoNanoseconds(silence_));
  is_opening_ = true;
  lock.unlock();
  std::shared_ptr<PolicyStream> opened =
      connection_->Watch(after, std::make_unique<Handler>(weak_from_this(), stream));
  lock.lock();
  if (IsCurrent(stream)) {
    stream_ = std::move(opened);
  } else {
    opened->Cancel();
  }
  is_opening_ = false;
  if (stopped_) changed_.notify_all();
}

void PolicyFollower::State::OnMessage(uint64_t stream, v1::WatchPolicyResponse message) {
  const std::lock_guard lock(mutex_);
  if (!IsCurrent(stream)) return;
  heard_ = timers_->Now();
  if (message.has_heartbeat_interval()) {
    silence_ =
        std::max(kShortestSilence, kHeartbeatsMissed * FromProto(message.heartbeat_interval()));
  }
  const MonotonicTime fresh_at = FreshAt(asked_, FromProto(message.stream_time()), heard_);
  std::optional<PolicyUpdates::Update> update = updates_.Take(std::move(message));
  if (!update) return;
  Publish(*std::move(update), fresh_at);
  pause_ = kFirstPause;
  last_error_ = absl::OkStatus();
  not_reached_since_.reset();
  if (!replace_at_) {
    const absl::Duration slowness = absl::FromChrono(heard_ - fresh_at);
    const absl::Duration lifetime =
        slowness > kSlowBeginning ? slowness : Jittered(0.8, 1.2, kStreamLifetime);
    replace_at_ = heard_ + absl::ToChronoNanoseconds(lifetime);
  }
  // The interval that the first message names may be shorter than the first wait.
  LookAgainAt(std::min(*replace_at_, heard_ + absl::ToChronoNanoseconds(silence_)));
}

void PolicyFollower::State::Publish(PolicyUpdates::Update update, MonotonicTime fresh_at) {
  if (update.changes.reset) {
    rules_ = std::make_shared<PublishedRules>(DomainRuleTable().With(update.changes),
                                              update.revision, fresh_at);
    cell_.Set(rules_);
  } else if (!update.changes.rules.empty()) {
    rules_ = std::make_shared<PublishedRules>(rules_->table().With(update.changes), update.revision,
                                              fresh_at);
    cell_.Set(rules_);
  } else {
    rules_->Confirm(update.revision, fresh_at);
  }
  changed_.notify_all();
}

void PolicyFollower::State::OnEnd(uint64_t stream, const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  if (!IsCurrent(stream)) return;
  Failed(status.ok() ? absl::UnavailableError("the server has ended the stream of rules") : status);
}

void PolicyFollower::State::OnTime(uint64_t stream) {
  const std::lock_guard lock(mutex_);
  if (!IsCurrent(stream)) return;
  const MonotonicTime now = timers_->Now();
  const MonotonicTime silent_at = heard_ + absl::ToChronoNanoseconds(silence_);
  if (replace_at_ && *replace_at_ <= now) {
    EndStream();
    OpenAfter(absl::ZeroDuration());
  } else if (silent_at <= now) {
    Failed(absl::DeadlineExceededError("the stream of rules is silent"));
  } else {
    LookAgainAt(replace_at_ ? std::min(*replace_at_, silent_at) : silent_at);
  }
}

void PolicyFollower::State::LookAgainAt(MonotonicTime time) {
  timers_->Cancel(looking_);
  looking_ = timers_->At(time, [weak = weak_from_this(), stream = stream_number_] {
    if (const auto state = weak.lock()) state->OnTime(stream);
  });
}

void PolicyFollower::State::EndStream() {
  ++stream_number_;  // whatever it still says
  timers_->Cancel(looking_);
  if (const std::shared_ptr<PolicyStream> ended = std::exchange(stream_, nullptr)) ended->Cancel();
}

void PolicyFollower::State::Failed(const absl::Status& status) {
  EndStream();
  last_error_ = status;
  if (ReasonOf(status) == reason::kRevisionNotReached) {
    const MonotonicTime now = timers_->Now();
    if (!not_reached_since_) not_reached_since_ = now;
    forget_revision_ = now - *not_reached_since_ >= absl::ToChronoNanoseconds(kOtherHistoryAfter);
  }
  OpenAfter(Jittered(0.5, 1, pause_));
  pause_ = std::min(2 * pause_, kLongestPause);
}

PolicyFollower::PolicyFollower(PolicyConnection* connection, Timers* timers)
    : state_(std::make_shared<State>(connection, timers)) {
  state_->Start();
}

PolicyFollower::~PolicyFollower() { state_->Stop(); }

const PublishedRules* PolicyFollower::Get() const { return state_->Get(); }

bool PolicyFollower::WaitFor(absl::Duration timeout,
                             const std::function<bool(const PublishedRules&)>& good) const {
  return state_->WaitFor(timeout, good);
}

absl::Status PolicyFollower::last_error() const { return state_->last_error(); }

}  // namespace gatehouse::client
