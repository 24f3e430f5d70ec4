#include "client/login_client.h"

#include <utility>

#include "client/outage_answer.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse::client {
namespace {

absl::StatusOr<LoginDecision> OrFallback(absl::StatusOr<LoginDecision> result,
                                         OnUnavailable on_unavailable, LoginAction action) {
  if (result.ok()) return result;
  return AnswerByChoice(on_unavailable, action, result.status());
}

absl::StatusOr<BatchLoginDecisions> OrFallback(absl::StatusOr<BatchLoginDecisions> results,
                                               size_t count, OnUnavailable on_unavailable,
                                               LoginAction action) {
  if (!results.ok()) {
    ASSIGN_OR_RETURN(const LoginDecision decision,
                     AnswerByChoice(on_unavailable, action, results.status()));
    return BatchLoginDecisions(count, decision);
  }
  for (absl::StatusOr<LoginDecision>& result : *results) {
    result = OrFallback(std::move(result), on_unavailable, action);
  }
  return results;
}

}  // namespace

absl::StatusOr<LoginClient> LoginClient::Connect(const LoginClientOptions& options) {
  ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, MakeChannel(options));
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
          .timeout = TimeoutOf(options, timeout_)};
}

BatchCheckLoginCall LoginClient::BatchCall(const std::vector<std::string>& emails,
                                           const CheckOptions& options) const {
  return {.emails = emails,
          .action = options.action,
          .min_revision = options.min_revision,
          .timeout = TimeoutOf(options, timeout_)};
}

std::string LoginErrorReason(const absl::Status& status) { return ReasonOf(status); }

}  // namespace gatehouse::client
