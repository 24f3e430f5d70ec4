// One server stream that a watch of the managers feeds (AuditWatch, PolicyWatch):
// message by message, and no further than the caller's credential is good.
#ifndef GATEHOUSE_SERVER_SERVICES_WATCH_REACTOR_H_
#define GATEHOUSE_SERVER_SERVICES_WATCH_REACTOR_H_

#include <grpc/grpc.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/status_macros.h"
#include "server/services/call_runner.h"
#include "server/services/status_rendering.h"

namespace gatehouse {

// `Watch` has a Stream, to be Sent and Closed. At most one write, or the finish,
// is under way at a time. Lives until gRPC is done with it and the watch has let
// go of it.
template <typename Watch, typename Message>
class WatchReactor : public grpc::ServerWriteReactor<Message>,
                     public std::enable_shared_from_this<WatchReactor<Watch, Message>> {
 public:
  using StreamPtr = std::shared_ptr<typename Watch::Stream>;

  // All outlive this; `method` is that of the call.
  WatchReactor(Watch* watch, CallRunner* calls, absl::string_view method,
               grpc::CallbackServerContext* context)
      : watch_(watch), calls_(calls), method_(method), context_(context) {}

  // Keeps itself alive from here to OnDone.
  void Hold() { self_ = this->shared_from_this(); }

  // `open` opens the watch's stream to this. What the watch gives to it waits
  // until that is known.
  template <typename OpenStream>
  absl::Status Open(OpenStream open) {
    std::lock_guard<std::mutex> lock(mutex_);
    ASSIGN_OR_RETURN(stream_, open());
    return absl::OkStatus();
  }
  // After Open, or in its place.
  void Opened(const grpc::Status& status) {
    std::unique_lock<std::mutex> lock(mutex_);
    opening_ = false;
    if (!status.ok()) return FinishOnce(lock, status);
    if (cancelled_ && !writing_) FinishOnce(lock, Cancelled());
  }

  void OnWriteDone(bool ok) override {
    std::unique_lock<std::mutex> lock(mutex_);
    writing_ = false;
    if (end_) return FinishOnce(lock, *end_);
    if (!ok || cancelled_) return FinishOnce(lock, Cancelled());
    const StreamPtr stream = stream_;
    lock.unlock();
    watch_->Sent(stream);
  }
  void OnCancel() override {
    std::unique_lock<std::mutex> lock(mutex_);
    cancelled_ = true;
    if (!writing_ && !opening_) FinishOnce(lock, Cancelled());
  }
  void OnDone() override {
    std::unique_lock<std::mutex> lock(mutex_);
    const StreamPtr stream = std::move(stream_);
    const auto self = std::move(self_);
    lock.unlock();
    if (stream != nullptr) watch_->Close(stream);
  }

 protected:
  // What the watch sends. The watch hears of it by Sent.
  void Write(Message message) {
    std::unique_lock<std::mutex> lock(mutex_);
    if (finished_) return;
    // A stream may outlive the credential that it was opened with.
    if (const absl::Status status = calls_->Recheck(*context_, method_);
        absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status)) {
      return FinishOnce(lock, RenderStatus(status));
    }
    writing_ = true;
    message_ = std::move(message);
    lock.unlock();
    this->StartWrite(&message_);
  }
  // How the watch ends the stream.
  void FinishWith(const absl::Status& status) {
    std::unique_lock<std::mutex> lock(mutex_);
    end_ = RenderStatus(status);
    if (!writing_) return FinishOnce(lock, *end_);
    // The reader does not read, and a finish would wait for the write. This ends
    // the call at once, and tells why by code and message.
    grpc_call_cancel_with_status(context_->c_call(),
                                 static_cast<grpc_status_code>(end_->error_code()),
                                 end_->error_message().c_str(), nullptr);
  }

 private:
  static grpc::Status Cancelled() {
    return grpc::Status(grpc::StatusCode::CANCELLED, "cancelled by the caller");
  }

  // Outside the lock: gRPC may call back from inside Finish, on this thread.
  void FinishOnce(std::unique_lock<std::mutex>& lock, const grpc::Status& status) {
    if (finished_) return;
    finished_ = true;
    const auto self = self_;
    lock.unlock();
    this->Finish(status);
  }

  Watch* const watch_;
  CallRunner* const calls_;
  const std::string method_;
  grpc::CallbackServerContext* const context_;
  std::mutex mutex_;
  std::shared_ptr<WatchReactor> self_;
  StreamPtr stream_;
  std::optional<grpc::Status> end_;
  bool opening_ = true;
  bool writing_ = false;
  bool cancelled_ = false;
  bool finished_ = false;
  Message message_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_WATCH_REACTOR_H_
