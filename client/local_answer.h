// What needs no user record, and so no server.
#ifndef GATEHOUSE_CLIENT_LOCAL_ANSWER_H_
#define GATEHOUSE_CLIENT_LOCAL_ANSWER_H_

#include "client/login_decision.h"
#include "gatehouse/v1/login_service.pb.h"

namespace gatehouse::client {

// Whether the rule that decides about an address's domain (null: there is none)
// decides alone, whoever it is and whatever they are about to do.
inline bool DecidesAlone(const v1::DomainRule* rule) {
  return rule == nullptr || rule->state() == v1::Domain::STATE_EXPIRED;
}

// The decision of such a rule: the server's. Without source, revision and
// `rules_age`.
LoginDecision AnswerAlone(const v1::DomainRule* rule);

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_LOCAL_ANSWER_H_
