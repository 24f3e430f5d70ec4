#include "client/cli/stream_follower.h"

#include <chrono>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace gatehouse::cli {
namespace {

constexpr absl::Duration kReconnectAfter = absl::Seconds(1);

}  // namespace

absl::StatusOr<ExitCode> StreamFollower::RunStreams(
    const std::function<grpc::Status(grpc::ClientContext*)>& follow_once, const int64_t& revision) {
  session_.OnInterrupt([this] { Interrupt(); });
  absl::Status status;
  do {
    status = FollowOnce(follow_once);
  } while (CanResume(status, revision) && Wait());
  session_.OnInterrupt(nullptr);
  if (interrupted()) return ExitCode::kOk;
  return status;
}

absl::Status StreamFollower::FollowOnce(
    const std::function<grpc::Status(grpc::ClientContext*)>& follow_once) {
  grpc::ClientContext context;
  session_.Prepare(context);
  // A stream has no end.
  context.set_deadline(std::chrono::system_clock::time_point::max());
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (interrupted_) return absl::CancelledError();
    context_ = &context;
  }
  const grpc::Status status = follow_once(&context);
  std::lock_guard<std::mutex> lock(mutex_);
  context_ = nullptr;
  return session_.Translate(status);
}

bool StreamFollower::CanResume(const absl::Status& status, int64_t revision) {
  if (interrupted() || !connected_) return false;
  const bool passing = absl::IsUnavailable(status) || absl::IsResourceExhausted(status) ||
                       absl::IsDeadlineExceeded(status) || status.ok();
  if (passing) {
    session_.Note(absl::StrCat("the stream broke off (", std::string(status.message()),
                               "); going on from revision ", revision));
  }
  return passing;
}

// False: interrupted.
bool StreamFollower::Wait() {
  std::unique_lock<std::mutex> lock(mutex_);
  return !wake_.wait_for(lock, absl::ToChronoNanoseconds(kReconnectAfter),
                         [this] { return interrupted_; });
}

void StreamFollower::Interrupt() {
  std::lock_guard<std::mutex> lock(mutex_);
  interrupted_ = true;
  if (context_ != nullptr) context_->TryCancel();
  wake_.notify_all();
}

bool StreamFollower::interrupted() {
  std::lock_guard<std::mutex> lock(mutex_);
  return interrupted_;
}

}  // namespace gatehouse::cli
