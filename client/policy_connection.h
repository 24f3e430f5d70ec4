// The seam between what follows the rules and the server.
#ifndef GATEHOUSE_CLIENT_POLICY_CONNECTION_H_
#define GATEHOUSE_CLIENT_POLICY_CONNECTION_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "gatehouse/v1/login_service.pb.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace gatehouse::client {

// An open WatchPolicy stream. Thread-safe.
class PolicyStream {
 public:
  virtual ~PolicyStream() = default;
  // Ends it soon, if it has not ended yet.
  virtual void Cancel() = 0;
};

// What comes of a stream. Called by one thread at a time, but by any, and never
// before Watch has returned.
class PolicyStreamHandler {
 public:
  virtual ~PolicyStreamHandler() = default;
  virtual void OnMessage(v1::WatchPolicyResponse message) = 0;
  // Exactly once, last. OK: the server has ended it without a reason.
  virtual void OnEnd(const absl::Status& status) = 0;
};

// Thread-safe.
class PolicyConnection {
 public:
  // Returns after the last handler is gone: streams must be cancelled before.
  virtual ~PolicyConnection() = default;

  virtual std::shared_ptr<PolicyStream> Watch(int64_t after_revision,
                                              std::unique_ptr<PolicyStreamHandler> handler) = 0;
};

// Streams over `channel`. One that cannot be opened at once ends UNAVAILABLE: the
// time of waiting for a connection would count as the rules' age.
std::unique_ptr<PolicyConnection> MakePolicyConnection(std::shared_ptr<grpc::Channel> channel);

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_POLICY_CONNECTION_H_
