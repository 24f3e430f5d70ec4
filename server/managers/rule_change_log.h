// Which domains' rules changed after a revision: each domain once, with the
// revision of its newest change, so that however often a rule changes it takes
// one place. Bounded.
#ifndef GATEHOUSE_SERVER_MANAGERS_RULE_CHANGE_LOG_H_
#define GATEHOUSE_SERVER_MANAGERS_RULE_CHANGE_LOG_H_

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "storage/engine.h"

namespace gatehouse {

// Not thread-safe.
class RuleChangeLog {
 public:
  // Keeps the newest `max_domains`, and always those of the newest revision.
  explicit RuleChangeLog(size_t max_domains) : max_domains_(max_domains) {}

  // Knows nothing of what was before `revision`.
  void BeginAt(storage::Revision revision) { floor_ = revision; }
  // `revision` is above those before.
  void Record(storage::Revision revision, const std::vector<std::string>& domains);

  // Whether everything that changed after `revision` is known.
  bool Covers(storage::Revision revision) const { return revision >= floor_; }
  // The first revision after `revision` at which something changed; 0: none. What
  // changed since two revisions is the same if this is.
  storage::Revision FirstAfter(storage::Revision revision) const;
  std::vector<std::string> Since(storage::Revision revision) const;

  size_t size() const { return newest_.size(); }

 private:
  const size_t max_domains_;
  storage::Revision floor_ = 0;
  std::map<storage::Revision, absl::flat_hash_set<std::string>> domains_;
  absl::flat_hash_map<std::string, storage::Revision> newest_;  // by domain
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_RULE_CHANGE_LOG_H_
