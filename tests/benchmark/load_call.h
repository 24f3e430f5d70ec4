// The calls that a load is made of: one at a time, over and over.
#ifndef GATEHOUSE_TESTS_BENCHMARK_LOAD_CALL_H_
#define GATEHOUSE_TESTS_BENCHMARK_LOAD_CALL_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gatehouse/v1/login_service.grpc.pb.h"
#include "tests/benchmark/load_target.h"

namespace gatehouse::benchmark {

// OK: the call ended well, and the verdict is the one that the population asks
// for. Otherwise ABORTED.
absl::Status CheckAnswer(const grpc::Status& status, absl::string_view email,
                         const v1::CheckLoginResponse& response);

// Sizes of decisions as messages, without framing and headers. The mean of the
// mean of each kind, so that it does not depend on how often each was asked for.
class AnswerSizes {
 public:
  void Record(absl::string_view email, const v1::CheckLoginResponse& decision);
  void Add(const AnswerSizes& other);
  // 0 if nothing was recorded.
  double value() const { return (enforced_.value() + open_.value()) / 2; }

 private:
  struct Mean {
    int64_t sum = 0;
    int64_t count = 0;
    double value() const {
      return count == 0 ? 0 : static_cast<double>(sum) / static_cast<double>(count);
    }
  };
  Mean enforced_, open_;
};

// A call on its way, or between two ways. Not thread-safe.
class LoadCall {
 public:
  using Clock = std::chrono::steady_clock;

  // All must outlive the call.
  LoadCall(const LoadTarget& target, const std::vector<std::string>& addresses,
           v1::LoginService::Stub* stub)
      : target_(target), addresses_(addresses), stub_(stub) {}
  virtual ~LoadCall() = default;
  LoadCall(const LoadCall&) = delete;
  LoadCall& operator=(const LoadCall&) = delete;

  // Asks about random addresses; `queue` gives `this` when the call has ended.
  // Its latency counts from `start`.
  void Start(Clock::time_point start, std::mt19937_64& random, grpc::CompletionQueue* queue);
  Clock::time_point start() const { return start_; }

  // Of a call that has ended: as the free function, over all its addresses.
  virtual absl::Status CheckAnswers() const = 0;
  virtual void Weigh(AnswerSizes* sizes) const = 0;

 protected:
  virtual void Send(std::mt19937_64& random, grpc::CompletionQueue* queue) = 0;

  const std::string& AnyAddress(std::mt19937_64& random) const {
    return addresses_[random() % addresses_.size()];
  }

  const LoadTarget& target_;
  const std::vector<std::string>& addresses_;
  v1::LoginService::Stub* const stub_;
  std::optional<grpc::ClientContext> context_;  // one per use
  grpc::Status status_;

 private:
  // What stands in the memory of the context goes before it.
  virtual void Forget() = 0;

  Clock::time_point start_;
};

// CheckLogin of one address if `addresses_per_call` is 1, else BatchCheckLogin.
std::unique_ptr<LoadCall> NewLoadCall(int addresses_per_call, const LoadTarget& target,
                                      const std::vector<std::string>& addresses,
                                      v1::LoginService::Stub* stub);

}  // namespace gatehouse::benchmark

#endif  // GATEHOUSE_TESTS_BENCHMARK_LOAD_CALL_H_
