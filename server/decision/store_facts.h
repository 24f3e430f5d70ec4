// The facts that decide, read from the store: the definition of what is true.
#ifndef GATEHOUSE_SERVER_DECISION_STORE_FACTS_H_
#define GATEHOUSE_SERVER_DECISION_STORE_FACTS_H_

#include <map>
#include <optional>

#include "absl/status/statusor.h"
#include "server/decision/decision_source.h"
#include "storage/stores/transaction.h"

namespace gatehouse {

// The rule of a domain; nullopt if nobody ever proved it.
absl::StatusOr<std::optional<DomainRule>> ReadDomainRule(storage::Reader& reader,
                                                         const DomainName& name);

UserFacts FactsOf(const User& user);

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

 private:
  absl::StatusOr<const DomainRule*> RuleOf(const DomainName& name);
  absl::Status LoadExemption(const OrganizationId& organization, const UserId& user,
                             DecisionFacts* facts);

  storage::Reader& reader_;
  std::map<DomainName, std::optional<DomainRule>> rules_;
  Exemption exemption_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_DECISION_STORE_FACTS_H_
