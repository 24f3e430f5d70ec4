#include "server/managers/enforcement_manager.h"

#include <xxhash.h>

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "policy/text.h"
#include "server/decision/store_facts.h"
#include "server/managers/preconditions.h"
#include "server/managers/responsible.h"
#include "server/managers/way_in_guard.h"
#include "server/names/resource_names.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/user_store.h"

namespace gatehouse {
namespace {

// Every field of the command, in a form that two commands share if and only if
// they are the same.
std::string CommandText(const EnforceCommand& command) {
  const auto time = [](absl::Time at) {
    return absl::FormatTime(absl::RFC3339_full, at, absl::UTCTimeZone());
  };
  const Rollout& rollout = command.rollout;
  std::string text = absl::StrCat(
      command.organization.value(), "/", command.profile.value(), "/", command.acting_admin.value(),
      "/", static_cast<int>(command.mode), "/", static_cast<int>(command.unmanaged_users), "/",
      time(command.exemption_expire_time), "/", command.match_subdomains, "/",
      static_cast<int>(command.on_unavailable), "/", time(rollout.start_time), "/", rollout.percent,
      "/", rollout.require_proof, "/", time(rollout.proof_deadline));
  for (const UserId& user : rollout.users) absl::StrAppend(&text, "/", user.value());
  if (rollout.automatic_pause) {
    absl::StrAppend(&text, "/pause ", rollout.automatic_pause->min_failures, "/",
                    rollout.automatic_pause->failure_percent, "/",
                    absl::FormatDuration(rollout.automatic_pause->window));
  }
  return text;
}

// The domains, in order, and with match_subdomains the subdomains on which the
// organization has users; each with the version of that population.
absl::StatusOr<std::map<DomainName, storage::Revision>> Populations(storage::Reader& reader,
                                                                    const EnforceCommand& command) {
  std::map<DomainName, storage::Revision> populations;
  for (const DomainName& domain : command.domains) {
    std::vector<DomainName> names = {domain};
    if (command.match_subdomains) {
      ASSIGN_OR_RETURN(auto below,
                       storage::DomainStore::CountsBelow(reader, command.organization, domain));
      for (const auto& [subdomain, counts] : below) names.push_back(subdomain);
    }
    // Read one by one: so each is a condition of the commit.
    for (const DomainName& name : names) {
      ASSIGN_OR_RETURN(auto counts,
                       storage::DomainStore::Counts(reader, command.organization, name));
      populations[name] = counts.mod_revision;
    }
  }
  return populations;
}

// Stands for the command, the version of the organization's policy and of the
// population of each domain. To be asked before anything is written to a
// transaction; what it read is then a condition of the commit.
absl::StatusOr<std::string> PlanToken(storage::Reader& reader, const EnforceCommand& command) {
  ASSIGN_OR_RETURN(storage::Revision policy,
                   storage::PolicyGuard::Version(reader, command.organization));
  ASSIGN_OR_RETURN(auto populations, Populations(reader, command));
  std::string seen = absl::StrCat(CommandText(command), "//", policy);
  std::vector<DomainName> domains = command.domains;
  std::sort(domains.begin(), domains.end());
  for (const DomainName& domain : domains) absl::StrAppend(&seen, "/", domain.ascii());
  for (const auto& [domain, revision] : populations) {
    absl::StrAppend(&seen, "/", domain.ascii(), "@", revision);
  }
  const XXH128_hash_t hash = XXH3_128bits(seen.data(), seen.size());
  return absl::StrFormat("%016x%016x", hash.high64, hash.low64);
}

// Sorts the users whom the plan's enforcements decide about, as `reader` sees
// them after the change, into those covered, exempt and left out.
absl::Status CollectUsers(storage::Reader& reader, const EnforceCommand& command,
                          size_t covered_to_show, absl::Time now, EnforcementPlan* plan) {
  StoreFacts facts(reader);
  size_t scanned = 0;
  auto sort_user = [&](storage::Stored<User> user) -> absl::StatusOr<bool> {
    ASSIGN_OR_RETURN(UserView view, ViewOf(facts, std::move(user), now));
    const bool managed = view.type == UserType::kManaged;
    const bool exempt = view.sso_status() == SsoStatus::kExempt;
    std::vector<UserView>& group = !managed ? plan->left_out_users
                                   : exempt ? plan->exempt_users
                                            : plan->covered_users;
    const size_t limit = managed && !exempt ? covered_to_show : EnforcementPlan::kShownUsers;
    if (group.size() < limit) group.push_back(std::move(view));
    return ++scanned < EnforcementPlan::kMaxScannedUsers;
  };
  ASSIGN_OR_RETURN(auto populations, Populations(reader, command));
  for (const auto& [name, revision] : populations) {
    if (scanned >= EnforcementPlan::kMaxScannedUsers) break;
    // On a subdomain somebody else's rule may decide, or its own.
    ASSIGN_OR_RETURN(const DomainRule* rule, facts.RuleOf(name));
    const DomainName& decides = rule != nullptr ? rule->domain : name;
    if (std::find(command.domains.begin(), command.domains.end(), decides) ==
        command.domains.end()) {
      continue;
    }
    RETURN_IF_ERROR(storage::UserStore::Scan(reader, command.organization, name, "", sort_user));
  }
  return absl::OkStatus();
}

// What was written learns its revision from its commit.
void LearnRevision(storage::Revision revision, storage::Stored<Enforcement>* written) {
  written->mod_revision = revision;
  if (written->value.enforce_revision == 0) written->value.enforce_revision = revision;
}

absl::Status CheckPlan(storage::Transaction& tx, const EnforceCommand& command,
                       const std::string& plan_token) {
  if (plan_token.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::string now, PlanToken(tx, command));
  if (now == plan_token) return absl::OkStatus();
  return Error(absl::StatusCode::kAborted, reason::kPlanOutdated,
               "the plan is of another request, or users, domains, profiles, enforcements or "
               "exemptions have changed since; plan again")
      .Subject(OrganizationNameOf(command.organization), "plan again")
      .Build();
}

}  // namespace

absl::StatusOr<EnforcementPlan> EnforcementManager::Plan(const EnforceCommand& command,
                                                         size_t covered_to_show) {
  RETURN_IF_ERROR(CheckDomainList("domains", command.domains));
  const absl::Time now = context_.clock->Now();
  ASSIGN_OR_RETURN(auto snapshot, context_.transactions->engine().NewSnapshot());
  storage::Transaction never_committed(snapshot);
  EnforcementPlan plan;
  plan.revision = snapshot->revision();
  ASSIGN_OR_RETURN(plan.token, PlanToken(never_committed, command));
  ASSIGN_OR_RETURN(plan.effect, ApplyEnforcement(never_committed, command, now));
  RETURN_IF_ERROR(CollectUsers(never_committed, command, covered_to_show, now, &plan));
  return plan;
}

absl::StatusOr<EnforcementResult> EnforcementManager::Enforce(const Caller& caller,
                                                              const EnforceCommand& command,
                                                              const std::string& plan_token) {
  RETURN_IF_ERROR(CheckDomainList("domains", command.domains));
  const absl::Time now = context_.clock->Now();
  EnforcementResult result;
  auto enforce = [&](storage::Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(CheckPlan(tx, command, plan_token));
    ASSIGN_OR_RETURN(result.effect, ApplyEnforcement(tx, command, now));
    RETURN_IF_ERROR(BlockedBy(result.effect));
    result.enforcements.clear();
    for (const DomainName& domain : command.domains) {
      ASSIGN_OR_RETURN(auto written,
                       storage::EnforcementStore::Find(tx, command.organization, domain));
      if (written) result.enforcements.push_back(*std::move(written));
    }
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(result.revision,
                   context_.transactions->Run(caller, command.organization, enforce));
  for (storage::Stored<Enforcement>& enforcement : result.enforcements) {
    LearnRevision(result.revision, &enforcement);
  }
  std::sort(result.enforcements.begin(), result.enforcements.end(),
            [](const auto& a, const auto& b) { return a->domain < b->domain; });
  return result;
}

absl::StatusOr<storage::Revision> EnforcementManager::Release(
    const Caller& caller, const OrganizationId& organization,
    const std::vector<DomainName>& domains) {
  RETURN_IF_ERROR(CheckDomainList("domains", domains));
  return context_.transactions->Run(caller, organization, [&](storage::Transaction& tx) {
    return ApplyRelease(tx, organization, domains);
  });
}

absl::StatusOr<storage::Stored<Enforcement>> EnforcementManager::Change(
    const Caller& caller, const OrganizationId& organization, const DomainName& domain,
    absl::FunctionRef<absl::Status(storage::Transaction&, Enforcement)> change) {
  std::optional<storage::Stored<Enforcement>> written;
  auto body = [&](storage::Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(auto found, storage::EnforcementStore::Find(tx, organization, domain));
    if (!found) return ResourceNotFound(EnforcementNameOf(organization, domain));
    RETURN_IF_ERROR(change(tx, std::move(found->value)));
    ASSIGN_OR_RETURN(written, storage::EnforcementStore::Find(tx, organization, domain));
    return absl::OkStatus();
  };
  ASSIGN_OR_RETURN(storage::Revision revision,
                   context_.transactions->Run(caller, organization, body));
  LearnRevision(revision, &*written);
  return *std::move(written);
}

absl::StatusOr<storage::Stored<Enforcement>> EnforcementManager::Pause(
    const Caller& caller, const OrganizationId& organization, const DomainName& domain,
    const std::string& reason) {
  RETURN_IF_ERROR(CheckText("reason", reason, 1, kMaxNoteBytes));
  const absl::Time now = context_.clock->Now();
  return Change(caller, organization, domain,
                [&](storage::Transaction& tx, Enforcement enforcement) {
                  enforcement.pause =
                      gatehouse::Pause{.time = enforcement.pause ? enforcement.pause->time : now,
                                       .automatic = false,
                                       .reason = reason,
                                       .actor = ResponsibleFor(caller, organization)};
                  return storage::EnforcementStore::Put(tx, enforcement);
                });
}

absl::StatusOr<storage::Stored<Enforcement>> EnforcementManager::Resume(
    const Caller& caller, const OrganizationId& organization, const DomainName& domain) {
  const absl::Time now = context_.clock->Now();
  return Change(caller, organization, domain,
                [&](storage::Transaction& tx, Enforcement enforcement) -> absl::Status {
                  if (!enforcement.pause) {
                    return Error(absl::StatusCode::kFailedPrecondition, reason::kNotPaused,
                                 absl::StrCat(EnforcementNameOf(organization, domain),
                                              " is not paused; there is nothing to resume"))
                        .Subject(EnforcementNameOf(organization, domain), "not paused");
                  }
                  enforcement.pause.reset();
                  // Whom the pause let in is enforced from now on, not since then.
                  enforcement.enforce_time = now;
                  enforcement.enforce_revision = 0;
                  enforcement.change_time = now;
                  RETURN_IF_ERROR(storage::EnforcementStore::Put(tx, enforcement));
                  return RequireWayIn(tx, organization);
                });
}

absl::StatusOr<storage::Stored<Enforcement>> EnforcementManager::Get(
    const OrganizationId& organization, const DomainName& domain) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  ASSIGN_OR_RETURN(auto found, storage::EnforcementStore::Find(reader, organization, domain));
  if (!found) return ResourceNotFound(EnforcementNameOf(organization, domain));
  return *std::move(found);
}

absl::StatusOr<Page<storage::Stored<Enforcement>>> EnforcementManager::List(
    const OrganizationId& organization, const PageRequest& page) {
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  RETURN_IF_ERROR(CheckOrganizationExists(reader, organization));
  ASSIGN_OR_RETURN(
      auto found, storage::EnforcementStore::List(reader, organization, page.after, page.size + 1));
  return Page<storage::Stored<Enforcement>>::Of(
      std::move(found), page.size,
      [](const auto& enforcement) { return enforcement->domain.ascii(); });
}

}  // namespace gatehouse
