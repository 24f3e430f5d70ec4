#include "server/services/call_runner.h"

#include <string>

#include "policy/errors.h"
#include "server/services/status_rendering.h"

namespace gatehouse {
namespace {

bool IsOurFault(absl::StatusCode code) {
  return code == absl::StatusCode::kInternal || code == absl::StatusCode::kUnknown ||
         code == absl::StatusCode::kDataLoss || code == absl::StatusCode::kUnavailable;
}

}  // namespace

Caller CallRunner::CallerOf(grpc::CallbackServerContext* context, absl::string_view method) const {
  return {.principal = {.name = "anonymous", .role = AccessRole::kOperator},
          .method = std::string(method),
          .peer = context->peer(),
          .time = absl::Now()};
}

void CallRunner::Submit(absl::string_view method, std::function<bool()> is_cancelled,
                        std::function<absl::Status()> body,
                        std::function<void(const grpc::Status&)> finish) {
  const absl::Time start = absl::Now();
  auto task = [this, method, start, is_cancelled = std::move(is_cancelled), body = std::move(body),
               finish] {
    if (is_cancelled()) {
      finish(grpc::Status(grpc::StatusCode::CANCELLED, "cancelled by the caller"));
      return;
    }
    const absl::Status status = body();
    LogCall(method, status, start);
    finish(RenderStatus(status));
  };
  const auto refuse = [this, method, start, finish] {
    const absl::Status overloaded = Error(absl::StatusCode::kResourceExhausted, reason::kOverloaded,
                                          "too many calls are waiting; retry with backoff")
                                        .RetryAfterMs(200)
                                        .Build();
    LogCall(method, overloaded, start);
    finish(RenderStatus(overloaded));
  };
  if (!pool_->Submit(std::move(task), refuse)) refuse();
}

void CallRunner::LogCall(absl::string_view method, const absl::Status& status, absl::Time start) {
  const LogLevel level = IsOurFault(status.code()) ? LogLevel::kError : LogLevel::kDebug;
  if (!logger_->IsEnabled(level)) return;
  const int64_t microseconds = absl::ToInt64Microseconds(absl::Now() - start);
  const std::string code = absl::StatusCodeToString(status.code());
  if (level == LogLevel::kDebug) {
    // The message of a caller's error may quote an address; the reason does not.
    logger_->Log(level, "call",
                 {{"method", std::string(method)},
                  {"code", code},
                  {"reason", ReasonOf(status)},
                  {"microseconds", microseconds}});
  } else {
    logger_->Log(level, "call failed",
                 {{"method", std::string(method)},
                  {"code", code},
                  {"reason", ReasonOf(status)},
                  {"message", std::string(status.message())},
                  {"microseconds", microseconds}});
  }
}

}  // namespace gatehouse
