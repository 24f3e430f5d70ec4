#include "client/cached_login_client.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/hedged_connection.h"
#include "client/local_answer.h"
#include "client/outage_answer.h"
#include "client/policy_connection.h"
#include "client/policy_follower.h"
#include "client/published_rules.h"
#include "client/shared_call_connection.h"
#include "client/timers.h"
#include "policy/ascii_address.h"
#include "policy/email_address.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse::client {
namespace {

constexpr absl::Duration kMinStaleness = absl::Milliseconds(10);
constexpr absl::Duration kMaxStaleness = absl::Hours(1);
constexpr absl::Duration kMinHedgingDelay = absl::Milliseconds(1);
// The API's limit.
constexpr size_t kMaxBatch = 1000;

absl::Status Check(const CachedLoginClientOptions& options) {
  if (options.max_staleness < kMinStaleness || options.max_staleness > kMaxStaleness) {
    return InvalidField("max_staleness", absl::FormatDuration(options.max_staleness), "10ms to 1h");
  }
  if (options.max_outage < options.max_staleness) {
    return InvalidField("max_outage", absl::FormatDuration(options.max_outage),
                        "at least max_staleness");
  }
  if (options.hedging_delay && (*options.hedging_delay < kMinHedgingDelay ||
                                *options.hedging_delay > options.login.timeout)) {
    return InvalidField("hedging_delay", absl::FormatDuration(*options.hedging_delay),
                        "1ms up to the timeout");
  }
  return absl::OkStatus();
}

std::unique_ptr<LoginConnection> Shared(std::unique_ptr<LoginConnection> connection,
                                        std::optional<absl::Duration> hedging_delay,
                                        Timers* timers) {
  if (hedging_delay) {
    connection = MakeHedgedConnection(std::move(connection), *hedging_delay, timers);
  }
  return MakeSharedCallConnection(std::move(connection), timers);
}

// The domain of an address, which `buffer` may hold.
absl::StatusOr<absl::string_view> DomainOf(absl::string_view field, absl::string_view email,
                                           AsciiAddressBuffer& buffer) {
  if (const auto plain = ParseAsciiAddress(email, buffer)) return plain->domain;
  ASSIGN_OR_RETURN(const EmailAddress address, EmailAddress::Parse(field, email));
  const std::string& domain = address.domain().ascii();
  return absl::string_view(buffer.data(), domain.copy(buffer.data(), buffer.size()));
}

// Rules at the time of one check. Only for the thread that made it, and its next
// one makes it invalid.
struct RulesNow {
  const PublishedRules* rules = nullptr;  // null: none are known
  absl::Duration age = absl::InfiniteDuration();
};

LoginDecision AnswerBy(const RulesNow& now, const v1::DomainRule* rule,
                       LoginDecision::Source source) {
  LoginDecision decision = AnswerAlone(rule);
  decision.source = source;
  decision.revision = now.rules->revision();
  decision.rules_age = now.age;
  return decision;
}

}  // namespace

class CachedLoginClient::Impl {
 public:
  Impl(std::unique_ptr<LoginConnection> connection, std::unique_ptr<PolicyConnection> policy,
       std::shared_ptr<Timers> timers, const CachedLoginClientOptions& options)
      : on_unavailable_(options.login.on_unavailable),
        timeout_(options.login.timeout),
        max_staleness_(options.max_staleness),
        max_outage_(options.max_outage),
        timers_(timers == nullptr ? MakeTimers() : std::move(timers)),
        policy_(std::move(policy)),
        follower_(policy_.get(), timers_.get()),
        server_(Shared(std::move(connection), options.hedging_delay, timers_.get())) {}

  bool WaitForRules(absl::Duration timeout) const {
    return follower_.WaitFor(
        timeout, [this](const PublishedRules& rules) { return AgeOf(rules) <= max_staleness_; });
  }

  absl::StatusOr<LoginDecision> CheckLogin(absl::string_view email, const CheckOptions& options) {
    const RulesNow now = Now();
    if (auto local = AnswerLocally("email", email, now, MayAnswer(now, options))) {
      return *std::move(local);
    }
    absl::StatusOr<LoginDecision> answer = server_->CheckLogin(Call(email, options));
    return answer.ok() ? answer : AnswerOutage(email, options, answer.status());
  }

