// From our errors to gRPC's: nothing lost, nothing leaked.
#include "server/services/status_rendering.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "policy/errors.h"

namespace gatehouse {
namespace {

google::rpc::Status Details(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  EXPECT_EQ(details.code(), static_cast<int>(status.error_code()));
  EXPECT_EQ(details.message(), status.error_message());
  return details;
}

// The detail of type `Detail`; the test fails unless there is one, or `wanted` is
// false and there is none.
template <typename Detail>
Detail Only(const google::rpc::Status& status, bool wanted = true) {
  Detail detail;
  int found = 0;
  for (const auto& any : status.details()) found += any.UnpackTo(&detail);
  EXPECT_EQ(found, wanted ? 1 : 0) << detail.GetTypeName();
  return detail;
}

// A full error of every kind of detail.
absl::Status FullError() {
  return Error(absl::StatusCode::kFailedPrecondition, reason::kWouldLockOut, "no way in")
      .Field("a", "one")
      .Field("b[2].c", "two")
      .Subject("organizations/acme", "create an exemption")
      .Violation({.reason = std::string(reason::kDomainNotVerified),
                  .resource = "organizations/acme/domains/a.test",
                  .description = "verify it"})
      .Metadata("record_name", "_gatehouse.a.test")
      .Metadata("other", "x")
      .RetryAfterMs(2345)
      .Build();
}

void ExpectFull(const google::rpc::ErrorInfo& info, const google::rpc::BadRequest& bad_request,
                const google::rpc::PreconditionFailure& precondition,
                const google::rpc::RetryInfo& retry) {
  EXPECT_EQ(info.reason(), "WOULD_LOCK_OUT");
  EXPECT_EQ(info.domain(), "gatehouse");
  EXPECT_EQ(info.metadata().size(), 2u);
  EXPECT_EQ(info.metadata().at("record_name"), "_gatehouse.a.test");
  ASSERT_EQ(bad_request.field_violations_size(), 2);
  EXPECT_EQ(bad_request.field_violations(1).field(), "b[2].c");
  EXPECT_EQ(bad_request.field_violations(1).description(), "two");
  ASSERT_EQ(precondition.violations_size(), 2);
  EXPECT_EQ(precondition.violations(0).type(), "WOULD_LOCK_OUT");
  EXPECT_EQ(precondition.violations(1).type(), "DOMAIN_NOT_VERIFIED");
  EXPECT_EQ(precondition.violations(1).subject(), "organizations/acme/domains/a.test");
  EXPECT_EQ(precondition.violations(1).description(), "verify it");
  EXPECT_EQ(retry.retry_delay().seconds(), 2);
  EXPECT_EQ(retry.retry_delay().nanos(), 345'000'000);
}

TEST(StatusRendering, KeepsEveryDetail) {
  const grpc::Status status = RenderStatus(FullError());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(status.error_message(), "no way in");
  const google::rpc::Status details = Details(status);
  ExpectFull(Only<google::rpc::ErrorInfo>(details), Only<google::rpc::BadRequest>(details),
             Only<google::rpc::PreconditionFailure>(details),
             Only<google::rpc::RetryInfo>(details));
}

TEST(StatusRendering, KeepsEveryDetailOfAnItem) {
  const v1::ItemError error = RenderItemError(FullError());
  EXPECT_EQ(error.code(), static_cast<int>(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(error.message(), "no way in");
  ExpectFull(error.details().info(), error.details().bad_request(),
             error.details().precondition_failure(), error.details().retry_info());
}

TEST(StatusRendering, SendsNoDetailThatThereIsNot) {
  const google::rpc::Status details = Details(RenderStatus(
      Error(absl::StatusCode::kNotFound, reason::kResourceNotFound, "no such thing").Build()));
  EXPECT_EQ(details.details_size(), 1);
  Only<google::rpc::ErrorInfo>(details);
}

TEST(StatusRendering, KeepsTheCodeOfEveryErrorWithDetails) {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status =
        Error(static_cast<absl::StatusCode>(code), reason::kInvalidField, "message").Build();
    EXPECT_EQ(static_cast<int>(RenderStatus(status).error_code()), code);
    EXPECT_EQ(RenderItemError(status).code(), code);
  }
  EXPECT_TRUE(RenderStatus(absl::OkStatus()).ok());
}

TEST(StatusRendering, LeaksNothingOfAStatusWithoutDetails) {
  absl::Status foreign = absl::NotFoundError("/var/lib/gatehouse/db/000012.sst secret");
  foreign.SetPayload("type.googleapis.com/x", absl::Cord("secret"));
  absl::Status broken = absl::NotFoundError("secret");
  broken.SetPayload("gatehouse/policy.ErrorDetails", absl::Cord("99:cut"));
  for (const absl::Status& status :
       {foreign, broken, absl::InternalError("ICU: secret"), absl::UnknownError("secret"),
        absl::PermissionDeniedError("secret")}) {
    const grpc::Status rendered = RenderStatus(status);
    EXPECT_EQ(rendered.error_code(), grpc::StatusCode::INTERNAL);
    EXPECT_EQ(Only<google::rpc::ErrorInfo>(Details(rendered)).domain(), "gatehouse");
    const v1::ItemError item = RenderItemError(status);
    EXPECT_EQ(item.code(), static_cast<int>(absl::StatusCode::kInternal));
    for (const std::string& sent :
         {rendered.error_message(), rendered.error_details(), item.SerializeAsString()}) {
      EXPECT_FALSE(absl::StrContains(sent, "secret")) << sent;
    }
  }
}

TEST(StatusRendering, FitsIntoWhatAClientTakesAndKeepsTheFirstViolation) {
  Error precondition(absl::StatusCode::kFailedPrecondition, reason::kDomainNotVerified, "many");
  Error fields(absl::StatusCode::kInvalidArgument, reason::kInvalidField, "many");
  for (int i = 0; i < 1000; ++i) {
    std::move(precondition).Subject(absl::StrCat("organizations/acme/domains/d", i), "verify it");
    std::move(fields).Field(absl::StrCat("domains[", i, "]"), "a domain name");
  }
  for (const absl::Status& status : {std::move(precondition).Build(), std::move(fields).Build()}) {
    const grpc::Status rendered = RenderStatus(status);
    EXPECT_LE(rendered.error_details().size(), 4500u);
    EXPECT_GT(rendered.error_details().size(), 2000u) << "as many as fit";
    const google::rpc::Status details = Details(rendered);
    if (rendered.error_code() == grpc::StatusCode::INVALID_ARGUMENT) {
      EXPECT_EQ(Only<google::rpc::BadRequest>(details).field_violations(0).field(), "domains[0]");
    } else {
      EXPECT_EQ(Only<google::rpc::PreconditionFailure>(details).violations(0).subject(),
                "organizations/acme/domains/d0");
    }
  }
}

TEST(StatusRendering, CutsAnItemsMessageBetweenCharacters) {
  // A message in a string field that is not UTF-8 would not be sent at all.
  for (size_t before = 1018; before <= 1026; ++before) {
    for (const std::string& character :
         {std::string("x"), std::string("\xc3\xbc"), std::string("\xe2\x80\xa6"),
          std::string("\xf0\x9f\x94\x91")}) {
      std::string message(before, 'a');
      for (int i = 0; i < 5; ++i) message += character;
      const v1::ItemError error = RenderItemError(
          Error(absl::StatusCode::kNotFound, reason::kResourceNotFound, message).Build());
      EXPECT_LE(error.message().size(), 1024u);
      EXPECT_GT(error.message().size(), 1024u - 4);
      EXPECT_TRUE(absl::StartsWith(message, error.message()));
      const size_t after_a = error.message().size() - std::min(before, error.message().size());
      EXPECT_EQ(after_a % character.size(), 0u) << before << " " << character;
    }
  }
}

TEST(ErrorReasons, AreTheOnesOfTheApi) {
  std::ifstream file("policy/errors.h");
  std::ostringstream text;
  text << file.rdbuf();
  ASSERT_TRUE(file) << "policy/errors.h cannot be read";
  const std::string source = text.str();
  std::set<std::string> ours;
  const std::regex constant("string_view k[A-Za-z]+ = \"([A-Z_]+)\";");
  for (std::sregex_iterator it(source.begin(), source.end(), constant), end; it != end; ++it) {
    EXPECT_TRUE(ours.insert((*it)[1]).second) << (*it)[1] << " stands there twice";
  }
  EXPECT_EQ(ours.count(std::string(reason::kInvalidField)), 1u);

  std::set<std::string> apis;
  const auto* descriptor = v1::ErrorReason_descriptor();
  for (int i = 0; i < descriptor->value_count(); ++i) {
    const std::string& name = descriptor->value(i)->name();
    ASSERT_TRUE(absl::StartsWith(name, "ERROR_REASON_")) << name;
    if (descriptor->value(i)->number() != 0) apis.insert(name.substr(13));
  }
  EXPECT_EQ(ours, apis);
}

}  // namespace
}  // namespace gatehouse
