#include "server/decision/decision_index.h"

namespace gatehouse {

DecisionIndex::Change::Change(DecisionIndex* index, bool of_rules)
    : index_(index), of_rules_(of_rules), revision_(index->revision()) {
  index_->changes_.fetch_add(1, std::memory_order_seq_cst);
  if (of_rules_) index_->rule_changes_.fetch_add(1, std::memory_order_seq_cst);
}

DecisionIndex::Change::~Change() {
  if (of_rules_) index_->rules_.Set(std::move(new_rules_));
  // After the rules: rules that are got after a revision are not older than it.
  index_->revision_.store(revision_, std::memory_order_release);
  if (of_rules_) index_->rule_changes_.fetch_add(1, std::memory_order_seq_cst);
  index_->changes_.fetch_add(1, std::memory_order_seq_cst);
  index_->addresses_.Collect();
}

}  // namespace gatehouse
