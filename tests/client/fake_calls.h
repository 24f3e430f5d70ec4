// A LoginConnection whose answers a test gives when it likes.
#ifndef GATEHOUSE_TESTS_CLIENT_FAKE_CALLS_H_
#define GATEHOUSE_TESTS_CLIENT_FAKE_CALLS_H_

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "client/awaited.h"
#include "client/login_connection.h"

namespace gatehouse::client {

// Every call waits for its answer, synchronous ones on their thread. Thread-safe;
// outlives the connections to it, which wait for their calls as a real one does.
class FakeCalls {
 public:
  std::unique_ptr<LoginConnection> Connect() { return std::make_unique<Connection>(this); }

  size_t size() const {
    const std::lock_guard lock(mutex_);
    return calls_.size();
  }
  CheckLoginCall call(size_t index) const {
    const std::lock_guard lock(mutex_);
    return calls_.at(index)->call;
  }
  bool cancelled(size_t index) const {
    const std::lock_guard lock(mutex_);
    return calls_.at(index)->cancelled;
  }
  std::vector<BatchCheckLoginCall> batches() const {
    const std::lock_guard lock(mutex_);
    return batches_;
  }
  // Waits until so many calls have been made.
  void WaitForCalls(size_t count) const {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return calls_.size() >= count; });
  }

  void Answer(size_t index, absl::StatusOr<LoginDecision> result) {
    LoginConnection::CheckLoginCallback done;
    {
      const std::lock_guard lock(mutex_);
      done = std::exchange(calls_.at(index)->done, nullptr);
    }
    if (const auto& cancellation = call(index).cancellation) cancellation->Ended();
    done(std::move(result));
    const std::lock_guard lock(mutex_);
    --pending_;
    changed_.notify_all();
  }

  // What each batch gets, at once.
  std::function<absl::StatusOr<BatchLoginDecisions>(const BatchCheckLoginCall&)> batch_answer;

 private:
  struct Pending {
    CheckLoginCall call;
    LoginConnection::CheckLoginCallback done;
    bool cancelled = false;
  };

  class Connection final : public LoginConnection {
   public:
    explicit Connection(FakeCalls* calls) : calls_(calls) {}
    ~Connection() override {
      std::unique_lock lock(calls_->mutex_);
      calls_->changed_.wait(lock, [this] { return calls_->pending_ == 0; });
    }

    absl::StatusOr<LoginDecision> CheckLogin(const CheckLoginCall& call) override {
      Awaited<absl::StatusOr<LoginDecision>> result;
      AsyncCheckLogin(call, [&result](auto outcome) { result.Set(std::move(outcome)); });
      return result.Take();
    }
    void AsyncCheckLogin(const CheckLoginCall& call, CheckLoginCallback done) override {
      auto pending = std::make_shared<Pending>(Pending{.call = call, .done = std::move(done)});
      if (call.cancellation != nullptr) {
        call.cancellation->Begun([calls = calls_, pending] {
          const std::lock_guard lock(calls->mutex_);
          pending->cancelled = true;
        });
      }
      const std::lock_guard lock(calls_->mutex_);
      calls_->calls_.push_back(std::move(pending));
      ++calls_->pending_;
      calls_->changed_.notify_all();
    }
    absl::StatusOr<BatchLoginDecisions> BatchCheckLogin(const BatchCheckLoginCall& call) override {
      {
        const std::lock_guard lock(calls_->mutex_);
        calls_->batches_.push_back(call);
      }
      return calls_->batch_answer(call);
    }

   private:
    FakeCalls* const calls_;
  };

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  // Guarded by mutex_.
  std::vector<std::shared_ptr<Pending>> calls_;
  int pending_ = 0;
  std::vector<BatchCheckLoginCall> batches_;
};

}  // namespace gatehouse::client

#endif  // GATEHOUSE_TESTS_CLIENT_FAKE_CALLS_H_
