#include "server/services/call_runner.h"

#include <string>
#include <utility>

#include "policy/errors.h"
#include "server/access/method_rules.h"
#include "server/services/call_credentials.h"
#include "server/services/request_resource.h"
#include "server/services/status_rendering.h"

namespace gatehouse {
namespace {

// Whether somebody outside could not be asked, or a newer answer was asked for.
bool IsOfOthers(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  return reason == reason::kDnsUnavailable || reason == reason::kHttpsUnavailable ||
         reason == reason::kIdpUnavailable || reason == reason::kRevisionNotReached;
}

bool IsOurFault(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDataLoss:
      return true;
    case absl::StatusCode::kUnavailable:
      return !IsOfOthers(status);
    default:
      return false;
  }
}

}  // namespace

Admission CallRunner::Admit(const grpc::CallbackServerContext& context, absl::string_view method) {
  return gate_->Admit(CredentialsOf(context), method);
}

absl::Status CallRunner::Check(const grpc::CallbackServerContext& context,
                               absl::string_view method) {
  return gate_->Check(IdentityOf(context), method);
}

absl::Status CallRunner::Recheck(const grpc::CallbackServerContext& context,
                                 absl::string_view method) {
  return gate_->Recheck(IdentityOf(context), method);
}

void CallRunner::Start(grpc::CallbackServerContext* context, absl::string_view method,
                       const google::protobuf::Message& request, Body body, Finish finish) {
  const MethodRule* const rule = FindMethodRule(method);
  CountStarted(method);
  auto counted = [this, method = std::string(method), start = absl::Now(),
                  finish = std::move(finish)](const grpc::Status& status) {
    CountHandled(method, static_cast<absl::StatusCode>(status.error_code()), start);
    finish(status);
  };
  StartAdmitted(
      Admit(*context, method),
      RequestResource(request, rule == nullptr ? "" : rule->resource_field),
      [context] { return context->IsCancelled(); }, std::move(body), std::move(counted));
}

void CallRunner::StartAdmitted(const Admission& admission, std::string resource,
                               std::function<bool()> is_cancelled, Body body, Finish finish) {
  const Caller& caller = admission.caller;
  const MethodRule* const rule = FindMethodRule(caller.method);
  const bool audited = rule != nullptr && rule->kind == MethodKind::kChange &&
                       !absl::IsResourceExhausted(admission.status);
  if (!admission.status.ok() && !audited) {
    LogCall(caller.method, caller.request_id, admission.status, caller.time);
    finish(RenderStatus(admission.status));
    return;
  }
  Submit(
      caller.method, caller.request_id, std::move(is_cancelled),
      [this, admission, resource = std::move(resource), body = std::move(body)] {
        absl::Status status = admission.status;
        if (status.ok()) status = gate_->Authorize(admission.caller, resource);
        if (status.ok()) status = body(admission.caller);
        if (!status.ok()) gate_->Refused(admission.caller, resource, status);
        return status;
      },
      std::move(finish));
}

void CallRunner::CountStarted(absl::string_view method) {
  if (metrics_ != nullptr) metrics_->Started(method);
}

void CallRunner::CountHandled(absl::string_view method, absl::StatusCode code, absl::Time start) {
  if (metrics_ != nullptr) metrics_->Handled(method, code, absl::Now() - start);
}

void CallRunner::Submit(absl::string_view method, absl::string_view request_id,
                        std::function<bool()> is_cancelled, std::function<absl::Status()> body,
                        Finish finish) {
  const absl::Time start = absl::Now();
  auto task = [this, method = std::string(method), id = std::string(request_id), start,
               is_cancelled = std::move(is_cancelled), body = std::move(body), finish] {
    if (is_cancelled()) {
      finish(grpc::Status(grpc::StatusCode::CANCELLED, "cancelled by the caller"));
      return;
    }
    const absl::Status status = body();
    LogCall(method, id, status, start);
    finish(RenderStatus(status));
  };
  const auto refuse = [this, method = std::string(method), id = std::string(request_id), start,
                       finish] {
    const absl::Status overloaded = Error(absl::StatusCode::kResourceExhausted, reason::kOverloaded,
                                          "too many calls are waiting; retry with backoff")
                                        .RetryAfterMs(200)
                                        .Build();
    LogCall(method, id, overloaded, start);
    finish(RenderStatus(overloaded));
  };
  if (!pool_->Submit(std::move(task), refuse)) refuse();
}

void CallRunner::LogCall(absl::string_view method, absl::string_view request_id,
                         const absl::Status& status, absl::Time start) {
  const LogLevel level = IsOurFault(status) ? LogLevel::kError : LogLevel::kDebug;
  if (!logger_->IsEnabled(level)) return;
  const int64_t microseconds = absl::ToInt64Microseconds(absl::Now() - start);
  const std::string code = absl::StatusCodeToString(status.code());
  if (level == LogLevel::kDebug) {
    // The message of a caller's error may quote an address; the reason does not.
    logger_->Log(level, "call",
                 {{"method", std::string(method)},
                  {"request_id", std::string(request_id)},
                  {"code", code},
                  {"reason", ReasonOf(status)},
                  {"microseconds", microseconds}});
  } else {
    logger_->Log(level, "call failed",
                 {{"method", std::string(method)},
                  {"request_id", std::string(request_id)},
                  {"code", code},
                  {"reason", ReasonOf(status)},
                  {"message", std::string(status.message())},
                  {"microseconds", microseconds}});
  }
}

}  // namespace gatehouse
