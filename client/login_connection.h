// The seam between LoginClient and the server. LoginClient adds to it what an
// unreachable server means; a gateway's own tests put a fake in its place:
//
//   class FakeGatehouse : public LoginConnection { … };
//   LoginClient client(std::make_unique<FakeGatehouse>(), OnUnavailable::kDeny);
#ifndef GATEHOUSE_CLIENT_LOGIN_CONNECTION_H_
#define GATEHOUSE_CLIENT_LOGIN_CONNECTION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/login_decision.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace gatehouse::client {

// The means to end a call before its answer has come. Thread-safe.
class Cancellation {
 public:
  // Ends the call soon, if it has not ended: its callback is called all the same.
  void Cancel();

  // For connections. `cancel` is called once if this is cancelled before Ended, or
  // at once if it has been; not while or after Ended returns.
  void Begun(std::function<void()> cancel);
  void Ended();

 private:
  std::mutex mutex_;
  bool cancelled_ = false;
  std::function<void()> cancel_;
};

struct CheckLoginCall {
  std::string email;
  LoginAction action = LoginAction::kSignIn;
  int64_t min_revision = 0;
  absl::Duration timeout;
  // Of an asynchronous call. Null: nobody cancels it. A connection may ignore it.
  std::shared_ptr<Cancellation> cancellation;
};

struct BatchCheckLoginCall {
  std::vector<std::string> emails;
  LoginAction action = LoginAction::kSignIn;
  int64_t min_revision = 0;
  absl::Duration timeout;
};

// In the order of the addresses asked about.
using BatchLoginDecisions = std::vector<absl::StatusOr<LoginDecision>>;

// Thread-safe. The errors are those of LoginClient's methods of the same name.
class LoginConnection {
 public:
  using CheckLoginCallback = std::function<void(absl::StatusOr<LoginDecision>)>;
  using BatchCheckLoginCallback = std::function<void(absl::StatusOr<BatchLoginDecisions>)>;

  // Returns after the last callback has; until then callbacks may make calls.
  virtual ~LoginConnection() = default;

  virtual absl::StatusOr<LoginDecision> CheckLogin(const CheckLoginCall& call) = 0;
  virtual absl::StatusOr<BatchLoginDecisions> BatchCheckLogin(const BatchCheckLoginCall& call) = 0;

  // Call `done` exactly once, from any thread. Unless overridden: before they
  // return.
  virtual void AsyncCheckLogin(const CheckLoginCall& call, CheckLoginCallback done) {
    done(CheckLogin(call));
  }
  virtual void AsyncBatchCheckLogin(const BatchCheckLoginCall& call, BatchCheckLoginCallback done) {
    done(BatchCheckLogin(call));
  }
};

// A connection over `channel` (see login_channel.h).
std::unique_ptr<LoginConnection> MakeLoginConnection(std::shared_ptr<grpc::Channel> channel,
                                                     bool wait_for_ready);

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_LOGIN_CONNECTION_H_
