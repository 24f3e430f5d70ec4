#include "server/decision/store_facts.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/decision/rule_match.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/login_activity_store.h"
#include "storage/stores/sso_override_store.h"
#include "storage/stores/sso_profile_store.h"
#include "storage/stores/user_store.h"

namespace gatehouse {

namespace {

// The stores keep a profile while anything sends people to it; `who` is damaged
// otherwise.
absl::StatusOr<SsoDestination> ReadDestination(storage::Reader& reader,
                                               const OrganizationId& organization,
                                               const SsoProfileId& id, absl::string_view who) {
  ASSIGN_OR_RETURN(auto profile, storage::SsoProfileStore::Find(reader, organization, id));
  if (!profile) {
    return Error(absl::StatusCode::kDataLoss, reason::kStoreCorrupt,
                 absl::StrCat(who, " must sign in through profile \"", id.value(),
                              "\", which does not exist"))
        .Build();
  }
  const bool is_oidc = (*profile)->protocol == SsoProtocol::kOidc;
  return SsoDestination{
      .profile = (*profile)->id,
      .protocol = (*profile)->protocol,
      .sign_in_url = is_oidc ? "" : (*profile)->saml.idp_sso_url,
      .issuer = is_oidc ? (*profile)->oidc.issuer : (*profile)->saml.idp_entity_id};
}

}  // namespace

absl::StatusOr<std::optional<DomainRule>> ReadDomainRule(storage::Reader& reader,
                                                         const DomainName& name) {
  ASSIGN_OR_RETURN(auto domain, storage::DomainStore::FindHolder(reader, name));
  if (!domain) return std::nullopt;
  DomainRule rule{
      .organization = (*domain)->organization, .domain = name, .state = (*domain)->state};
  ASSIGN_OR_RETURN(auto enforcement,
                   storage::EnforcementStore::Find(reader, rule.organization, name));
  if (!enforcement) return rule;
  ASSIGN_OR_RETURN(rule.destination,
                   ReadDestination(reader, rule.organization, (*enforcement)->profile,
                                   absl::StrCat("domain \"", name.ascii(), "\"")));
  rule.enforcement = std::move(enforcement->value);
  return rule;
}

absl::StatusOr<std::optional<OverrideRule>> ReadOverrideRule(storage::Reader& reader,
                                                             const OrganizationId& organization,
                                                             const UserId& user) {
  ASSIGN_OR_RETURN(auto found, storage::SsoOverrideStore::Find(reader, organization, user));
  if (!found) return std::nullopt;
  OverrideRule rule{.sso_override = std::move(found->value), .revision = found->mod_revision};
  if (rule.sso_override.mode == SsoOverrideMode::kRequireSso) {
    ASSIGN_OR_RETURN(rule.destination,
                     ReadDestination(reader, organization, rule.sso_override.profile,
                                     absl::StrCat("user \"", user.value(), "\"")));
  }
  return rule;
}

UserFacts FactsOf(const User& user) {
  return {.claimed = user.claimed, .suspended = user.suspended, .claim_time = user.claim_time};
}

RolloutFacts RolloutFactsOf(const DomainRule& rule, const EmailAddress& email, const UserId* user) {
  RolloutFacts facts;
  if (rule.enforcement && AsksForBucket(*rule.enforcement)) {
    facts.bucket = BucketOf(email);
    facts.named = user != nullptr && Names(rule.enforcement->rollout, *user);
  }
  return facts;
}

bool AsksForProof(const DomainRule& rule) {
  return rule.enforcement && AsksForProof(*rule.enforcement);
}

std::optional<absl::Time> ProofOf(const DomainRule& rule,
                                  const std::optional<storage::Stored<LoginActivity>>& activity) {
  if (!activity || !rule.enforcement) return std::nullopt;
  const auto proof = (*activity)->proofs.find(rule.enforcement->profile);
  return proof == (*activity)->proofs.end() ? std::nullopt : std::optional(proof->second);
}

absl::StatusOr<DecisionFacts> StoreFacts::ForAddress(const EmailAddress& email) {
  DecisionFacts facts;
  ASSIGN_OR_RETURN(facts.rule, RuleOf(email.domain()));
  if (facts.rule == nullptr) return facts;
  ASSIGN_OR_RETURN(auto user,
                   storage::UserStore::FindByEmail(reader_, facts.rule->organization, email));
  if (user) {
    RETURN_IF_ERROR(AddUser(**user, &facts));
  } else {
    facts.rollout = RolloutFactsOf(*facts.rule, email, nullptr);
  }
  return facts;
}

absl::StatusOr<DecisionFacts> StoreFacts::ForUser(const User& user) {
  DecisionFacts facts;
  ASSIGN_OR_RETURN(facts.rule, RuleOf(user.email.domain()));
  if (facts.rule != nullptr && facts.rule->organization != user.organization) facts.rule = nullptr;
  RETURN_IF_ERROR(AddUser(user, &facts));
  return facts;
}

absl::StatusOr<const DomainRule*> StoreFacts::RuleOf(const DomainName& domain) {
  return MatchRule(domain.ascii(), [this](absl::string_view name) { return OwnRuleOf(name); });
}

absl::StatusOr<const DomainRule*> StoreFacts::OwnRuleOf(absl::string_view domain) {
  auto known = rules_.find(domain);
  if (known == rules_.end()) {
    ASSIGN_OR_RETURN(std::optional<DomainRule> rule,
                     ReadDomainRule(reader_, DomainName::FromTrusted(domain)));
    known = rules_.emplace(std::string(domain), std::move(rule)).first;
  }
  return known->second ? &*known->second : nullptr;
}

absl::Status StoreFacts::AddUser(const User& user, DecisionFacts* facts) {
  facts->user = FactsOf(user);
  ASSIGN_OR_RETURN(auto exemption,
                   storage::ExemptionStore::Find(reader_, user.organization, user.id));
  if (exemption) {
    exemption_ = std::move(exemption->value);
    facts->exemption = &exemption_;
  }
  ASSIGN_OR_RETURN(auto own, ReadOverrideRule(reader_, user.organization, user.id));
  if (own) {
    override_rule_ = *std::move(own);
    facts->override_rule = &override_rule_;
  }
  if (facts->rule == nullptr) return absl::OkStatus();
  facts->rollout = RolloutFactsOf(*facts->rule, user.email, &user.id);
  if (AsksForProof(*facts->rule)) {
    ASSIGN_OR_RETURN(auto activity,
                     storage::LoginActivityStore::Find(reader_, user.organization, user.id));
    facts->rollout.proof_time = ProofOf(*facts->rule, activity);
  }
  return absl::OkStatus();
}

}  // namespace gatehouse
