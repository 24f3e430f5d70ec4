#include "server/managers/rule_change_log.h"

#include <iterator>

namespace gatehouse {

void RuleChangeLog::Record(storage::Revision revision, const std::vector<std::string>& domains) {
  for (const std::string& domain : domains) {
    const auto [known, is_new] = newest_.try_emplace(domain, revision);
    if (!is_new && known->second != revision) {
      const auto old = domains_.find(known->second);
      old->second.erase(domain);
      if (old->second.empty()) domains_.erase(old);
      known->second = revision;
    }
    domains_[revision].insert(domain);
  }
  while (newest_.size() > max_domains_ && domains_.size() > 1) {
    const auto oldest = domains_.begin();
    floor_ = oldest->first;
    for (const std::string& domain : oldest->second) newest_.erase(domain);
    domains_.erase(oldest);
  }
}

storage::Revision RuleChangeLog::FirstAfter(storage::Revision revision) const {
  const auto first = domains_.upper_bound(revision);
  return first == domains_.end() ? 0 : first->first;
}

std::vector<std::string> RuleChangeLog::Since(storage::Revision revision) const {
  std::vector<std::string> domains;
  for (auto at = domains_.upper_bound(revision); at != domains_.end(); ++at) {
    domains.insert(domains.end(), at->second.begin(), at->second.end());
  }
  return domains;
}

}  // namespace gatehouse
