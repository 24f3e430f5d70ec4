// Domain rules as WatchPolicy tells them.
#ifndef GATEHOUSE_SERVER_SERVICES_DOMAIN_RULE_RENDERING_H_
#define GATEHOUSE_SERVER_SERVICES_DOMAIN_RULE_RENDERING_H_

#include <string>

#include "absl/strings/string_view.h"
#include "gatehouse/v1/login_service.pb.h"
#include "server/decision/decision_source.h"
#include "server/managers/policy_watch.h"

namespace gatehouse {

v1::DomainRule RenderDomainRule(const DomainRule& rule);

// A piece is a WatchPolicyResponse of its own, with one rule or removal:
// serialized messages put one after another parse as one that has all they have.
class WatchPolicyEncoding final : public RuleEncoding {
 public:
  std::string Rule(const DomainRule& rule) const override;
  std::string Removal(absl::string_view domain) const override;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_SERVICES_DOMAIN_RULE_RENDERING_H_
