#include "client/grpc_status.h"

#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include "gatehouse/v1/errors.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "policy/errors.h"

namespace gatehouse::client {
namespace {

google::rpc::ErrorInfo Info(const std::string& domain) {
  google::rpc::ErrorInfo info;
  info.set_domain(domain);
  info.set_reason("DOMAIN_NOT_VERIFIED");
  (*info.mutable_metadata())["state"] = "PENDING";
  return info;
}

TEST(FromGrpcStatus, KeepsCodeMessageAndDetails) {
  google::rpc::Status rich;
  rich.add_details()->PackFrom(Info("gatehouse"));
  google::rpc::BadRequest bad;
  auto& field = *bad.add_field_violations();
  field.set_field("email");
  field.set_description("exactly one '@'");
  rich.add_details()->PackFrom(bad);
  google::rpc::PreconditionFailure failure;
  auto& violation = *failure.add_violations();
  violation.set_subject("organizations/acme/domains/acme.example");
  violation.set_description("verify it first");
  rich.add_details()->PackFrom(failure);
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(2);
  retry.mutable_retry_delay()->set_nanos(5'000'000);
  rich.add_details()->PackFrom(retry);
  rich.add_details()->PackFrom(google::rpc::Help());  // of a kind that this does not know

  const absl::Status status = FromGrpcStatus(grpc::Status(
      grpc::StatusCode::FAILED_PRECONDITION, "not verified", rich.SerializeAsString()));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "not verified");
  const std::optional<ErrorDetails> details = DetailsOf(status);
  ASSERT_TRUE(details.has_value());
  EXPECT_EQ(details->reason, "DOMAIN_NOT_VERIFIED");
  EXPECT_EQ(details->metadata.at("state"), "PENDING");
  ASSERT_EQ(details->field_violations.size(), 1u);
  EXPECT_EQ(details->field_violations[0].first, "email");
  EXPECT_EQ(details->field_violations[0].second, "exactly one '@'");
  ASSERT_EQ(details->precondition_violations.size(), 1u);
  EXPECT_EQ(details->precondition_violations[0].resource,
            "organizations/acme/domains/acme.example");
  EXPECT_EQ(details->retry_after_ms, 2'005);
}

TEST(FromGrpcStatus, TakesNoReasonFromElsewhere) {
  google::rpc::Status rich;
  rich.add_details()->PackFrom(Info("proxy.example"));
  for (const std::string& bytes :
       {rich.SerializeAsString(), std::string(), std::string("\xFF\x01")}) {
    const absl::Status status =
        FromGrpcStatus(grpc::Status(grpc::StatusCode::UNAVAILABLE, "down", bytes));
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf(status), "");
  }
}

TEST(FromGrpcStatus, IsOkForSuccessOnly) {
  EXPECT_TRUE(FromGrpcStatus(grpc::Status::OK).ok());
  for (const int code : {-1, 17, 1'000}) {
    EXPECT_EQ(FromGrpcStatus(grpc::Status(static_cast<grpc::StatusCode>(code), "odd")).code(),
              absl::StatusCode::kUnknown);
  }
}

TEST(FromItemError, IsNeverOk) {
  v1::ItemError error;
  error.set_message("odd");
  EXPECT_EQ(FromItemError(error).code(), absl::StatusCode::kUnknown);
  error.set_code(3);
  *error.mutable_details()->mutable_info() = Info("gatehouse");
  EXPECT_EQ(FromItemError(error).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(FromItemError(error)), "DOMAIN_NOT_VERIFIED");
}

}  // namespace
}  // namespace gatehouse::client
