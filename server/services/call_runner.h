// How a service method runs: past the access gate, off gRPC's threads, logged, its
// errors rendered.
//
//   grpc::ServerUnaryReactor* GetDomain(grpc::CallbackServerContext* context,
//                                       const v1::GetDomainRequest* request,
//                                       v1::Domain* response) override {
//     return calls_->Unary(context, "DomainService/GetDomain", *request, response,
//                          [this, request](const Caller& caller) -> absl::StatusOr<v1::Domain> {
//                            …
//                          });
//   }
#ifndef GATEHOUSE_SERVER_SERVICES_CALL_RUNNER_H_
#define GATEHOUSE_SERVER_SERVICES_CALL_RUNNER_H_

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "policy/caller.h"
#include "server/access/access_gate.h"
#include "server/metrics/call_metrics.h"
#include "server/runtime/logger.h"
#include "server/runtime/worker_pool.h"

namespace gatehouse {

// Thread-safe.
class CallRunner {
 public:
  // What a method does, once it is known who calls.
  using Body = std::function<absl::Status(const Caller&)>;
  using Finish = std::function<void(const grpc::Status&)>;

  // All must outlive this and every call. Null `metrics`: calls are not counted.
  CallRunner(WorkerPool* pool, Logger* logger, AccessGate* gate, CallMetrics* metrics = nullptr)
      : pool_(pool), logger_(logger), gate_(gate), metrics_(metrics) {}

  // Runs `body` on the pool if the caller may call the method for the
  // organization that `request` is about: it may block. RESOURCE_EXHAUSTED
  // (OVERLOADED) if too many calls wait. A call that was cancelled while it
  // waited is not run.
  template <typename Request, typename Response, typename UnaryBody>
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context, absl::string_view method,
                                  const Request& request, Response* response, UnaryBody body) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    Start(
        context, method, request,
        [response, body = std::move(body)](const Caller& caller) -> absl::Status {
          auto result = body(caller);
          if (!result.ok()) return result.status();
          *response = *std::move(result);
          return absl::OkStatus();
        },
        [reactor](const grpc::Status& status) { reactor->Finish(status); });
    return reactor;
  }

  // As Unary, for a method that answers by more than one message: `body`, then
  // `finish` exactly once, with an error if `body` could not or must not run.
  // May call `finish` before it returns.
  void Start(grpc::CallbackServerContext* context, absl::string_view method,
             const google::protobuf::Message& request, Body body, Finish finish);

  // The gate's answer for a call of many requests, to be given to StartAdmitted
  // with each.
  Admission Admit(const grpc::CallbackServerContext& context, absl::string_view method);
  void StartAdmitted(const Admission& admission, std::string resource,
                     std::function<bool()> is_cancelled, Body body, Finish finish);

  // For a method that runs on gRPC's thread: whether it may.
  absl::Status Check(const grpc::CallbackServerContext& context, absl::string_view method);

  // For a call without an end: whether it may go on.
  absl::Status Recheck(const grpc::CallbackServerContext& context, absl::string_view method);

  // Count a call that arrived, and one that ended: each once. Start does so by
  // itself; a stream that it begins counts as ended when it has begun.
  void CountStarted(absl::string_view method);
  void CountHandled(absl::string_view method, absl::StatusCode code, absl::Time start);

  // Runs `body` on the pool, then `finish` with its rendered status; `finish`
  // is called exactly once, with an error if `body` could not run.
  void Submit(absl::string_view method, absl::string_view request_id,
              std::function<bool()> is_cancelled, std::function<absl::Status()> body,
              Finish finish);

  // Logs a call that ended: at debug if it went well or the caller was at
  // fault, at error if the fault is ours.
  void LogCall(absl::string_view method, absl::string_view request_id, const absl::Status& status,
               absl::Time start);

 private:
  WorkerPool* pool_;
  Logger* logger_;
  AccessGate* gate_;
  CallMetrics* metrics_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_CALL_RUNNER_H_
