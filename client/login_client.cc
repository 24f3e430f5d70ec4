#include "client/login_client.h"

#include <algorithm>
#include <utility>

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

// What stands in for an answer; `error` where nothing may.
absl::StatusOr<LoginDecision> Fallback(OnUnavailable on_unavailable, LoginAction action,
                                       const absl::Status& error) {
  if (!absl::IsUnavailable(error) && !absl::IsDeadlineExceeded(error)) return error;
  LoginDecision decision;
  decision.source = LoginDecision::Source::kFallback;
  decision.reason = DecisionReason::kServiceUnavailable;
  switch (on_unavailable) {
    case OnUnavailable::kReturnError:
      return error;
    case OnUnavailable::kRequireSso:
      decision.verdict = Verdict::kRequireSso;
      return decision;
    case OnUnavailable::kDeny:
      decision.verdict = Verdict::kDeny;
      return decision;
    case OnUnavailable::kAllowPasswordDangerously:
      if (action != LoginAction::kSignIn) return error;
      decision.verdict = Verdict::kAllowPassword;
      return decision;
  }
  return error;
}

absl::StatusOr<LoginDecision> OrFallback(absl::StatusOr<LoginDecision> result,
                                         OnUnavailable on_unavailable, LoginAction action) {
  if (result.ok()) return result;
  return Fallback(on_unavailable, action, result.status());
}

absl::StatusOr<BatchLoginDecisions> OrFallback(absl::StatusOr<BatchLoginDecisions> results,
                                               size_t count, OnUnavailable on_unavailable,
                                               LoginAction action) {
  if (!results.ok()) {
    ASSIGN_OR_RETURN(const LoginDecision decision,
                     Fallback(on_unavailable, action, results.status()));
    return BatchLoginDecisions(count, decision);
  }
  for (absl::StatusOr<LoginDecision>& result : *results) {
    result = OrFallback(std::move(result), on_unavailable, action);
  }
  return results;
}

}  // namespace

absl::StatusOr<LoginClient> LoginClient::Connect(const LoginClientOptions& options) {
  RETURN_IF_ERROR(Check(options));
  ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel,
                   MakeLoginChannel({.target = options.target,
                                     .credentials = options.credentials,
                                     .security = options.security,
                                     .max_attempts = options.max_attempts,
                                     .keepalive = options.keepalive}));
  return LoginClient(MakeLoginConnection(std::move(channel), options.wait_for_ready),
                     options.on_unavailable, options.timeout);
}

LoginClient::LoginClient(std::unique_ptr<LoginConnection> connection, OnUnavailable on_unavailable,
                         absl::Duration timeout)
    : connection_(std::move(connection)), on_unavailable_(on_unavailable), timeout_(timeout) {}

absl::StatusOr<LoginDecision> LoginClient::CheckLogin(absl::string_view email,
                                                      const CheckOptions& options) {
  return OrFallback(connection_->CheckLogin(Call(email, options)), on_unavailable_, options.action);
}

absl::StatusOr<BatchLoginDecisions> LoginClient::BatchCheckLogin(
    const std::vector<std::string>& emails, const CheckOptions& options) {
  return OrFallback(connection_->BatchCheckLogin(BatchCall(emails, options)), emails.size(),
                    on_unavailable_, options.action);
}

void LoginClient::AsyncCheckLogin(absl::string_view email, const CheckOptions& options,
                                  std::function<void(absl::StatusOr<LoginDecision>)> done) {
  connection_->AsyncCheckLogin(Call(email, options),
                               [done = std::move(done), on_unavailable = on_unavailable_,
                                action = options.action](absl::StatusOr<LoginDecision> result) {
                                 done(OrFallback(std::move(result), on_unavailable, action));
                               });
}

void LoginClient::AsyncBatchCheckLogin(
    const std::vector<std::string>& emails, const CheckOptions& options,
    std::function<void(absl::StatusOr<BatchLoginDecisions>)> done) {
  connection_->AsyncBatchCheckLogin(
      BatchCall(emails, options),
      [done = std::move(done), count = emails.size(), on_unavailable = on_unavailable_,
       action = options.action](absl::StatusOr<BatchLoginDecisions> results) {
        done(OrFallback(std::move(results), count, on_unavailable, action));
      });
}

CheckLoginCall LoginClient::Call(absl::string_view email, const CheckOptions& options) const {
  return {.email = std::string(email),
          .action = options.action,
          .min_revision = options.min_revision,
          .timeout = TimeoutOf(options)};
}

BatchCheckLoginCall LoginClient::BatchCall(const std::vector<std::string>& emails,
                                           const CheckOptions& options) const {
  return {.emails = emails,
          .action = options.action,
          .min_revision = options.min_revision,
          .timeout = TimeoutOf(options)};
}

absl::Duration LoginClient::TimeoutOf(const CheckOptions& options) const {
  return std::min(options.timeout.value_or(timeout_), kMaxTimeout);
}

std::string LoginErrorReason(const absl::Status& status) { return ReasonOf(status); }

}  // namespace gatehouse::client
