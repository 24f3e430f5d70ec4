// The client for login gateways: must this address sign in through SSO, and
// where?
//
//   absl::StatusOr<LoginClient> client = LoginClient::Connect({.target = "localhost:8443"});
//   …
//   absl::StatusOr<LoginDecision> decision = client->CheckLogin("alice@acme.example");
//   if (!decision.ok()) return ShowTryAgainLater();  // never a password
//   switch (decision->verdict) {
//     case Verdict::kAllowPassword: return AskForPassword();
//     case Verdict::kRequireSso:    return RedirectTo(*decision->sso);
//     case Verdict::kDeny:          return Refuse();
//   }
//
// A whole gateway in miniature is client/examples/gateway.cc; what to ask when,
// and how to cache, is docs/gateway-integration.md.
#ifndef GATEHOUSE_CLIENT_LOGIN_CLIENT_H_
#define GATEHOUSE_CLIENT_LOGIN_CLIENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/login_connection.h"
#include "client/login_decision.h"
#include "client/secure_channel.h"

namespace grpc {
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

// Thread-safe; one for the whole process is enough. Destroying it waits for the
// callbacks of pending asynchronous checks, and must not happen inside one.
class LoginClient {
 public:
  // Does not wait for the server: the first check connects. INVALID_ARGUMENT
  // names the option that is out of its bounds.
  static absl::StatusOr<LoginClient> Connect(const LoginClientOptions& options);

  // On a connection of one's own, a test's say. `timeout` as in the options.
  LoginClient(std::unique_ptr<LoginConnection> connection, OnUnavailable on_unavailable,
              absl::Duration timeout = absl::Milliseconds(250));

  LoginClient(LoginClient&&) = default;
  LoginClient& operator=(LoginClient&&) = default;

  // The decision for one address, as typed. Errors:
  //   INVALID_ARGUMENT: `email` is not an address.
  //   UNAVAILABLE, DEADLINE_EXCEEDED: the server was not reached, cannot read its
  //       store, or has not reached min_revision. Only with kReturnError.
  //   DATA_LOSS: a record that decides is damaged.
  //   INTERNAL: the server's answer makes no sense to this version of the
  //       library.
  // None of these means that a password is allowed.
  absl::StatusOr<LoginDecision> CheckLogin(absl::string_view email,
                                           const CheckOptions& options = {});

  // The decisions for 1 to 1,000 addresses, in their order and all at one
  // revision. A bad address fails alone; else as CheckLogin.
  absl::StatusOr<BatchLoginDecisions> BatchCheckLogin(const std::vector<std::string>& emails,
                                                      const CheckOptions& options = {});

  // The same without waiting. `done` is called exactly once, on a thread of
  // gRPC: it must not block, nor destroy this client.
  void AsyncCheckLogin(absl::string_view email, const CheckOptions& options,
                       std::function<void(absl::StatusOr<LoginDecision>)> done);
  void AsyncBatchCheckLogin(const std::vector<std::string>& emails, const CheckOptions& options,
                            std::function<void(absl::StatusOr<BatchLoginDecisions>)> done);

 private:
  CheckLoginCall Call(absl::string_view email, const CheckOptions& options) const;
  BatchCheckLoginCall BatchCall(const std::vector<std::string>& emails,
                                const CheckOptions& options) const;
  absl::Duration TimeoutOf(const CheckOptions& options) const;

  std::unique_ptr<LoginConnection> connection_;
  OnUnavailable on_unavailable_;
  absl::Duration timeout_;
};

// Why a check failed, as a name of gatehouse.v1.ErrorReason ("INVALID_FIELD",
// "REVISION_NOT_REACHED"). Empty if the server did not say, as when it was not
// reached.
std::string LoginErrorReason(const absl::Status& status);

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_LOGIN_CLIENT_H_
