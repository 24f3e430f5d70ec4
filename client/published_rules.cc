#include "client/published_rules.h"

#include <algorithm>
#include <utility>

namespace gatehouse::client {
namespace {

std::atomic<uint64_t> next_cell_id{1};

// What a thread saw last.
struct Seen {
  uint64_t cell_id = 0;
  uint64_t version = 0;
  std::shared_ptr<const PublishedRules> rules;
};

thread_local Seen seen;

}  // namespace

void PublishedRules::Confirm(int64_t revision, MonotonicTime fresh_at) {
  // Either is true by itself, so readers need not see them change together.
  revision_.store(std::max(revision, this->revision()), std::memory_order_relaxed);
  fresh_at_.store(std::max(fresh_at, this->fresh_at()), std::memory_order_relaxed);
}

RulesCell::RulesCell() : id_(next_cell_id.fetch_add(1)) {}

const PublishedRules* RulesCell::Get() const {
  const uint64_t version = version_.load(std::memory_order_acquire);
  if (seen.cell_id != id_ || seen.version != version) {
    const std::lock_guard lock(mutex_);
    seen = {.cell_id = id_, .version = version_.load(std::memory_order_relaxed), .rules = rules_};
  }
  return seen.rules.get();
}

void RulesCell::Set(std::shared_ptr<const PublishedRules> rules) {
  const std::lock_guard lock(mutex_);
  rules_.swap(rules);
  version_.fetch_add(1, std::memory_order_release);
}

}  // namespace gatehouse::client
