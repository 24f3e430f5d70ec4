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

// Where people sign in: an SSO profile, as far as a gateway needs it.
struct SsoDestination {
  SsoProfileId profile;
  SsoProtocol protocol = SsoProtocol::kSaml;
  std::string sign_in_url;  // SAML; empty for OIDC
  std::string issuer;       // the IdP's entity id, or issuer URL
};

// What is known about a domain that somebody holds, or held last. Immutable.
struct DomainRule {
  OrganizationId organization;
  DomainName domain;
  DomainState state = DomainState::kPending;
  std::optional<Enforcement> enforcement;
  SsoDestination destination;  // set with `enforcement`
};

// A user's own rule. Immutable.
struct OverrideRule {
  SsoOverride sso_override;
  storage::Revision revision = 0;  // of the commit that made it
  SsoDestination destination;      // set if the mode is REQUIRE_SSO
};

// Everything that decides about one address.
struct DecisionFacts {
  // Of the address's domain, or of the parent whose enforcement covers it; null:
  // nobody ever proved either.
  const DomainRule* rule = nullptr;
  std::optional<UserFacts> user;                // of the rule's organization
  const Exemption* exemption = nullptr;         // of that user
  const OverrideRule* override_rule = nullptr;  // of that user
  RolloutFacts rollout;                         // what the rule's enforcement asks for

  DecisionInputs Inputs() const {
    return {.domain_state = rule ? std::optional(rule->state) : std::nullopt,
            .enforcement = rule && rule->enforcement ? &*rule->enforcement : nullptr,
            .user = user ? &*user : nullptr,
            .exemption = exemption,
            .sso_override = override_rule ? &override_rule->sso_override : nullptr,
            .rollout = rollout};
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
