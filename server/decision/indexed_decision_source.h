// Decides from rules kept in memory and one point read for the user.
//
// Domain rules, exemptions and overrides are few and stand in an immutable
// RuleTable that follows each commit; the user's record is read from the engine.
// So a check takes no lock that a commit holds, and reads the store once; twice
// while the domain's enforcement asks who has signed in through SSO.
#ifndef GATEHOUSE_SERVER_DECISION_INDEXED_DECISION_SOURCE_H_
#define GATEHOUSE_SERVER_DECISION_INDEXED_DECISION_SOURCE_H_

#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "server/decision/decision_source.h"
#include "server/decision/rule_table.h"
#include "server/decision/store_decision_source.h"
#include "storage/commit_feed.h"
#include "storage/engine.h"

namespace gatehouse {

class IndexedDecisionSource final : public DecisionSource, private storage::CommitListener {
 public:
  // Reads the rules and follows `feed`, which must outlive the result.
  static absl::StatusOr<std::unique_ptr<IndexedDecisionSource>> Open(storage::CommitFeed* feed);
  ~IndexedDecisionSource() override;

  absl::Status Load(
      const EmailAddress& email,
      absl::FunctionRef<void(const DecisionFacts&, storage::Revision)> use) const override;
  absl::StatusOr<storage::Revision> LoadMany(
      absl::Span<const EmailAddress> emails,
      absl::FunctionRef<void(size_t, const absl::StatusOr<DecisionFacts>&)> use) const override;

 private:
  explicit IndexedDecisionSource(storage::CommitFeed* feed)
      : feed_(feed), engine_(&feed->engine()), from_store_(engine_) {}

  // Brings the table up to the commits. If the store cannot be read, there is
  // no table until a later commit finds it readable; the store itself then
  // answers (or fails) every check.
  void OnCommits(const std::vector<storage::Change>& changes) override;

  storage::CommitFeed* feed_;
  storage::Engine* engine_;
  StoreDecisionSource from_store_;
  std::mutex update_mutex_;  // the first load against the first commit heard of
  RuleTableCell cell_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_DECISION_INDEXED_DECISION_SOURCE_H_
