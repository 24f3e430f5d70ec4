// Puts the messages of a WatchPolicy stream together.
#ifndef GATEHOUSE_CLIENT_POLICY_UPDATES_H_
#define GATEHOUSE_CLIENT_POLICY_UPDATES_H_

#include <cstdint>
#include <optional>

#include "client/domain_rule_table.h"
#include "gatehouse/v1/login_service.pb.h"

namespace gatehouse::client {

// Of one stream. Not thread-safe.
class PolicyUpdates {
 public:
  struct Update {
    // What changes together; nothing, of a heartbeat.
    DomainRuleChanges changes;
    // The rules are then those of this revision.
    int64_t revision = 0;
  };

  // `from_nothing`: the stream was asked for all rules.
  explicit PolicyUpdates(bool from_nothing) : pending_{.reset = from_nothing} {}

  // Takes the next message. nullopt: more of the same revision follows.
  std::optional<Update> Take(v1::WatchPolicyResponse message);

 private:
  DomainRuleChanges pending_;
};

}  // namespace gatehouse::client

#endif  // GATEHOUSE_CLIENT_POLICY_UPDATES_H_
