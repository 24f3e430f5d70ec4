#include "client/hedged_connection.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "absl/status/status.h"
#include "client/awaited.h"

namespace gatehouse::client {
namespace {

// Earned by first calls, spent by second ones.
class Budget {
 public:
  void Earn() {
    const std::lock_guard lock(mutex_);
    earned_ = std::min(earned_ + 1, kMost);
  }
  bool Spend() {
    const std::lock_guard lock(mutex_);
    if (earned_ < kPrice) return false;
    earned_ -= kPrice;
    return true;
  }

 private:
  static constexpr int kPrice = 20;
  static constexpr int kMost = 10 * kPrice;

  std::mutex mutex_;
  int earned_ = 0;  // guarded by mutex_
};

// One check, of up to two calls. Owned by their callbacks.
class Race : public std::enable_shared_from_this<Race> {
 public:
  Race(LoginConnection* calls, Timers* timers, Budget* budget, const CheckLoginCall& call,
       LoginConnection::CheckLoginCallback done)
      : calls_(calls), timers_(timers), budget_(budget), call_(call), done_(std::move(done)) {}

  void Begin(absl::Duration delay) {
    const MonotonicTime now = timers_->Now();
    deadline_ = now + absl::ToChronoNanoseconds(call_.timeout);
    // The timer does not keep the race: a connection waits for its calls only.
    if (delay < call_.timeout) {
      const std::lock_guard lock(mutex_);
      timer_ = timers_->At(now + absl::ToChronoNanoseconds(delay), [weak = weak_from_this()] {
        if (const auto race = weak.lock()) race->BeginSecond();
      });
    }
    Call(0, call_.timeout);
  }

 private:
  void BeginSecond() {
    {
      const std::lock_guard lock(mutex_);
      if (done_ == nullptr || !budget_->Spend()) return;
      ++pending_;
      beginning_ = true;
    }
    Call(1, absl::FromChrono(deadline_ - timers_->Now()));
    const std::lock_guard lock(mutex_);
    beginning_ = false;
    begun_.notify_all();
  }

  void Call(int which, absl::Duration timeout) {
    CheckLoginCall call = call_;
    call.timeout = timeout;
    call.cancellation = cancellations_[which];
    calls_->AsyncCheckLogin(call, [race = shared_from_this(), which](auto result) {
      race->End(which, std::move(result));
    });
  }

  void End(int which, absl::StatusOr<LoginDecision> result) {
    LoginConnection::CheckLoginCallback done;
    {
      std::unique_lock lock(mutex_);
      // Where no call is under way, the connection may go.
      if (which == 0) begun_.wait(lock, [this] { return !beginning_; });
      --pending_;
      const bool may_do_better =
          absl::IsUnavailable(result.status()) || absl::IsDeadlineExceeded(result.status());
      if (done_ == nullptr || (may_do_better && pending_ > 0)) return;
      done = std::exchange(done_, nullptr);
      timers_->Cancel(timer_);
    }
    cancellations_[1 - which]->Cancel();
    done(std::move(result));
  }

  LoginConnection* const calls_;
  Timers* const timers_;
  Budget* const budget_;
  const CheckLoginCall call_;
  const std::array<std::shared_ptr<Cancellation>, 2> cancellations_ = {
      std::make_shared<Cancellation>(), std::make_shared<Cancellation>()};
  MonotonicTime deadline_;
  std::mutex mutex_;
  std::condition_variable begun_;
  // Guarded by mutex_.
  bool beginning_ = false;                    // a thread makes the second call
  LoginConnection::CheckLoginCallback done_;  // null: called
  int pending_ = 1;                           // calls
  Timers::Id timer_ = 0;
};

class HedgedConnection final : public LoginConnection {
 public:
  HedgedConnection(std::unique_ptr<LoginConnection> connection, absl::Duration delay,
                   Timers* timers)
      : delay_(delay),
        timers_(timers),
        calls_(connection.get()),
        connection_(std::move(connection)) {}

  absl::StatusOr<LoginDecision> CheckLogin(const CheckLoginCall& call) override {
    Awaited<absl::StatusOr<LoginDecision>> outcome;
    AsyncCheckLogin(call, [&outcome](auto result) { outcome.Set(std::move(result)); });
    return outcome.Take();
  }

  void AsyncCheckLogin(const CheckLoginCall& call, CheckLoginCallback done) override {
    budget_.Earn();
    std::make_shared<Race>(calls_, timers_, &budget_, call, std::move(done))->Begin(delay_);
  }

  absl::StatusOr<BatchLoginDecisions> BatchCheckLogin(const BatchCheckLoginCall& call) override {
    return calls_->BatchCheckLogin(call);
  }
  void AsyncBatchCheckLogin(const BatchCheckLoginCall& call,
                            BatchCheckLoginCallback done) override {
    calls_->AsyncBatchCheckLogin(call, std::move(done));
  }

 private:
  const absl::Duration delay_;
  Timers* const timers_;
  Budget budget_;
  LoginConnection* const calls_;  // connection_, even while that is being destroyed
  std::unique_ptr<LoginConnection> connection_;
};

}  // namespace

std::unique_ptr<LoginConnection> MakeHedgedConnection(std::unique_ptr<LoginConnection> connection,
                                                      absl::Duration delay, Timers* timers) {
  return std::make_unique<HedgedConnection>(std::move(connection), delay, timers);
}

}  // namespace gatehouse::client
