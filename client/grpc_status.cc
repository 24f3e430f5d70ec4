#include "client/grpc_status.h"

#include <grpcpp/support/status.h>

#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "gatehouse/v1/errors.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "policy/errors.h"

namespace gatehouse::client {
namespace {

// The `domain` of ErrorInfo under which reasons are Gatehouse's.
constexpr absl::string_view kErrorDomain = "gatehouse";

absl::StatusCode ToCode(int code) {
  // A failure stays one, whatever number a proxy or a newer server sends.
  return code >= 1 && code <= 16 ? static_cast<absl::StatusCode>(code) : absl::StatusCode::kUnknown;
}

absl::Status ToStatus(int code, const std::string& message, const v1::ErrorDetails& details) {
  if (details.info().domain() != kErrorDomain) return absl::Status(ToCode(code), message);
  Error error(ToCode(code), details.info().reason(), message);
  for (const auto& [key, value] : details.info().metadata()) std::move(error).Metadata(key, value);
  for (const auto& violation : details.bad_request().field_violations()) {
    std::move(error).Field(violation.field(), violation.description());
  }
  for (const auto& violation : details.precondition_failure().violations()) {
    std::move(error).Violation({.reason = violation.type(),
                                .resource = violation.subject(),
                                .description = violation.description()});
  }
  if (details.has_retry_info()) {
    const auto& delay = details.retry_info().retry_delay();
    std::move(error).RetryAfterMs(delay.seconds() * 1'000 + delay.nanos() / 1'000'000);
  }
  return error;
}

}  // namespace

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status rich;
  v1::ErrorDetails details;
  // Details that cannot be read are none: the code alone decides what is safe.
  if (rich.ParseFromString(status.error_details())) {
    for (const google::protobuf::Any& any : rich.details()) {
      if (any.Is<google::rpc::ErrorInfo>()) {
        any.UnpackTo(details.mutable_info());
      } else if (any.Is<google::rpc::BadRequest>()) {
        any.UnpackTo(details.mutable_bad_request());
      } else if (any.Is<google::rpc::PreconditionFailure>()) {
        any.UnpackTo(details.mutable_precondition_failure());
      } else if (any.Is<google::rpc::RetryInfo>()) {
        any.UnpackTo(details.mutable_retry_info());
      }
    }
  }
  return ToStatus(status.error_code(), status.error_message(), details);
}

absl::Status FromItemError(const v1::ItemError& error) {
  return ToStatus(error.code(), error.message(), error.details());
}

}  // namespace gatehouse::client
