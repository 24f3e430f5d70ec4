// Follows what has no end, over any number of streams, until Ctrl-C.
#ifndef GATEHOUSE_CLIENT_CLI_STREAM_FOLLOWER_H_
#define GATEHOUSE_CLIENT_CLI_STREAM_FOLLOWER_H_

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/exit_code.h"
#include "client/cli/session.h"

namespace gatehouse::cli {

class StreamFollower {
 public:
  explicit StreamFollower(Session& session) : session_(session) {}

  // `open` begins a stream that goes on after `revision`; `take` gets each of its
  // messages, and keeps `revision` up to date. A stream that broke off is begun
  // again, unless the first brought nothing. OK: interrupted.
  template <typename Message>
  absl::StatusOr<ExitCode> Run(
      const std::function<std::unique_ptr<grpc::ClientReader<Message>>(grpc::ClientContext*)>& open,
      const std::function<void(const Message&)>& take, const int64_t& revision) {
    return RunStreams(
        [&](grpc::ClientContext* context) {
          const auto reader = open(context);
          Message message;
          while (reader->Read(&message)) {
            connected_ = true;
            take(message);
            session_.out().flush();
          }
          return reader->Finish();
        },
        revision);
  }

 private:
  absl::StatusOr<ExitCode> RunStreams(
      const std::function<grpc::Status(grpc::ClientContext*)>& follow_once,
      const int64_t& revision);
  absl::Status FollowOnce(const std::function<grpc::Status(grpc::ClientContext*)>& follow_once);
  bool CanResume(const absl::Status& status, int64_t revision);
  bool Wait();
  void Interrupt();
  bool interrupted();

  Session& session_;
  bool connected_ = false;

  std::mutex mutex_;
  std::condition_variable wake_;
  bool interrupted_ = false;
  grpc::ClientContext* context_ = nullptr;
};

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_STREAM_FOLLOWER_H_
