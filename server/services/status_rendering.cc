#include "server/services/status_rendering.h"

#include <optional>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "policy/errors.h"

namespace gatehouse {
namespace {

constexpr char kDomain[] = "gatehouse";
constexpr size_t kMaxItemMessageBytes = 1024;
// A client's default limit for all metadata is 8 KiB, and binary metadata travels
// as base64: what is longer would cost the caller the whole error.
constexpr size_t kMaxDetailsBytes = 4096;

// At most `limit` bytes of `text`, cut between two characters: protobuf sends no
// string that is not UTF-8.
std::string Cut(absl::string_view text, size_t limit) {
  if (text.size() <= limit) return std::string(text);
  const auto is_continuation = [](char byte) { return (byte & 0xC0) == 0x80; };
  while (limit > 0 && is_continuation(text[limit])) --limit;
  return std::string(text.substr(0, limit));
}

// Drops violations from the end until the details fit. The first is the reason.
void FitIntoMetadata(v1::ErrorDetails* details) {
  while (details->ByteSizeLong() > kMaxDetailsBytes) {
    if (details->precondition_failure().violations_size() > 1) {
      details->mutable_precondition_failure()->mutable_violations()->RemoveLast();
    } else if (details->bad_request().field_violations_size() > 1) {
      details->mutable_bad_request()->mutable_field_violations()->RemoveLast();
    } else {
      return;
    }
  }
}

v1::ErrorDetails RenderDetails(const ErrorDetails& details) {
  v1::ErrorDetails rendered;
  rendered.mutable_info()->set_reason(details.reason);
  rendered.mutable_info()->set_domain(kDomain);
  for (const auto& [key, value] : details.metadata) {
    (*rendered.mutable_info()->mutable_metadata())[key] = value;
  }
  for (const auto& [field, expectation] : details.field_violations) {
    auto* violation = rendered.mutable_bad_request()->add_field_violations();
    violation->set_field(field);
    violation->set_description(expectation);
  }
  for (const PreconditionViolation& violation : details.precondition_violations) {
    auto* rendered_violation = rendered.mutable_precondition_failure()->add_violations();
    rendered_violation->set_type(violation.reason);
    rendered_violation->set_subject(violation.resource);
    rendered_violation->set_description(violation.description);
  }
  if (details.retry_after_ms > 0) {
    auto* delay = rendered.mutable_retry_info()->mutable_retry_delay();
    delay->set_seconds(details.retry_after_ms / 1000);
    delay->set_nanos(static_cast<int32_t>(details.retry_after_ms % 1000 * 1'000'000));
  }
  return rendered;
}

// `status` itself if its details are ours, else what may be said instead.
absl::Status Presentable(const absl::Status& status) {
  if (DetailsOf(status)) return status;
  return Error(absl::StatusCode::kInternal, reason::kInternal,
               "internal error; the server's log has more")
      .Build();
}

}  // namespace

grpc::Status RenderStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const absl::Status presentable = Presentable(status);
  v1::ErrorDetails details = RenderDetails(*DetailsOf(presentable));
  FitIntoMetadata(&details);
  google::rpc::Status rendered;
  rendered.set_code(static_cast<int>(presentable.code()));
  rendered.set_message(std::string(presentable.message()));
  rendered.add_details()->PackFrom(details.info());
  if (details.has_bad_request()) rendered.add_details()->PackFrom(details.bad_request());
  if (details.has_precondition_failure()) {
    rendered.add_details()->PackFrom(details.precondition_failure());
  }
  if (details.has_retry_info()) rendered.add_details()->PackFrom(details.retry_info());
  return grpc::Status(static_cast<grpc::StatusCode>(presentable.code()), rendered.message(),
                      rendered.SerializeAsString());
}

v1::ItemError RenderItemError(const absl::Status& status) {
  const absl::Status presentable = Presentable(status);
  v1::ItemError error;
  error.set_code(static_cast<int>(presentable.code()));
  error.set_message(Cut(presentable.message(), kMaxItemMessageBytes));
  *error.mutable_details() = RenderDetails(*DetailsOf(presentable));
  return error;
}

}  // namespace gatehouse
