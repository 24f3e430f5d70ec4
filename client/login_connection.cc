#include "client/login_connection.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/decision_decoding.h"
#include "client/grpc_status.h"
#include "client/utf8.h"
#include "gatehouse/v1/login_service.grpc.pb.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse::client {
namespace {

// The API's limit. More would only travel to be refused.
constexpr size_t kMaxEmailBytes = 254;

absl::Status CheckEmail(absl::string_view email) {
  if (email.size() > kMaxEmailBytes) {
    return InvalidField("email", email, absl::StrCat("at most ", kMaxEmailBytes, " bytes"));
  }
  if (!IsUtf8(email)) return InvalidField("email", email, "UTF-8");
  return absl::OkStatus();
}

v1::LoginAction ToProto(LoginAction action) { return static_cast<v1::LoginAction>(action); }

v1::CheckLoginRequest ToProto(const CheckLoginCall& call) {
  v1::CheckLoginRequest request;
  request.set_email(call.email);
  request.set_action(ToProto(call.action));
  request.set_min_revision(call.min_revision);
  return request;
}

// An address that cannot be sent leaves its place empty.
v1::BatchCheckLoginRequest ToProto(const BatchCheckLoginCall& call) {
  v1::BatchCheckLoginRequest request;
  for (const std::string& email : call.emails) {
    request.add_emails(CheckEmail(email).ok() ? email : "");
  }
  request.set_action(ToProto(call.action));
  request.set_min_revision(call.min_revision);
  return request;
}

absl::StatusOr<LoginDecision> Decode(const CheckLoginCall&, const grpc::Status& status,
                                     const v1::CheckLoginResponse& response) {
  if (!status.ok()) return FromGrpcStatus(status);
  return DecodeDecision(response);
}

absl::StatusOr<BatchLoginDecisions> Decode(const BatchCheckLoginCall& call,
                                           const grpc::Status& status,
                                           const v1::BatchCheckLoginResponse& response) {
  if (!status.ok()) return FromGrpcStatus(status);
  if (static_cast<size_t>(response.results_size()) != call.emails.size()) {
    return Incomprehensible(
        absl::StrCat(response.results_size(), " results for ", call.emails.size(), " addresses"));
  }
  BatchLoginDecisions decisions;
  decisions.reserve(call.emails.size());
  for (size_t i = 0; i < call.emails.size(); ++i) {
    const auto& result = response.results(static_cast<int>(i));
    if (absl::Status sent = CheckEmail(call.emails[i]); !sent.ok()) {
      decisions.push_back(std::move(sent));
    } else if (result.has_decision()) {
      decisions.push_back(DecodeDecision(result.decision()));
      if (decisions.back().ok()) decisions.back()->revision = response.revision();
    } else if (result.has_error()) {
      decisions.push_back(FromItemError(result.error()));
    } else {
      decisions.push_back(Incomprehensible("a result with no outcome"));
    }
  }
  return decisions;
}

// Nobody cancels what is about to go.
void EndCancellation(const CheckLoginCall& call) {
  if (call.cancellation != nullptr) call.cancellation->Ended();
}
void EndCancellation(const BatchCheckLoginCall&) {}

// What a call needs until it is over.
template <typename CallT, typename Request, typename Response>
struct Exchange {
  Exchange(const CallT& c, bool wait_for_ready) : call(c), request(ToProto(c)) {
    context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoNanoseconds(c.timeout));
    context.set_wait_for_ready(wait_for_ready);
  }

  CallT call;
  grpc::ClientContext context;
  Request request;
  Response response;
};
using CheckExchange = Exchange<CheckLoginCall, v1::CheckLoginRequest, v1::CheckLoginResponse>;
using BatchExchange =
    Exchange<BatchCheckLoginCall, v1::BatchCheckLoginRequest, v1::BatchCheckLoginResponse>;

