#include "server/decision/rule_table.h"

#include "server/decision/rule_match.h"

namespace gatehouse {
namespace {

std::atomic<uint64_t> next_cell_id{1};

// What a thread saw last.
struct Seen {
  uint64_t cell_id = 0;
  uint64_t version = 0;
  std::shared_ptr<const RuleTable> table;
};

thread_local Seen seen;

}  // namespace

const DomainRule* RuleTable::Match(const DomainName& domain) const {
  if (covering_subdomains == 0) return rules->Find(domain.ascii());
  // Looking into memory does not fail.
  return *MatchRule(domain.ascii(), [this](absl::string_view name) { return rules->Find(name); });
}

RuleTableCell::RuleTableCell() : id_(next_cell_id.fetch_add(1)) {}

const RuleTable* RuleTableCell::Get() const {
  // Acquire: the table that goes with a version we see is visible under the
  // lock, and an acknowledged commit's table was set before its caller knew.
  const uint64_t version = version_.load(std::memory_order_acquire);
  if (seen.cell_id != id_ || seen.version != version) {
    std::lock_guard<std::mutex> lock(mutex_);
    seen = {.cell_id = id_, .version = version_.load(std::memory_order_relaxed), .table = table_};
  }
  return seen.table.get();
}

void RuleTableCell::Set(std::shared_ptr<const RuleTable> table, storage::Revision revision) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    table_.swap(table);
    version_.fetch_add(1, std::memory_order_release);
  }
  SetRevision(revision);
}

}  // namespace gatehouse