  void AsyncCheckLogin(absl::string_view email, const CheckOptions& options,
                       std::function<void(absl::StatusOr<LoginDecision>)> done) {
    const RulesNow now = Now();
    if (auto local = AnswerLocally("email", email, now, MayAnswer(now, options))) {
      return done(*std::move(local));
    }
    server_->AsyncCheckLogin(Call(email, options), [this, email = std::string(email), options,
                                                    done = std::move(done)](auto answer) {
      done(answer.ok() ? std::move(answer) : AnswerOutage(email, options, answer.status()));
    });
  }

  absl::StatusOr<BatchLoginDecisions> BatchCheckLogin(const std::vector<std::string>& emails,
                                                      const CheckOptions& options) {
    ASSIGN_OR_RETURN(Batch batch, Begin(emails, options));
    if (batch.call.emails.empty()) return std::move(batch.decisions);
    return End(std::move(batch), options, server_->BatchCheckLogin(batch.call));
  }

  void AsyncBatchCheckLogin(const std::vector<std::string>& emails, const CheckOptions& options,
                            std::function<void(absl::StatusOr<BatchLoginDecisions>)> done) {
    absl::StatusOr<Batch> begun = Begin(emails, options);
    if (!begun.ok()) return done(begun.status());
    if (begun->call.emails.empty()) return done(std::move(begun->decisions));
    auto batch = std::make_shared<Batch>(*std::move(begun));
    server_->AsyncBatchCheckLogin(batch->call,
                                  [this, batch, options, done = std::move(done)](auto answers) {
                                    done(End(std::move(*batch), options, std::move(answers)));
                                  });
  }

  RulesState Rules() const {
    const RulesNow now = Now();
    RulesState state = {.age = now.age, .last_error = follower_.last_error()};
    if (now.rules != nullptr) {
      state.revision = now.rules->revision();
      state.rules = now.rules->table().size();
    }
    return state;
  }

 private:
  // One of addresses, some of which the server is asked about.
  struct Batch {
    BatchLoginDecisions decisions;  // those to be asked about have none yet
    BatchCheckLoginCall call;
    std::vector<size_t> positions;  // in `decisions`, of the call's addresses
  };

  absl::Duration AgeOf(const PublishedRules& rules) const {
    return absl::FromChrono(timers_->Now() - rules.fresh_at());
  }
  RulesNow Now() const {
    const PublishedRules* const rules = follower_.Get();
    if (rules == nullptr) return {};
    return {.rules = rules, .age = AgeOf(*rules)};
  }

  bool MayAnswer(const RulesNow& now, const CheckOptions& options) const {
    return now.age <= max_staleness_ && IsSeen(now, options);
  }
  // Whether the rules are not those from before what must be seen. (A negative
  // min_revision is for the server to refuse.)
  static bool IsSeen(const RulesNow& now, const CheckOptions& options) {
    return options.min_revision >= 0 && now.rules->revision() >= options.min_revision;
  }

  // What needs no call: the decision of rules that `may_answer` alone, or the error
  // of what is no address.
  static std::optional<absl::StatusOr<LoginDecision>> AnswerLocally(absl::string_view field,
                                                                    absl::string_view email,
                                                                    const RulesNow& now,
                                                                    bool may_answer) {
    AsciiAddressBuffer buffer;
    const absl::StatusOr<absl::string_view> domain = DomainOf(field, email, buffer);
    if (!domain.ok()) return domain.status();
    if (!may_answer) return std::nullopt;
    const v1::DomainRule* const rule = now.rules->table().Match(*domain);
    if (!DecidesAlone(rule)) return std::nullopt;
    return AnswerBy(now, rule, LoginDecision::Source::kLocal);
  }

  // What stands in for the server's answer; `error` where nothing does.
  absl::StatusOr<LoginDecision> AnswerOutage(absl::string_view email, const CheckOptions& options,
                                             const absl::Status& error) const {
    const RulesNow now = Now();
    if (!IsOutage(error) || now.rules == nullptr || now.age > max_outage_ ||
        !IsSeen(now, options)) {
      return AnswerByChoice(on_unavailable_, options.action, error);
    }
    ASSIGN_OR_RETURN(const EmailAddress address, EmailAddress::Parse("email", email));
    const v1::DomainRule* const rule = now.rules->table().Match(address.domain().ascii());
    if (DecidesAlone(rule)) return AnswerBy(now, rule, LoginDecision::Source::kFallback);
    ASSIGN_OR_RETURN(LoginDecision decision,
                     AnswerByRule(*rule, options.action, address.Canonical(), absl::Now(), error));
    decision.revision = now.rules->revision();
    decision.rules_age = now.age;
    return decision;
  }

