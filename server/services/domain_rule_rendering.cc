#include "server/services/domain_rule_rendering.h"

#include "policy/domain.h"
#include "policy/enforcement.h"
#include "server/names/resource_names.h"
#include "server/services/requests.h"

namespace gatehouse {
namespace {

void RenderEnforcement(const DomainRule& rule, v1::EnforcementRule* out) {
  const Enforcement& enforcement = *rule.enforcement;
  // policy/enforcement.h and the API number modes and policies alike, and so does
  // policy/sso_profile.h protocols.
  out->set_mode(static_cast<v1::Enforcement::Mode>(enforcement.mode));
  out->set_match_subdomains(enforcement.match_subdomains);
  out->set_on_unavailable(
      static_cast<v1::Enforcement::UnavailablePolicy>(enforcement.on_unavailable));
  if (enforcement.rollout.start_time != absl::InfinitePast()) {
    *out->mutable_start_time() = RenderTime(enforcement.rollout.start_time);
  }
  out->set_paused(enforcement.pause.has_value());
  v1::SsoDestination& sso = *out->mutable_sso();
  sso.set_sso_profile(SsoProfileNameOf(rule.organization, rule.destination.profile));
  sso.set_protocol(static_cast<v1::SsoDestination::Protocol>(rule.destination.protocol));
  sso.set_sign_in_url(rule.destination.sign_in_url);
  sso.set_issuer(rule.destination.issuer);
}

}  // namespace

v1::DomainRule RenderDomainRule(const DomainRule& rule) {
  v1::DomainRule out;
  out.set_domain(rule.domain.ascii());
  out.set_organization(OrganizationNameOf(rule.organization));
  // policy/domain.h and the API number states alike.
  out.set_state(static_cast<v1::Domain::State>(rule.state));
  // A domain that is not held is not enforced, whatever stands for when it is again.
  if (rule.enforcement && IsHeld(rule.state)) {
    RenderEnforcement(rule, out.mutable_enforcement());
  }
  return out;
}

std::string WatchPolicyEncoding::Rule(const DomainRule& rule) const {
  v1::WatchPolicyResponse piece;
  *piece.add_rules() = RenderDomainRule(rule);
  return piece.SerializeAsString();
}

std::string WatchPolicyEncoding::Removal(absl::string_view domain) const {
  v1::WatchPolicyResponse piece;
  piece.add_removed_domains(std::string(domain));
  return piece.SerializeAsString();
}

}  // namespace gatehouse
