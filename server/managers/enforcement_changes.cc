#include "server/managers/enforcement_changes.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/enforcement_rules.h"
#include "policy/rollout.h"
#include "policy/status_macros.h"
#include "server/connectors/certificates.h"
#include "server/decision/store_facts.h"
#include "server/managers/preconditions.h"
#include "server/managers/rollout_validation.h"
#include "server/managers/way_in_guard.h"
#include "server/names/resource_names.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/sso_override_store.h"
#include "storage/stores/sso_profile_store.h"
#include "storage/stores/user_store.h"

namespace gatehouse {
namespace {

constexpr size_t kMaxDomains = 100;
constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();

// What `status` says stands in the way becomes a blocking reason; any other
// error is returned.
absl::Status Collect(const absl::Status& status, EnforcementEffect* effect) {
  if (status.ok() || !absl::IsFailedPrecondition(status)) return status;
  const std::optional<ErrorDetails> details = DetailsOf(status);
  if (!details) return status;
  effect->blocking.insert(effect->blocking.end(), details->precondition_violations.begin(),
                          details->precondition_violations.end());
  return absl::OkStatus();
}

// The enforcement to write for a domain that has `current` now. No pause lasts
// beyond it.
Enforcement NewEnforcement(const EnforceCommand& command, const DomainName& domain,
                           const Enforcement* current, absl::Time now) {
  Enforcement enforcement{.organization = command.organization,
                          .domain = domain,
                          .profile = command.profile,
                          .mode = command.mode,
                          .unmanaged_users = command.unmanaged_users,
                          .triggered_by = command.acting_admin,
                          .enforce_time = now,
                          .match_subdomains = command.match_subdomains,
                          .rollout = command.rollout,
                          .on_unavailable = command.on_unavailable,
                          .change_time = now};
  // A move to another profile leaves no gap (rule 8): the domain is enforced
  // since it first was. For those whom a wider enforcement adds, that would be
  // too early.
  if (current != nullptr && current->mode == command.mode && !Widens(*current, enforcement, now)) {
    enforcement.enforce_time = current->enforce_time;
    enforcement.enforce_revision = current->enforce_revision;
  }
  return enforcement;
}

absl::Status EnforceDomain(storage::Transaction& tx, const EnforceCommand& command,
                           const SsoProfile& profile, const DomainName& domain, absl::Time now,
                           EnforcementEffect* effect) {
  ASSIGN_OR_RETURN(auto claim, storage::DomainStore::Find(tx, command.organization, domain));
  ASSIGN_OR_RETURN(auto current, storage::EnforcementStore::Find(tx, command.organization, domain));
  const std::optional<Domain> claimed = claim ? std::optional(claim->value) : std::nullopt;
  const Enforcement* const enforced = current ? &current->value : nullptr;
  const std::string name = DomainNameOf(command.organization, domain);
  const Enforcement next = NewEnforcement(command, domain, enforced, now);

  for (BlockingReason& blocking : BlockingReasons(claimed, profile, enforced, next, now)) {
    const bool about_profile = blocking.reason != reason::kDomainNotVerified;
    PreconditionViolation violation{
        .reason = std::string(blocking.reason),
        .resource = about_profile ? SsoProfileNameOf(command.organization, profile.id) : name,
        .description = std::move(blocking.description)};
    // The profile's reasons are the same for every domain: say them once.
    if (about_profile && std::any_of(effect->blocking.begin(), effect->blocking.end(),
                                     [&](const auto& v) { return v.reason == violation.reason; })) {
      continue;
    }
    effect->blocking.push_back(std::move(violation));
  }
  for (Warning& warning : Warnings(claimed, {}, now)) {
    effect->warnings.push_back({std::string(Name(warning.kind)), name, warning.description});
  }
  if (enforced != nullptr && enforced->profile != command.profile) {
    effect->warnings.push_back(
        {"DOMAIN_MOVES", name,
         absl::StrCat("is enforced through ",
                      SsoProfileNameOf(command.organization, enforced->profile),
                      " now and moves to this profile")});
  }
  return storage::EnforcementStore::Put(tx, next);
}

// Counts the users whom the enforcement of `domain` decides about, on it and on
// its subdomains, as `facts` sees them after the writes.
absl::Status CountUsers(storage::Transaction& tx, StoreFacts& facts, const EnforceCommand& command,
                        const DomainName& domain, EnforcementEffect* effect) {
  ASSIGN_OR_RETURN(bool held, storage::DomainStore::Holds(tx, command.organization, domain));
  ASSIGN_OR_RETURN(auto counts, storage::DomainStore::Counts(tx, command.organization, domain));
  int64_t users = counts.users;
  int64_t managed = held ? counts.claimed : 0;
  if (held && command.match_subdomains) {
    ASSIGN_OR_RETURN(auto below,
                     storage::DomainStore::CountsBelow(tx, command.organization, domain));
    for (const auto& [subdomain, on_it] : below) {
      ASSIGN_OR_RETURN(const DomainRule* rule, facts.RuleOf(subdomain));
      if (rule == nullptr || rule->domain != domain) continue;
      users += on_it.users;
      managed += on_it.claimed;
    }
  }
  const std::string name = DomainNameOf(command.organization, domain);
  const int64_t independent = users - managed;
  effect->covered += managed;  // less the exempt: see CountExempt
  effect->left_out += independent;
  if (managed == 0) {
    effect->warnings.push_back({"NO_MANAGED_USERS", name,
                                "has no managed user yet; import users or create them to have "
                                "them enforced"});
  }
  if (independent > 0) {
    effect->warnings.push_back(
        {"INDEPENDENT_USERS_LEFT_OUT", name,
         absl::StrCat(independent,
                      independent == 1 ? " independent user keeps a password"
                                       : " independent users keep their passwords",
                      "; import them to have them managed and enforced")});
  }
  return absl::OkStatus();
}

// Whether `user` is managed, by the rule of one of the domains.
absl::StatusOr<bool> IsManagedOn(StoreFacts& facts, const User& user,
                                 const std::vector<DomainName>& domains) {
  if (!user.claimed) return false;
  ASSIGN_OR_RETURN(const DomainRule* rule, facts.RuleOf(user.email.domain()));
  return rule != nullptr && rule->organization == user.organization && IsHeld(rule->state) &&
         std::find(domains.begin(), domains.end(), rule->domain) != domains.end();
}

// Rule 4: whoever triggers an enforcement keeps a way in by the same commit.
absl::Status ExemptActingAdmin(storage::Transaction& tx, const EnforceCommand& command,
                               const User& admin, absl::Time now, EnforcementEffect* effect) {
  if (command.mode != EnforcementMode::kEnforce) return absl::OkStatus();
  StoreFacts facts(tx);
  ASSIGN_OR_RETURN(bool covered, IsManagedOn(facts, admin, command.domains));
  if (!covered) return absl::OkStatus();
  ASSIGN_OR_RETURN(auto current, storage::ExemptionStore::Find(tx, command.organization, admin.id));
  // One that lasts as long is kept, whatever its kind.
  if (current && (*current)->IsActiveAt(now) &&
      (*current)->expire_time >= command.exemption_expire_time) {
    return absl::OkStatus();
  }
  effect->new_exemption = Exemption{.organization = command.organization,
                                    .user = admin.id,
                                    .kind = ExemptionKind::kTriggeringAdmin,
                                    .reason = "triggered the enforcement",
                                    .approver = UserNameOf(command.organization, admin.id),
                                    .create_time = now,
                                    .expire_time = command.exemption_expire_time};
  effect->new_exemption_email = admin.email;
  return storage::ExemptionStore::Put(tx, *effect->new_exemption);
}

// The managed users on the domains whom an exemption or an override keeps off.
absl::Status CountExempt(storage::Transaction& tx, StoreFacts& facts, const EnforceCommand& command,
                         absl::Time now, EnforcementEffect* effect) {
  ASSIGN_OR_RETURN(auto exemptions,
                   storage::ExemptionStore::List(tx, command.organization, "", kNoLimit));
  ASSIGN_OR_RETURN(auto overrides,
                   storage::SsoOverrideStore::List(tx, command.organization, "", kNoLimit));
  bool lasting_break_glass = false;
  std::set<UserId> kept_off;
  for (const auto& exemption : exemptions) {
    if (!exemption->IsActiveAt(now)) continue;
    if (exemption->kind == ExemptionKind::kBreakGlass &&
        exemption->expire_time == absl::InfiniteFuture()) {
      lasting_break_glass = true;
    }
    kept_off.insert(exemption->user);
  }
  for (const auto& own : overrides) {
    if (own->mode == SsoOverrideMode::kExempt) kept_off.insert(own->user);
  }
  for (const UserId& id : kept_off) {
    ASSIGN_OR_RETURN(auto user, storage::UserStore::Find(tx, command.organization, id));
    if (!user) continue;
    ASSIGN_OR_RETURN(bool managed, IsManagedOn(facts, **user, command.domains));
    if (managed) ++effect->exempt;
  }
  effect->covered -= effect->exempt;
  if (!lasting_break_glass) {
    effect->warnings.push_back(
        {"NO_BREAK_GLASS", OrganizationNameOf(command.organization),
         "has no BREAK_GLASS exemption without an end; create one for the day the identity "
         "provider fails"});
  }
  return absl::OkStatus();
}

absl::Status WarnOfProfile(const SsoProfile& profile, absl::Time now, EnforcementEffect* effect) {
  std::vector<absl::Time> ends;
  for (const std::string& pem : profile.saml.idp_certificates) {
    auto certificate = ParseCertificate("idp_certificates", pem);
    if (!certificate.ok()) {
      // It was valid when it was stored.
      return Error(absl::StatusCode::kDataLoss, reason::kStoreCorrupt,
                   absl::StrCat(SsoProfileNameOf(profile.organization, profile.id),
                                " holds a damaged certificate; update the profile"))
          .Build();
    }
    ends.push_back(certificate->not_after);
  }
  for (Warning& warning : Warnings(std::nullopt, ends, now)) {
    effect->warnings.push_back({std::string(Name(warning.kind)),
                                SsoProfileNameOf(profile.organization, profile.id),
                                std::move(warning.description)});
  }
  if (profile.staged) {
    effect->warnings.push_back(
        {"SETTINGS_STAGED", SsoProfileNameOf(profile.organization, profile.id),
         "has new settings from the IdP's metadata, which wait for a connection test; test them, "
         "so that they are in place when the old ones end"});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<EnforcementEffect> ApplyEnforcement(storage::Transaction& tx,
                                                   const EnforceCommand& command, absl::Time now) {
  if (command.exemption_expire_time <= now) {
    return InvalidField("exemption_expire_time", absl::FormatTime(command.exemption_expire_time),
                        "a time that lies ahead");
  }
  RETURN_IF_ERROR(CheckOrganizationExists(tx, command.organization));
  ASSIGN_OR_RETURN(auto profile,
                   storage::SsoProfileStore::Find(tx, command.organization, command.profile));
  if (!profile) return ResourceNotFound(SsoProfileNameOf(command.organization, command.profile));
  RETURN_IF_ERROR(CheckRollout(tx, command.organization, command.rollout));

  EnforcementEffect effect;
  for (const DomainName& domain : command.domains) {
    RETURN_IF_ERROR(EnforceDomain(tx, command, **profile, domain, now, &effect));
  }
  auto admin = FindActingAdmin(tx, command.organization, command.acting_admin);
  RETURN_IF_ERROR(Collect(admin.status(), &effect));
  if (admin.ok()) {
    RETURN_IF_ERROR(ExemptActingAdmin(tx, command, **admin, now, &effect));
  }
  // Nothing is written from here on.
  StoreFacts facts(tx);
  for (const DomainName& domain : command.domains) {
    RETURN_IF_ERROR(CountUsers(tx, facts, command, domain, &effect));
  }
  RETURN_IF_ERROR(CountExempt(tx, facts, command, now, &effect));
  RETURN_IF_ERROR(WarnOfProfile(**profile, now, &effect));
  RETURN_IF_ERROR(Collect(RequireWayIn(tx, command.organization), &effect));
  return effect;
}

absl::Status BlockedBy(const EnforcementEffect& effect) {
  if (effect.blocking.empty()) return absl::OkStatus();
  const PreconditionViolation& first = effect.blocking.front();
  Error error(absl::StatusCode::kFailedPrecondition, first.reason,
              absl::StrCat(first.resource, ": ", first.description));
  for (const PreconditionViolation& violation : effect.blocking) {
    std::move(error).Violation(violation);
  }
  return std::move(error).Build();
}

absl::Status ApplyRelease(storage::Transaction& tx, const OrganizationId& organization,
                          const std::vector<DomainName>& domains) {
  RETURN_IF_ERROR(CheckOrganizationExists(tx, organization));
  std::vector<std::string> not_enforced;
  // What a subdomain is released from may be milder than its parent's rule,
  // which then covers it.
  auto release = [&]() -> absl::Status {
    for (const DomainName& domain : domains) {
      ASSIGN_OR_RETURN(auto current, storage::EnforcementStore::Find(tx, organization, domain));
      if (!current) not_enforced.push_back(EnforcementNameOf(organization, domain));
      RETURN_IF_ERROR(storage::EnforcementStore::Delete(tx, organization, domain));
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(KeepWayIn(tx, organization, release));
  if (not_enforced.empty()) return absl::OkStatus();
  Error error(absl::StatusCode::kFailedPrecondition, reason::kDomainNotEnforced,
              absl::StrCat(not_enforced.front(), " does not exist; nothing was released"));
  for (const std::string& name : not_enforced) {
    std::move(error).Subject(name, "the domain is not enforced");
  }
  return std::move(error).Build();
}

absl::Status SetEnforcedDomains(storage::Transaction& tx, const OrganizationId& organization,
                                const SsoProfileId& profile, const std::vector<DomainName>& domains,
                                const UserId& acting_admin, absl::Time now) {
  ASSIGN_OR_RETURN(std::vector<DomainName> enforced, EnforcedDomains(tx, organization, profile));
  const std::set<DomainName> before(enforced.begin(), enforced.end());
  const std::set<DomainName> after(domains.begin(), domains.end());
  std::vector<DomainName> removed;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::back_inserter(removed));
  EnforceCommand command{
      .organization = organization, .profile = profile, .acting_admin = acting_admin};
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                      std::back_inserter(command.domains));
  if (!removed.empty()) RETURN_IF_ERROR(ApplyRelease(tx, organization, removed));
  if (command.domains.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(EnforcementEffect effect, ApplyEnforcement(tx, command, now));
  return BlockedBy(effect);
}

absl::StatusOr<std::vector<DomainName>> EnforcedDomains(storage::Reader& reader,
                                                        const OrganizationId& organization,
                                                        const SsoProfileId& profile) {
  ASSIGN_OR_RETURN(auto enforcements,
                   storage::EnforcementStore::List(reader, organization, "", kNoLimit));
  std::vector<DomainName> domains;
  for (const auto& enforcement : enforcements) {
    if (enforcement->profile == profile) domains.push_back(enforcement->domain);
  }
  return domains;
}

absl::Status CheckDomainList(absl::string_view field, const std::vector<DomainName>& domains) {
  if (domains.empty() || domains.size() > kMaxDomains) {
    return InvalidField(field, absl::StrCat(domains.size(), " domains"),
                        absl::StrCat("1 to ", kMaxDomains, " domains"));
  }
  std::set<DomainName> seen;
  for (size_t i = 0; i < domains.size(); ++i) {
    if (!seen.insert(domains[i]).second) {
      return InvalidField(absl::StrCat(field, "[", i, "]"), domains[i].ascii(), "each domain once");
    }
  }
  return absl::OkStatus();
}

}  // namespace gatehouse
