// What a server says, in the library's own words.
#ifndef GATEHOUSE_CLIENT_DECISION_DECODING_H_
#define GATEHOUSE_CLIENT_DECISION_DECODING_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/login_decision.h"
#include "gatehouse/v1/login_service.pb.h"

namespace gatehouse::client {

// INTERNAL: what was said makes no sense to this version of the library.
absl::StatusOr<LoginDecision> DecodeDecision(const v1::CheckLoginResponse& response);
absl::StatusOr<SsoDestination> DecodeDestination(const v1::SsoDestination& sso);

absl::Time DecodeTime(const google::protobuf::Timestamp& time);

// That error.
absl::Status Incomprehensible(absl::string_view what);

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_DECISION_DECODING_H_
