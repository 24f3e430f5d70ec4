#include "client/policy_connection.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <condition_variable>
#include <mutex>
#include <utility>

#include "client/grpc_status.h"
#include "gatehouse/v1/login_service.grpc.pb.h"

namespace gatehouse::client {
namespace {

// How many streams have not ended.
class OpenStreams {
 public:
  void Add() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void Remove() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) none_.notify_all();
  }
  void WaitForNone() {
    std::unique_lock lock(mutex_);
    none_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_;
  int count_ = 0;
};

// What its owner can still reach of a stream that may have ended.
class StreamHandle final : public PolicyStream {
 public:
  explicit StreamHandle(grpc::ClientContext* context) : context_(context) {}

  void Cancel() override {
    const std::lock_guard lock(mutex_);
    if (context_ != nullptr) context_->TryCancel();
  }
  // The context is about to go.
  void Ended() {
    const std::lock_guard lock(mutex_);
    context_ = nullptr;
  }

 private:
  std::mutex mutex_;
  grpc::ClientContext* context_;
};

// Owns itself until its stream has ended.
class Reader final : public grpc::ClientReadReactor<v1::WatchPolicyResponse> {
 public:
  Reader(v1::LoginService::Stub& stub, int64_t after_revision,
         std::unique_ptr<PolicyStreamHandler> handler, OpenStreams& open)
      : handler_(std::move(handler)), open_(open) {
    open_.Add();
    request_.set_after_revision(after_revision);
    context_.set_wait_for_ready(false);
    stub.async()->WatchPolicy(&context_, &request_, this);
  }

  std::shared_ptr<PolicyStream> handle() const { return handle_; }

  void Start() {
    StartRead(&message_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;  // OnDone says why
    handler_->OnMessage(std::exchange(message_, {}));
    StartRead(&message_);
  }

  void OnDone(const grpc::Status& status) override {
    handle_->Ended();
    handler_->OnEnd(FromGrpcStatus(status));
    OpenStreams& open = open_;
    // The context refers to the channel: it must go before the connection's
    // destructor is let on.
    delete this;
    open.Remove();
  }

 private:
  const std::unique_ptr<PolicyStreamHandler> handler_;
  OpenStreams& open_;
  v1::WatchPolicyRequest request_;
  v1::WatchPolicyResponse message_;
  grpc::ClientContext context_;
  const std::shared_ptr<StreamHandle> handle_ = std::make_shared<StreamHandle>(&context_);
};

class StubConnection final : public PolicyConnection {
 public:
  explicit StubConnection(const std::shared_ptr<grpc::Channel>& channel) : stub_(channel) {}
  ~StubConnection() override { open_.WaitForNone(); }

  std::shared_ptr<PolicyStream> Watch(int64_t after_revision,
                                      std::unique_ptr<PolicyStreamHandler> handler) override {
    auto* const reader = new Reader(stub_, after_revision, std::move(handler), open_);
    std::shared_ptr<PolicyStream> handle = reader->handle();
    reader->Start();
    return handle;
  }

 private:
  v1::LoginService::Stub stub_;
  OpenStreams open_;
};

}  // namespace

std::unique_ptr<PolicyConnection> MakePolicyConnection(std::shared_ptr<grpc::Channel> channel) {
  return std::make_unique<StubConnection>(channel);
}

}  // namespace gatehouse::client
