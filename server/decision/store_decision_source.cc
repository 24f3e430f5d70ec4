#include "server/decision/store_decision_source.h"

#include "policy/status_macros.h"
#include "server/decision/store_facts.h"

namespace gatehouse {

absl::Status StoreDecisionSource::Load(
    const EmailAddress& email,
    absl::FunctionRef<void(const DecisionFacts&, storage::Revision)> use) const {
  ASSIGN_OR_RETURN(storage::SnapshotReader reader, storage::SnapshotReader::Open(*engine_));
  StoreFacts store_facts(reader);
  ASSIGN_OR_RETURN(DecisionFacts facts, store_facts.ForAddress(email));
  use(facts, reader.revision());
  return absl::OkStatus();
}

absl::StatusOr<storage::Revision> StoreDecisionSource::LoadMany(
    absl::Span<const EmailAddress> emails,
    absl::FunctionRef<void(size_t, const absl::StatusOr<DecisionFacts>&)> use) const {
  ASSIGN_OR_RETURN(storage::SnapshotReader reader, storage::SnapshotReader::Open(*engine_));
  StoreFacts store_facts(reader);
  for (size_t i = 0; i < emails.size(); ++i) use(i, store_facts.ForAddress(emails[i]));
  return reader.revision();
}

}  // namespace gatehouse
