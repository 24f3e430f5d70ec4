#include "client/policy_updates.h"

#include <memory>
#include <string>
#include <utility>

namespace gatehouse::client {

std::optional<PolicyUpdates::Update> PolicyUpdates::Take(v1::WatchPolicyResponse message) {
  if (message.reset()) pending_ = {.reset = true};
  for (std::string& domain : *message.mutable_removed_domains()) {
    pending_.rules.insert_or_assign(std::move(domain), nullptr);
  }
  for (v1::DomainRule& rule : *message.mutable_rules()) {
    auto taken = std::make_shared<const v1::DomainRule>(std::move(rule));
    pending_.rules.insert_or_assign(taken->domain(), taken);
  }
  if (message.revision() == 0) return std::nullopt;
  return Update{.changes = std::exchange(pending_, {}), .revision = message.revision()};
}

}  // namespace gatehouse::client
