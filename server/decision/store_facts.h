// The facts that decide, read from the store: the definition of what is true.
#ifndef GATEHOUSE_SERVER_DECISION_STORE_FACTS_H_
#define GATEHOUSE_SERVER_DECISION_STORE_FACTS_H_

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "policy/login_activity.h"
#include "server/decision/decision_source.h"
#include "storage/stores/stored.h"
#include "storage/stores/transaction.h"

namespace gatehouse {

// The domain's own rule; nullopt if nobody ever proved it.
absl::StatusOr<std::optional<DomainRule>> ReadDomainRule(storage::Reader& reader,
                                                         const DomainName& name);
// The user's own rule; nullopt if there is none.
absl::StatusOr<std::optional<OverrideRule>> ReadOverrideRule(storage::Reader& reader,
                                                             const OrganizationId& organization,
                                                             const UserId& user);

UserFacts FactsOf(const User& user);
// What the rollout of the rule's enforcement asks about an address, but for the
// proof. `user`: who has it, or null.
RolloutFacts RolloutFactsOf(const DomainRule& rule, const EmailAddress& email, const UserId* user);
// Whether the user's proof has to be loaded.
bool AsksForProof(const DomainRule& rule);
// The proof among a user's sign-ins that the rule's enforcement asks for.
std::optional<absl::Time> ProofOf(const DomainRule& rule,
                                  const std::optional<storage::Stored<LoginActivity>>& activity);

// Loads facts through one reader (a snapshot, or a transaction and so its own
// writes), reading each domain's rule once: do not write to the transaction
// while one is in use. Not thread-safe.
class StoreFacts {
 public:
  // `reader` must outlive this.
  explicit StoreFacts(storage::Reader& reader) : reader_(reader) {}

  // What CheckLogin decides by. The result is valid until the next call.
  absl::StatusOr<DecisionFacts> ForAddress(const EmailAddress& email);
  // The same for a user at hand, as that user's organization may know it: rules
  // of other organizations do not show. The result is valid until the next call.
  absl::StatusOr<DecisionFacts> ForUser(const User& user);
  // The rule that decides about addresses on `domain`; null: none. Valid as long
  // as this.
  absl::StatusOr<const DomainRule*> RuleOf(const DomainName& domain);

 private:
  // The domain's own rule, read once.
  absl::StatusOr<const DomainRule*> OwnRuleOf(absl::string_view domain);
  // Adds what stands under the user's id.
  absl::Status AddUser(const User& user, DecisionFacts* facts);

  storage::Reader& reader_;
  std::map<std::string, std::optional<DomainRule>, std::less<>> rules_;  // by domain (ASCII)
  Exemption exemption_;
  OverrideRule override_rule_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_DECISION_STORE_FACTS_H_
