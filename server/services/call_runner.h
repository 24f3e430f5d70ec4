// How a service method runs: off gRPC's threads, logged, its errors rendered.
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

#include <grpcpp/grpcpp.h>

#include <functional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "policy/caller.h"
#include "server/runtime/logger.h"
#include "server/runtime/worker_pool.h"

namespace gatehouse {

// Thread-safe.
class CallRunner {
 public:
  // Both must outlive this and every call.
  CallRunner(WorkerPool* pool, Logger* logger) : pool_(pool), logger_(logger) {}

  // Runs `body` on the pool: it may block. RESOURCE_EXHAUSTED (OVERLOADED) if
  // too many calls wait. A call that was cancelled while it waited is not run.
  template <typename Request, typename Response, typename Body>
  grpc::ServerUnaryReactor* Unary(grpc::CallbackServerContext* context, absl::string_view method,
                                  [[maybe_unused]] const Request& request, Response* response,
                                  Body body) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    Submit(
        method, [context] { return context->IsCancelled(); },
        [this, context, method, response, body = std::move(body)]() -> absl::Status {
          auto result = body(CallerOf(context, method));
          if (!result.ok()) return result.status();
          *response = *std::move(result);
          return absl::OkStatus();
        },
        [reactor](const grpc::Status& status) { reactor->Finish(status); });
    return reactor;
  }

  // Who calls.
  Caller CallerOf(grpc::CallbackServerContext* context, absl::string_view method) const;

  // Runs `body` on the pool, then `finish` with its rendered status; `finish`
  // is called exactly once, with an error if `body` could not run.
  void Submit(absl::string_view method, std::function<bool()> is_cancelled,
              std::function<absl::Status()> body, std::function<void(const grpc::Status&)> finish);

  // Logs a call that ended: at debug if it went well or the caller was at
  // fault, at error if the fault is ours.
  void LogCall(absl::string_view method, const absl::Status& status, absl::Time start);

 private:
  WorkerPool* pool_;
  Logger* logger_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_CALL_RUNNER_H_
