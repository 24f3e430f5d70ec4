// Decides from the store alone: always right, several reads per address.
#ifndef GATEHOUSE_SERVER_DECISION_STORE_DECISION_SOURCE_H_
#define GATEHOUSE_SERVER_DECISION_STORE_DECISION_SOURCE_H_

#include "server/decision/decision_source.h"
#include "storage/engine.h"

namespace gatehouse {

class StoreDecisionSource final : public DecisionSource {
 public:
  // `engine` must outlive this.
  explicit StoreDecisionSource(const storage::Engine* engine) : engine_(engine) {}

  absl::Status Load(
      const EmailAddress& email,
      absl::FunctionRef<void(const DecisionFacts&, storage::Revision)> use) const override;
  absl::StatusOr<storage::Revision> LoadMany(
      absl::Span<const EmailAddress> emails,
      absl::FunctionRef<void(size_t, const absl::StatusOr<DecisionFacts>&)> use) const override;

 private:
  const storage::Engine* engine_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_DECISION_STORE_DECISION_SOURCE_H_
