#include "server/decision/store_facts.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/sso_profile_store.h"
#include "storage/stores/user_store.h"

namespace gatehouse {

absl::StatusOr<std::optional<DomainRule>> ReadDomainRule(storage::Reader& reader,
                                                         const DomainName& name) {
  ASSIGN_OR_RETURN(auto domain, storage::DomainStore::FindHolder(reader, name));
  if (!domain) return std::nullopt;
  DomainRule rule{
      .organization = (*domain)->organization, .domain = name, .state = (*domain)->state};
  ASSIGN_OR_RETURN(auto enforcement,
                   storage::EnforcementStore::Find(reader, rule.organization, name));
  if (!enforcement) return rule;
  ASSIGN_OR_RETURN(auto profile, storage::SsoProfileStore::Find(reader, rule.organization,
                                                                (*enforcement)->profile));
  if (!profile) {
    // The stores keep a profile while a domain is enforced through it.
    return Error(absl::StatusCode::kDataLoss, reason::kStoreCorrupt,
                 absl::StrCat("domain \"", name.ascii(), "\" is enforced through profile \"",
                              (*enforcement)->profile.value(), "\", which does not exist"))
        .Build();
  }
  rule.profile = (*profile)->id;
  rule.sso_url = (*profile)->saml.idp_sso_url;
  rule.issuer = (*profile)->saml.idp_entity_id;
  rule.enforcement = std::move(enforcement->value);
  return rule;
}

UserFacts FactsOf(const User& user) {
  return {.claimed = user.claimed, .suspended = user.suspended, .claim_time = user.claim_time};
}

absl::StatusOr<DecisionFacts> StoreFacts::ForAddress(const EmailAddress& email) {
  DecisionFacts facts;
  ASSIGN_OR_RETURN(facts.rule, RuleOf(email.domain()));
  if (facts.rule == nullptr) return facts;
  const OrganizationId& organization = facts.rule->organization;
  ASSIGN_OR_RETURN(auto user, storage::UserStore::FindByEmail(reader_, organization, email));
  if (!user) return facts;
  facts.user = FactsOf(**user);
  RETURN_IF_ERROR(LoadExemption(organization, (*user)->id, &facts));
  return facts;
}

absl::StatusOr<DecisionFacts> StoreFacts::ForUser(const User& user) {
  DecisionFacts facts;
  facts.user = FactsOf(user);
  ASSIGN_OR_RETURN(facts.rule, RuleOf(user.email.domain()));
  if (facts.rule != nullptr && facts.rule->organization != user.organization) facts.rule = nullptr;
  RETURN_IF_ERROR(LoadExemption(user.organization, user.id, &facts));
  return facts;
}

absl::StatusOr<const DomainRule*> StoreFacts::RuleOf(const DomainName& name) {
  auto known = rules_.find(name);
  if (known == rules_.end()) {
    ASSIGN_OR_RETURN(std::optional<DomainRule> rule, ReadDomainRule(reader_, name));
    known = rules_.emplace(name, std::move(rule)).first;
  }
  return known->second ? &*known->second : nullptr;
}

absl::Status StoreFacts::LoadExemption(const OrganizationId& organization, const UserId& user,
                                       DecisionFacts* facts) {
  ASSIGN_OR_RETURN(auto exemption, storage::ExemptionStore::Find(reader_, organization, user));
  if (!exemption) return absl::OkStatus();
  exemption_ = std::move(exemption->value);
  facts->exemption = &exemption_;
  return absl::OkStatus();
}

}  // namespace gatehouse
