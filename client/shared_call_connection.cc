#include "client/shared_call_connection.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "client/awaited.h"

namespace gatehouse::client {
namespace {

// A check that waits for a call which another one has begun.
struct Waiter {
  MonotonicTime deadline;
  LoginConnection::CheckLoginCallback done;  // null: called
  Timers::Id timer = 0;
};
using Waiters = std::vector<std::shared_ptr<Waiter>>;

// Less time is too little for another call.
constexpr absl::Duration kShortestCall = absl::Milliseconds(10);

absl::Status TimedOut() { return absl::DeadlineExceededError("no answer within the timeout"); }

class SharedCallConnection final : public LoginConnection {
 public:
  SharedCallConnection(std::unique_ptr<LoginConnection> connection, Timers* timers)
      : timers_(timers), calls_(connection.get()), connection_(std::move(connection)) {}

  ~SharedCallConnection() override {
    connection_.reset();
    // Nobody waits any more, but somebody may be about to hear that time is up.
    std::unique_lock lock(lobby_->mutex);
    lobby_->told.wait(lock, [this] { return lobby_->telling == 0; });
  }

  absl::StatusOr<LoginDecision> CheckLogin(const CheckLoginCall& call) override {
    Awaited<absl::StatusOr<LoginDecision>> shared;
    if (!BeginOrJoin(call, [&shared](auto result) { shared.Set(std::move(result)); })) {
      return shared.Take();
    }
    absl::StatusOr<LoginDecision> result = calls_->CheckLogin(call);
    End(KeyOf(call), result);
    return result;
  }

  void AsyncCheckLogin(const CheckLoginCall& call, CheckLoginCallback done) override {
    if (!BeginOrJoin(call, done)) return;
    CheckLoginCall shared = call;
    shared.cancellation = nullptr;
    calls_->AsyncCheckLogin(shared, [this, key = KeyOf(call), done = std::move(done)](auto result) {
      End(key, result);
      done(std::move(result));
    });
  }

  absl::StatusOr<BatchLoginDecisions> BatchCheckLogin(const BatchCheckLoginCall& call) override {
    return calls_->BatchCheckLogin(call);
  }
  void AsyncBatchCheckLogin(const BatchCheckLoginCall& call,
                            BatchCheckLoginCallback done) override {
    calls_->AsyncBatchCheckLogin(call, std::move(done));
  }

 private:
  using Key = std::tuple<std::string, LoginAction, int64_t>;

  struct SharedCall {
    MonotonicTime deadline;
    Waiters waiters;
  };

  // Calls that are under way, and who waits for each. Timers know it, which may
  // come due when the connection is gone.
  struct Lobby {
    std::mutex mutex;
    std::condition_variable told;
    // Guarded by mutex, and so are the waiters.
    std::map<Key, SharedCall> calls;
    int telling = 0;  // threads that tell a waiter that its time is over
  };

  static Key KeyOf(const CheckLoginCall& call) {
    return {call.email, call.action, call.min_revision};
  }

  // True: there is no call to join, so the caller makes it, and ends it by End.
  // Else `done` is called with the outcome of another.
  template <typename Done>
  bool BeginOrJoin(const CheckLoginCall& call, const Done& done) {
    const std::lock_guard lock(lobby_->mutex);
    const MonotonicTime deadline = timers_->Now() + absl::ToChronoNanoseconds(call.timeout);
    const auto [found, begun] =
        lobby_->calls.try_emplace(KeyOf(call), SharedCall{.deadline = deadline});
    if (begun) return true;
    auto waiter = std::make_shared<Waiter>();
    waiter->deadline = deadline;
    waiter->done = done;
    waiter->timer =
        timers_->At(waiter->deadline, [weak = std::weak_ptr(lobby_), key = found->first, waiter] {
          if (const auto lobby = weak.lock()) TimeOut(*lobby, key, waiter);
        });
    found->second.waiters.push_back(std::move(waiter));
    return false;
  }

  static void TimeOut(Lobby& lobby, const Key& key, const std::shared_ptr<Waiter>& waiter) {
    std::unique_lock lock(lobby.mutex);
    const CheckLoginCallback done = std::exchange(waiter->done, nullptr);
    if (done == nullptr) return;
    Waiters& waiters = lobby.calls.at(key).waiters;
    waiters.erase(std::remove(waiters.begin(), waiters.end(), waiter), waiters.end());
    ++lobby.telling;
    lock.unlock();
    done(TimedOut());
    lock.lock();
    if (--lobby.telling == 0) lobby.told.notify_all();
  }

  // The call is over.
  void End(const Key& key, const absl::StatusOr<LoginDecision>& result) {
    std::vector<CheckLoginCallback> answered;
    std::optional<CheckLoginCall> again;
    {
      const std::lock_guard lock(lobby_->mutex);
      const auto found = lobby_->calls.find(key);
      SharedCall& call = found->second;
      const MonotonicTime now = timers_->Now();
      const MonotonicTime soon = now + absl::ToChronoNanoseconds(kShortestCall);
      // What ran out may be only the time of whoever had begun it.
      const bool ran_out = absl::IsDeadlineExceeded(result.status()) && call.deadline <= soon;
      MonotonicTime latest = soon;
      for (std::shared_ptr<Waiter>& waiter : std::exchange(call.waiters, {})) {
        if (ran_out && waiter->deadline > soon) {
          latest = std::max(latest, waiter->deadline);
          call.waiters.push_back(std::move(waiter));
        } else {
          timers_->Cancel(waiter->timer);
          answered.push_back(std::exchange(waiter->done, nullptr));
        }
      }
      if (call.waiters.empty()) {
        lobby_->calls.erase(found);
      } else {
        call.deadline = latest;
        again = CheckLoginCall{.email = std::get<0>(key),
                               .action = std::get<1>(key),
                               .min_revision = std::get<2>(key),
                               .timeout = absl::FromChrono(latest - now)};
      }
    }
    for (const CheckLoginCallback& done : answered) done(result);
    if (again) {
      calls_->AsyncCheckLogin(*again, [this, key](auto outcome) { End(key, outcome); });
    }
  }

  Timers* const timers_;
  const std::shared_ptr<Lobby> lobby_ = std::make_shared<Lobby>();
  LoginConnection* const calls_;  // connection_, even while that is being destroyed
  std::unique_ptr<LoginConnection> connection_;
};

}  // namespace

std::unique_ptr<LoginConnection> MakeSharedCallConnection(
    std::unique_ptr<LoginConnection> connection, Timers* timers) {
  return std::make_unique<SharedCallConnection>(std::move(connection), timers);
}

}  // namespace gatehouse::client