  absl::StatusOr<Batch> Begin(const std::vector<std::string>& emails,
                              const CheckOptions& options) const {
    if (emails.empty() || emails.size() > kMaxBatch) {
      return InvalidField("emails", absl::StrCat(emails.size(), " addresses"),
                          absl::StrCat("1 to ", kMaxBatch, " addresses"));
    }
    Batch batch = {.call = {.action = options.action,
                            .min_revision = options.min_revision,
                            .timeout = TimeoutOf(options, timeout_)}};
    batch.decisions.reserve(emails.size());
    const RulesNow now = Now();
    const bool may_answer = MayAnswer(now, options);
    for (size_t i = 0; i < emails.size(); ++i) {
      if (auto local = AnswerLocally(absl::StrCat("emails[", i, "]"), emails[i], now, may_answer)) {
        batch.decisions.push_back(*std::move(local));
        continue;
      }
      batch.positions.push_back(i);
      batch.call.emails.push_back(emails[i]);
      batch.decisions.emplace_back();
    }
    return batch;
  }

  BatchLoginDecisions End(Batch batch, const CheckOptions& options,
                          absl::StatusOr<BatchLoginDecisions> answers) const {
    for (size_t i = 0; i < batch.positions.size(); ++i) {
      absl::StatusOr<LoginDecision>& decision = batch.decisions[batch.positions[i]];
      decision =
          answers.ok() ? std::move((*answers)[i]) : absl::StatusOr<LoginDecision>(answers.status());
      if (!decision.ok()) {
        decision = AnswerOutage(batch.call.emails[i], options, decision.status());
      }
    }
    return std::move(batch.decisions);
  }

  CheckLoginCall Call(absl::string_view email, const CheckOptions& options) const {
    return {.email = std::string(email),
            .action = options.action,
            .min_revision = options.min_revision,
            .timeout = TimeoutOf(options, timeout_)};
  }

  const OnUnavailable on_unavailable_;
  const absl::Duration timeout_;
  const absl::Duration max_staleness_;
  const absl::Duration max_outage_;
  // Each is used by those below, which wait for their own callbacks at their end.
  const std::shared_ptr<Timers> timers_;
  const std::unique_ptr<PolicyConnection> policy_;
  PolicyFollower follower_;
  const std::unique_ptr<LoginConnection> server_;
};

absl::StatusOr<CachedLoginClient> CachedLoginClient::Connect(
    const CachedLoginClientOptions& options) {
  RETURN_IF_ERROR(Check(options));
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::Channel> channel, MakeChannel(options.login));
  return CachedLoginClient(MakeLoginConnection(channel, options.login.wait_for_ready),
                           MakePolicyConnection(channel), /*timers=*/nullptr, options);
}

CachedLoginClient::CachedLoginClient(std::unique_ptr<LoginConnection> connection,
                                     std::unique_ptr<PolicyConnection> policy,
                                     std::shared_ptr<Timers> timers,
                                     const CachedLoginClientOptions& options)
    : impl_(std::make_unique<Impl>(std::move(connection), std::move(policy), std::move(timers),
                                   options)) {}

CachedLoginClient::CachedLoginClient(CachedLoginClient&&) noexcept = default;
CachedLoginClient& CachedLoginClient::operator=(CachedLoginClient&&) noexcept = default;
CachedLoginClient::~CachedLoginClient() = default;

bool CachedLoginClient::WaitForRules(absl::Duration timeout) const {
  return impl_->WaitForRules(timeout);
}

absl::StatusOr<LoginDecision> CachedLoginClient::CheckLogin(absl::string_view email,
                                                            const CheckOptions& options) {
  return impl_->CheckLogin(email, options);
}

absl::StatusOr<BatchLoginDecisions> CachedLoginClient::BatchCheckLogin(
    const std::vector<std::string>& emails, const CheckOptions& options) {
  return impl_->BatchCheckLogin(emails, options);
}

void CachedLoginClient::AsyncCheckLogin(absl::string_view email, const CheckOptions& options,
                                        std::function<void(absl::StatusOr<LoginDecision>)> done) {
  impl_->AsyncCheckLogin(email, options, std::move(done));
}

void CachedLoginClient::AsyncBatchCheckLogin(
    const std::vector<std::string>& emails, const CheckOptions& options,
    std::function<void(absl::StatusOr<BatchLoginDecisions>)> done) {
  impl_->AsyncBatchCheckLogin(emails, options, std::move(done));
}

RulesState CachedLoginClient::Rules() const { return impl_->Rules(); }

}  // namespace gatehouse::client
