// Seam between the login path and where its facts come from.
//
// LoginManager asks this interface, never the store: what stands behind it may
// read the store (StoreDecisionSource), rules kept in memory
// (IndexedDecisionSource), or one day no store at all.
#ifndef GATEHOUSE_SERVER_DECISION_DECISION_SOURCE_H_
#define GATEHOUSE_SERVER_DECISION_DECISION_SOURCE_H_

#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "policy/decision.h"
#include "policy/email_address.h"
#include "policy/sso_profile.h"
#include "storage/engine.h"

namespace gatehouse {

// What is known about a domain that somebody holds, or held last. Immutable.
struct DomainRule {
  OrganizationId organization;
  DomainName domain;
  DomainState state = DomainState::kPending;
  std::optional<Enforcement> enforcement;
  // Where the enforcement sends people; set with `enforcement`.
  SsoProfileId profile;
  std::string sso_url;
  std::string issuer;
};

// Everything that decides about one address.
struct DecisionFacts {
  const DomainRule* rule = nullptr;      // null: nobody ever proved the domain
  std::optional<UserFacts> user;         // of the rule's organization
  const Exemption* exemption = nullptr;  // of that user

  DecisionInputs Inputs() const {
    return {.domain_state = rule ? std::optional(rule->state) : std::nullopt,
            .enforcement = rule && rule->enforcement ? &*rule->enforcement : nullptr,
            .user = user ? &*user : nullptr,
            .exemption = exemption};
  }
};

// Thread-safe.
class DecisionSource {
 public:
  virtual ~DecisionSource() = default;

  // Loads the facts about `email` as of a revision that is not older than the
  // newest acknowledged commit, and calls `use` with both, unless it fails.
  // What the facts point to is valid during the call only.
  //
  // UNAVAILABLE, DATA_LOSS: the facts cannot be known, and nothing may be
  // concluded from that.
  virtual absl::Status Load(
      const EmailAddress& email,
      absl::FunctionRef<void(const DecisionFacts& facts, storage::Revision revision)> use)
      const = 0;

  // The same for several addresses, all at one revision, which is returned.
  // Facts that cannot be known are given to `use` as an error, address by
  // address.
  virtual absl::StatusOr<storage::Revision> LoadMany(
      absl::Span<const EmailAddress> emails,
      absl::FunctionRef<void(size_t index, const absl::StatusOr<DecisionFacts>& facts)> use)
      const = 0;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_DECISION_DECISION_SOURCE_H_
