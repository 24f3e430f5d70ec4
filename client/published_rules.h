// Rules, with what they are good for, as Published<PublishedRules> shows them to
// readers.
#ifndef GATEHOUSE_CLIENT_PUBLISHED_RULES_H_
#define GATEHOUSE_CLIENT_PUBLISHED_RULES_H_

#include <atomic>
#include <cstdint>
#include <utility>

#include "client/domain_rule_table.h"
#include "client/timers.h"

namespace gatehouse::client {

// Rules, and for what they are good. Revision and freshness only grow; they
// belong to this table, so that whoever holds it cannot take a later one's for
// its own. Thread-safe.
class PublishedRules {
 public:
  PublishedRules(DomainRuleTable table, int64_t revision, MonotonicTime fresh_at)
      : table_(std::move(table)), revision_(revision), fresh_at_(fresh_at) {}

  const DomainRuleTable& table() const { return table_; }
  // The rules are those of this revision.
  int64_t revision() const { return revision_.load(std::memory_order_relaxed); }
  // The server had no newer ones at this time.
  MonotonicTime fresh_at() const { return fresh_at_.load(std::memory_order_relaxed); }

  // Nothing has changed up to `revision`, as known at `fresh_at`. Of one thread at
  // a time.
  void Confirm(int64_t revision, MonotonicTime fresh_at);

 private:
  const DomainRuleTable table_;
  std::atomic<int64_t> revision_;
  std::atomic<MonotonicTime> fresh_at_;
};

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_PUBLISHED_RULES_H_
