// The rules of all domains, as one revision left them, and which of them decides
// about an address.
#ifndef GATEHOUSE_CLIENT_DOMAIN_RULE_TABLE_H_
#define GATEHOUSE_CLIENT_DOMAIN_RULE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "gatehouse/v1/login_service.pb.h"
#include "policy/partitioned_map.h"

namespace gatehouse::client {

// What becomes of a table.
struct DomainRuleChanges {
  // Forget every rule first.
  bool reset = false;
  // By domain (ASCII); null: it has no rule any more.
  absl::flat_hash_map<std::string, std::shared_ptr<const v1::DomainRule>> rules;
};

// Immutable, so safe for concurrent use. A copy is cheap, and shares what has not
// changed.
class DomainRuleTable {
 public:
  // The rule that decides about addresses on `domain` (ASCII), as the server finds
  // it: its own, unless it has no enforcement of its own and the closest parent
  // that covers subdomains belongs to whoever holds it, or to anybody if nobody
  // does. A domain that another organization holds on the way up ends the search.
  // null: none. Valid as long as the table.
  const v1::DomainRule* Match(absl::string_view domain) const;

  size_t size() const { return rules_.size(); }

  DomainRuleTable With(const DomainRuleChanges& changes) const;

 private:
  PartitionedMap<v1::DomainRule> rules_;
  // Rules that cover subdomains. While there is none, no parent is looked up.
  int64_t covering_subdomains_ = 0;
};

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_DOMAIN_RULE_TABLE_H_
