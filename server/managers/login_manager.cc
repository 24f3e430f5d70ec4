#include "server/managers/login_manager.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"

namespace gatehouse {
namespace {

constexpr int64_t kRevisionRetryMs = 50;

absl::Status CheckReached(storage::Revision revision, storage::Revision min_revision) {
  if (revision >= min_revision) return absl::OkStatus();
  return Error(absl::StatusCode::kUnavailable, reason::kRevisionNotReached,
               absl::StrCat("this server is at revision ", revision, ", not yet at min_revision ",
                            min_revision, "; retry"))
      .RetryAfterMs(kRevisionRetryMs)
      .Build();
}

}  // namespace

absl::Status LoginManager::Check(
    const EmailAddress& email, LoginAction action, storage::Revision min_revision,
    absl::FunctionRef<void(const LoginAnswer&, storage::Revision)> use) const {
  absl::Status reached;
  RETURN_IF_ERROR(source_->Load(email, [&](const DecisionFacts& facts, storage::Revision revision) {
    reached = CheckReached(revision, min_revision);
    if (reached.ok()) use(Answer(facts, action, clock_->Now()), revision);
  }));
  return reached;
}

absl::StatusOr<storage::Revision> LoginManager::CheckMany(
    absl::Span<const EmailAddress> emails, LoginAction action, storage::Revision min_revision,
    absl::FunctionRef<void(size_t, const absl::StatusOr<LoginAnswer>&)> use) const {
  const absl::Time now = clock_->Now();
  ASSIGN_OR_RETURN(
      storage::Revision revision,
      source_->LoadMany(emails, [&](size_t index, const absl::StatusOr<DecisionFacts>& facts) {
        if (facts.ok()) {
          use(index, Answer(*facts, action, now));
        } else {
          use(index, facts.status());
        }
      }));
  RETURN_IF_ERROR(CheckReached(revision, min_revision));
  return revision;
}

LoginAnswer LoginManager::Answer(const DecisionFacts& facts, LoginAction action,
                                 absl::Time now) const {
  LoginAnswer answer;
  answer.decision = Decide(facts.Inputs(), action, now);
  answer.rule = facts.rule;
  if (answer.decision.reason == DecisionReason::kOverrideRequireSso) {
    answer.destination = &facts.override_rule->destination;
    answer.enforced_since_revision = facts.override_rule->revision;
  } else if (answer.decision.verdict == Verdict::kRequireSso ||
             answer.decision.observed_verdict == Verdict::kRequireSso) {
    answer.destination = &facts.rule->destination;
    answer.enforced_since_revision = facts.rule->enforcement->enforce_revision;
  }
  if (counters_ != nullptr && facts.rule != nullptr && facts.rule->enforcement) {
    counters_->Count(*facts.rule->enforcement, answer.decision);
  }
  if (metrics_ != nullptr) metrics_->Count(answer.decision);
  answer.cache_ttl = std::min(cache_ttl_, answer.decision.valid_until - now);
  return answer;
}

}  // namespace gatehouse
