// Use case: must this address sign in through SSO, and where?
#ifndef GATEHOUSE_SERVER_MANAGERS_LOGIN_MANAGER_H_
#define GATEHOUSE_SERVER_MANAGERS_LOGIN_MANAGER_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "policy/decision.h"
#include "policy/email_address.h"
#include "server/decision/decision_source.h"
#include "server/managers/decision_counters.h"
#include "server/metrics/decision_metrics.h"
#include "server/runtime/clock.h"

namespace gatehouse {

// A decision and where it comes from. What it points to is valid while it is
// being given.
struct LoginAnswer {
  Decision decision;
  const DomainRule* rule = nullptr;  // null: nobody ever proved the domain
  // Where to send the user; set if the verdict, or the observed one, is
  // REQUIRE_SSO.
  const SsoDestination* destination = nullptr;
  // Of the commit that enforced the user; set if the verdict is REQUIRE_SSO.
  storage::Revision enforced_since_revision = 0;
  // How long the answer may be reused.
  absl::Duration cache_ttl;
};

// Thread-safe; takes no lock that a commit holds.
class LoginManager {
 public:
  // All must outlive this. `cache_ttl`: how long an answer may be reused that has
  // no end of its own. `counters`: what counts the decisions of enforcements;
  // null: nothing does.
  LoginManager(const DecisionSource* source, const Clock* clock, absl::Duration cache_ttl,
               DecisionCounters* counters = nullptr, DecisionMetrics* metrics = nullptr)
      : source_(source),
        clock_(clock),
        cache_ttl_(cache_ttl),
        counters_(counters),
        metrics_(metrics) {}

  // Decides for one address, and gives `use` the answer and its revision.
  // UNAVAILABLE (REVISION_NOT_REACHED): the answer would be older than
  // `min_revision`. UNAVAILABLE, DATA_LOSS: of the source. After an error
  // nothing may be concluded about the address.
  absl::Status Check(const EmailAddress& email, LoginAction action, storage::Revision min_revision,
                     absl::FunctionRef<void(const LoginAnswer&, storage::Revision)> use) const;

  // Decides for several addresses, all at the revision returned. An address
  // whose facts cannot be known gets an error of its own.
  absl::StatusOr<storage::Revision> CheckMany(
      absl::Span<const EmailAddress> emails, LoginAction action, storage::Revision min_revision,
      absl::FunctionRef<void(size_t index, const absl::StatusOr<LoginAnswer>&)> use) const;

 private:
  LoginAnswer Answer(const DecisionFacts& facts, LoginAction action, absl::Time now) const;

  const DecisionSource* source_;
  const Clock* clock_;
  absl::Duration cache_ttl_;
  DecisionCounters* counters_;
  DecisionMetrics* metrics_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_LOGIN_MANAGER_H_
