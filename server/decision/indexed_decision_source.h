// Decides by what is in memory.
//
// A check finds the rule and the address in the DecisionIndex and reads no
// store, unless there is more to know about the user: suspended, exempt, with an
// override, named by a wave, or covered by an enforcement that asks who has
// signed in through SSO. Then it reads the user's record, and the sign-ins. It
// takes no lock that a commit holds. Until the addresses are loaded, each check
// reads the user's record.
#ifndef GATEHOUSE_SERVER_DECISION_INDEXED_DECISION_SOURCE_H_
#define GATEHOUSE_SERVER_DECISION_INDEXED_DECISION_SOURCE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/decision/decision_index.h"
#include "server/decision/decision_source.h"
#include "server/decision/index_follower.h"
#include "server/decision/store_decision_source.h"
#include "storage/commit_feed.h"
#include "storage/engine.h"

namespace gatehouse {

class IndexedDecisionSource final : public DecisionSource {
 public:
  // Reads the rules, begins to load the addresses, and follows `feed`, which must
  // outlive the result. `hash_key`: AddressHasher::kKeyBytes bytes that nobody can
  // guess.
  static absl::StatusOr<std::unique_ptr<IndexedDecisionSource>> Open(storage::CommitFeed* feed,
                                                                     std::string hash_key);

  absl::Status Load(
      const EmailAddress& email,
      absl::FunctionRef<void(const DecisionFacts&, storage::Revision)> use) const override;
  absl::StatusOr<storage::Revision> LoadMany(
      absl::Span<const EmailAddress> emails,
      absl::FunctionRef<void(size_t, const absl::StatusOr<DecisionFacts>&)> use) const override;

  // Waits until every address is in memory; false: it took too long.
  bool WaitUntilLoaded(absl::Duration timeout) { return follower_->WaitUntilLoaded(timeout); }
  const DecisionIndex& index() const { return index_; }

 private:
  IndexedDecisionSource(const storage::Engine* engine, std::string hash_key)
      : engine_(engine), from_store_(engine), index_(std::move(hash_key)) {}

  // Adds the user to the facts, whose rule is set: from the index, or from the
  // store as it is now. nullopt: that is newer than the look.
  absl::StatusOr<std::optional<DecisionFacts>> AddUser(const DecisionIndex::Look& look,
                                                       const EmailAddress& email,
                                                       DecisionFacts facts) const;

  const storage::Engine* const engine_;
  const StoreDecisionSource from_store_;
  DecisionIndex index_;
  std::unique_ptr<IndexFollower> follower_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_DECISION_INDEXED_DECISION_SOURCE_H_
