#include "client/policy_connection.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/awaited.h"
#include "gatehouse/v1/login_service.grpc.pb.h"

namespace gatehouse::client {
namespace {

// A server that runs `watch` for each stream.
class WatchServer : public v1::LoginService::Service {
 public:
  using Writer = grpc::ServerWriter<v1::WatchPolicyResponse>;
  using Watch =
      std::function<grpc::Status(grpc::ServerContext&, const v1::WatchPolicyRequest&, Writer&)>;

  explicit WatchServer(Watch watch) : watch_(std::move(watch)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    server_ = builder.RegisterService(this).BuildAndStart();
  }
  ~WatchServer() override { server_->Shutdown(std::chrono::system_clock::now()); }

  grpc::Status WatchPolicy(grpc::ServerContext* context, const v1::WatchPolicyRequest* request,
                           Writer* writer) override {
    return watch_(*context, *request, *writer);
  }

  std::unique_ptr<PolicyConnection> Connect() const {
    return MakePolicyConnection(
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port_), grpc::InsecureChannelCredentials()));
  }

 private:
  const Watch watch_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// What a stream has said.
struct Heard {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<v1::WatchPolicyResponse> messages;  // guarded by mutex
  Awaited<absl::Status> end;

  void WaitForMessages(size_t count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return messages.size() >= count; });
  }
};

class Listener : public PolicyStreamHandler {
 public:
  explicit Listener(Heard* heard) : heard_(heard) {}
  void OnMessage(v1::WatchPolicyResponse message) override {
    const std::lock_guard lock(heard_->mutex);
    heard_->messages.push_back(std::move(message));
    heard_->changed.notify_all();
  }
  void OnEnd(const absl::Status& status) override { heard_->end.Set(status); }

 private:
  Heard* const heard_;
};

TEST(PolicyConnection, HandsOnMessagesInOrderAndTheEnd) {
  const WatchServer server([](auto&, const auto& request, auto& writer) {
    for (int i = 1; i <= 3; ++i) {
      v1::WatchPolicyResponse message;
      message.set_revision(request.after_revision() + i);
      if (i == 1) message.set_reset(true);
      writer.Write(message);
    }
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "too slow");
  });
  Heard heard;
  const std::unique_ptr<PolicyConnection> connection = server.Connect();
  const auto stream = connection->Watch(40, std::make_unique<Listener>(&heard));
  const absl::Status end = heard.end.Take();
  EXPECT_TRUE(absl::IsResourceExhausted(end));
  EXPECT_EQ(end.message(), "too slow");
  ASSERT_EQ(heard.messages.size(), 3);
  EXPECT_TRUE(heard.messages[0].reset());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(heard.messages[i].revision(), 41 + i);
    EXPECT_EQ(heard.messages[i].reset(), i == 0);
  }
  stream->Cancel();  // too late, and no harm
}

TEST(PolicyConnection, EndsAStreamThatIsCancelled) {
  const WatchServer server([](auto& context, const auto&, auto& writer) {
    v1::WatchPolicyResponse message;
    message.set_revision(7);
    while (!context.IsCancelled() && writer.Write(message)) {
    }
    return grpc::Status::OK;
  });
  Heard heard;
  std::unique_ptr<PolicyConnection> connection = server.Connect();
  const auto stream = connection->Watch(0, std::make_unique<Listener>(&heard));
  heard.WaitForMessages(1);
  stream->Cancel();
  connection.reset();  // waits for the handler's end
  EXPECT_TRUE(absl::IsCancelled(heard.end.Take()));
}

TEST(PolicyConnection, EndsAStreamAtOnceWhereNoServerIs) {
  std::unique_ptr<PolicyConnection> connection;
  {
    const WatchServer server([](auto&, const auto&, auto&) { return grpc::Status::OK; });
    connection = server.Connect();
  }
  Heard heard;
  connection->Watch(0, std::make_unique<Listener>(&heard));
  EXPECT_TRUE(absl::IsUnavailable(heard.end.Take()));
}

}  // namespace
}  // namespace gatehouse::client
