#include "client/outage_answer.h"

#include <string>

#include "client/decision_decoding.h"
#include "policy/status_macros.h"

namespace gatehouse::client {
namespace {

using v1::Enforcement;

LoginDecision FallbackTo(Verdict verdict) {
  LoginDecision decision;
  decision.verdict = verdict;
  decision.reason = DecisionReason::kServiceUnavailable;
  decision.source = LoginDecision::Source::kFallback;
  return decision;
}

// ALLOW_PASSWORD, but for what outlives the outage.
absl::StatusOr<LoginDecision> AllowSignIn(LoginAction action, const absl::Status& error) {
  if (action != LoginAction::kSignIn) return error;
  return FallbackTo(Verdict::kAllowPassword);
}

// Whether it may stand in somebody's way. A mode that this library does not know
// does.
bool MayBlock(const v1::EnforcementRule& enforcement, absl::Time now) {
  if (enforcement.mode() == Enforcement::MODE_OBSERVE || enforcement.paused()) return false;
  return !enforcement.has_start_time() || DecodeTime(enforcement.start_time()) <= now;
}

absl::StatusOr<LoginDecision> AnswerByEnforcement(const v1::EnforcementRule& enforcement,
                                                  LoginAction action, absl::string_view login_hint,
                                                  const absl::Status& error) {
  switch (enforcement.on_unavailable()) {
    case Enforcement::UNAVAILABLE_POLICY_ALLOW_PASSWORD:
      return AllowSignIn(action, error);
    case Enforcement::UNAVAILABLE_POLICY_DENY:
      return FallbackTo(Verdict::kDeny);
    default: {
      // Nobody changes their address to one on an enforced domain, whoever it is.
      if (action == LoginAction::kEmailChange) return FallbackTo(Verdict::kDeny);
      LoginDecision decision = FallbackTo(Verdict::kRequireSso);
      ASSIGN_OR_RETURN(decision.sso, DecodeDestination(enforcement.sso()));
      decision.sso->login_hint = std::string(login_hint);
      return decision;
    }
  }
}

}  // namespace

bool IsOutage(const absl::Status& error) {
  return absl::IsUnavailable(error) || absl::IsDeadlineExceeded(error);
}

absl::StatusOr<LoginDecision> AnswerByChoice(OnUnavailable on_unavailable, LoginAction action,
                                             const absl::Status& error) {
  if (!IsOutage(error)) return error;
  switch (on_unavailable) {
    case OnUnavailable::kReturnError:
      return error;
    case OnUnavailable::kRequireSso:
      return FallbackTo(Verdict::kRequireSso);
    case OnUnavailable::kDeny:
      return FallbackTo(Verdict::kDeny);
    case OnUnavailable::kAllowPasswordDangerously:
      return AllowSignIn(action, error);
  }
  return error;
}

absl::StatusOr<LoginDecision> AnswerByRule(const v1::DomainRule& rule, LoginAction action,
                                           absl::string_view login_hint, absl::Time now,
                                           const absl::Status& error) {
  if (!IsOutage(error)) return error;
  ASSIGN_OR_RETURN(LoginDecision decision,
                   rule.has_enforcement() && MayBlock(rule.enforcement(), now)
                       ? AnswerByEnforcement(rule.enforcement(), action, login_hint, error)
                       : AllowSignIn(action, error));
  decision.organization = rule.organization();
  decision.matched_domain = rule.domain();
  return decision;
}

}  // namespace gatehouse::client
