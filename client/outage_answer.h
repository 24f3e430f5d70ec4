// What is answered while the server cannot be asked.
#ifndef GATEHOUSE_CLIENT_OUTAGE_ANSWER_H_
#define GATEHOUSE_CLIENT_OUTAGE_ANSWER_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/login_decision.h"
#include "client/login_options.h"
#include "gatehouse/v1/login_service.pb.h"

namespace gatehouse::client {

// Whether a call ended so because the server was not reached, or cannot answer
// now. Nothing stands in for an answer after any other error.
bool IsOutage(const absl::Status& error);

// As the gateway has chosen; `error` where nothing stands in.
absl::StatusOr<LoginDecision> AnswerByChoice(OnUnavailable on_unavailable, LoginAction action,
                                             const absl::Status& error);

// As the domain's rule wants it at `now`, by the time of day: the enforcement's
// on_unavailable, or ALLOW_PASSWORD where there is none that blocks. `error` where
// that does not hold for the action. Without `revision` and `rules_age`.
absl::StatusOr<LoginDecision> AnswerByRule(const v1::DomainRule& rule, LoginAction action,
                                           absl::string_view login_hint, absl::Time now,
                                           const absl::Status& error);

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_OUTAGE_ANSWER_H_
