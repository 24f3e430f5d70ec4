#include "client/local_answer.h"

namespace gatehouse::client {

LoginDecision AnswerAlone(const v1::DomainRule* rule) {
  LoginDecision decision;
  decision.verdict = Verdict::kAllowPassword;
  decision.reason = DecisionReason::kDomainNotEnforced;
  if (rule != nullptr) {
    decision.reason = DecisionReason::kDomainExpired;
    decision.organization = rule->organization();
    decision.matched_domain = rule->domain();
  }
  return decision;
}

}  // namespace gatehouse::client
