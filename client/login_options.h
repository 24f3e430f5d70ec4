// How a gateway asks, and what it wants when it cannot.
#ifndef GATEHOUSE_CLIENT_LOGIN_OPTIONS_H_
#define GATEHOUSE_CLIENT_LOGIN_OPTIONS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/login_decision.h"
#include "client/secure_channel.h"

namespace grpc {
class Channel;
class ChannelCredentials;
}  // namespace grpc

namespace gatehouse::client {

// What a check means when the server could not be asked in time (UNAVAILABLE,
// DEADLINE_EXCEEDED). No other error is ever turned into a decision: an address
// that is none, or a damaged record, stays an error.
enum class OnUnavailable {
  // The error is returned and the gateway decides: it asks the person to try
  // again, say. Whatever it does, the error is no permission.
  kReturnError,
  // REQUIRE_SSO, with no destination: the gateway knows its IdP by itself.
  kRequireSso,
  // DENY.
  kDeny,
  // ALLOW_PASSWORD for a sign-in: whoever can cut the gateway off from
  // Gatehouse, or overload it, can then sign in past SSO with a stolen password.
  // Password resets and address changes, whose effect outlives the outage, get
  // the error all the same.
  kAllowPasswordDangerously,
};

struct LoginClientOptions {
  // "host:port", or a gRPC target URI ("dns:///gatehouse.internal:8443",
  // "unix:/run/gatehouse.sock"). With several addresses, calls go to each in
  // turn, and a retry to another. Required.
  std::string target;
  // TLS and the access token. On loopback the default is plain text, elsewhere TLS
  // with the system's authorities.
  ConnectionSecurity security;
  // In place of what `security` says of TLS. Null: as it says.
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  // Of a check as a whole, retries included. 1 ms to 1 hour.
  absl::Duration timeout = absl::Milliseconds(250);
  // How often an UNAVAILABLE call is tried in all, with exponential backoff (10
  // ms to 100 ms, jittered), within the timeout. 1 to 5; 1: no retries. Checks
  // change nothing, so each is safe to repeat.
  int max_attempts = 3;
  // How often an idle connection is probed, so that a dead one is noticed before
  // it is needed. At least 10 s: the server closes connections that ask more.
  absl::Duration keepalive = absl::Seconds(30);
  // While there is no connection, false: a check fails as soon as connecting
  // has; true: it waits for one up to its timeout.
  bool wait_for_ready = false;
  OnUnavailable on_unavailable = OnUnavailable::kReturnError;
};

struct CheckOptions {
  LoginAction action = LoginAction::kSignIn;
  // Answer from this revision or a newer one: of a change that must be seen.
  // 0: whatever is newest at the server.
  int64_t min_revision = 0;
  // None: that of the client.
  std::optional<absl::Duration> timeout;
};

// The channel that `options` describe. INVALID_ARGUMENT names the option that is
// out of its bounds.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const LoginClientOptions& options);

// How long a check may take: what its options say, or else `timeout`; at most an
// hour.
absl::Duration TimeoutOf(const CheckOptions& options, absl::Duration timeout);

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_LOGIN_OPTIONS_H_