class StubConnection : public LoginConnection {
 public:
  StubConnection(const std::shared_ptr<grpc::Channel>& channel, bool wait_for_ready)
      : wait_for_ready_(wait_for_ready), stub_(channel) {}

  ~StubConnection() override {
    // A channel whose last reference goes inside a callback deadlocks
    // (grpc/grpc#37198). Deadlines bound the wait.
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return pending_ == 0; });
  }

  absl::StatusOr<LoginDecision> CheckLogin(const CheckLoginCall& call) override {
    RETURN_IF_ERROR(CheckEmail(call.email));
    CheckExchange exchange(call, wait_for_ready_);
    const grpc::Status status =
        stub_.CheckLogin(&exchange.context, exchange.request, &exchange.response);
    return Decode(call, status, exchange.response);
  }

  absl::StatusOr<BatchLoginDecisions> BatchCheckLogin(const BatchCheckLoginCall& call) override {
    BatchExchange exchange(call, wait_for_ready_);
    const grpc::Status status =
        stub_.BatchCheckLogin(&exchange.context, exchange.request, &exchange.response);
    return Decode(call, status, exchange.response);
  }

  void AsyncCheckLogin(const CheckLoginCall& call, CheckLoginCallback done) override {
    if (absl::Status sendable = CheckEmail(call.email); !sendable.ok()) {
      done(std::move(sendable));
      return;
    }
    auto exchange = std::make_shared<CheckExchange>(call, wait_for_ready_);
    CheckExchange& e = *exchange;
    // Its context may be cancelled from here on, before the call has begun as well.
    if (call.cancellation != nullptr) call.cancellation->Begun([&e] { e.context.TryCancel(); });
    stub_.async()->CheckLogin(&e.context, &e.request, &e.response,
                              Finisher(std::move(exchange), std::move(done)));
  }

  void AsyncBatchCheckLogin(const BatchCheckLoginCall& call,
                            BatchCheckLoginCallback done) override {
    auto exchange = std::make_shared<BatchExchange>(call, wait_for_ready_);
    BatchExchange& e = *exchange;
    stub_.async()->BatchCheckLogin(&e.context, &e.request, &e.response,
                                   Finisher(std::move(exchange), std::move(done)));
  }

 private:
  // What gRPC calls at the end of an exchange.
  template <typename ExchangeT, typename Done>
  std::function<void(grpc::Status)> Finisher(std::shared_ptr<ExchangeT> exchange, Done done) {
    const std::lock_guard lock(mutex_);
    ++pending_;
    return [this, exchange = std::move(exchange),
            done = std::move(done)](const grpc::Status& status) mutable {
      auto result = Decode(exchange->call, status, exchange->response);
      EndCancellation(exchange->call);
      // Its context refers to the channel: it must go before the destructor is
      // let on.
      exchange.reset();
      done(std::move(result));
      done = nullptr;
      const std::lock_guard callback_lock(mutex_);
      if (--pending_ == 0) idle_.notify_all();
    };
  }

  const bool wait_for_ready_;
  v1::LoginService::Stub stub_;
  std::mutex mutex_;
  std::condition_variable idle_;
  int pending_ = 0;  // asynchronous exchanges; guarded by mutex_
};

}  // namespace

void Cancellation::Cancel() {
  const std::lock_guard lock(mutex_);
  cancelled_ = true;
  if (const auto cancel = std::exchange(cancel_, nullptr)) cancel();
}

void Cancellation::Begun(std::function<void()> cancel) {
  const std::lock_guard lock(mutex_);
  if (cancelled_) {
    cancel();
  } else {
    cancel_ = std::move(cancel);
  }
}

void Cancellation::Ended() {
  const std::lock_guard lock(mutex_);
  cancel_ = nullptr;
}

std::unique_ptr<LoginConnection> MakeLoginConnection(std::shared_ptr<grpc::Channel> channel,
                                                     bool wait_for_ready) {
  return std::make_unique<StubConnection>(channel, wait_for_ready);
}

}  // namespace gatehouse::client
