#include "client/login_options.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/login_channel.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse::client {
namespace {

constexpr absl::Duration kMinTimeout = absl::Milliseconds(1);
constexpr absl::Duration kMaxTimeout = absl::Hours(1);
constexpr absl::Duration kMinKeepalive = absl::Seconds(10);
// gRPC itself makes no more.
constexpr int kMaxAttempts = 5;

absl::Status Check(const LoginClientOptions& options) {
  if (options.timeout < kMinTimeout || options.timeout > kMaxTimeout) {
    return InvalidField("timeout", absl::FormatDuration(options.timeout), "1ms to 1h");
  }
  if (options.max_attempts < 1 || options.max_attempts > kMaxAttempts) {
    return InvalidField("max_attempts", absl::StrCat(options.max_attempts),
                        absl::StrCat("1 to ", kMaxAttempts));
  }
  if (options.keepalive < kMinKeepalive) {
    return InvalidField("keepalive", absl::FormatDuration(options.keepalive), "at least 10s");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const LoginClientOptions& options) {
  RETURN_IF_ERROR(Check(options));
  return MakeLoginChannel({.target = options.target,
                           .credentials = options.credentials,
                           .security = options.security,
                           .max_attempts = options.max_attempts,
                           .keepalive = options.keepalive});
}

absl::Duration TimeoutOf(const CheckOptions& options, absl::Duration timeout) {
  return std::min(options.timeout.value_or(timeout), kMaxTimeout);
}

}  // namespace gatehouse::client
