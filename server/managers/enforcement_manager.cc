#include "server/managers/enforcement_manager.h"

#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/decision/store_facts.h"
#include "server/managers/preconditions.h"
#include "server/names/resource_names.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/user_store.h"

namespace gatehouse {
namespace {

// Stands for the command, the version of the organization's policy and of the
// population of each domain. To be asked before anything is written to a
// transaction; what it read is then a condition of the commit.
absl::StatusOr<std::string> PlanToken(storage::Reader& reader, const EnforceCommand& command) {
  ASSIGN_OR_RETURN(storage::Revision policy,
                   storage::PolicyGuard::Version(reader, command.organization));
  std::string seen = absl::StrCat(
      command.organization.value(), "/", command.profile.value(), "/", command.acting_admin.value(),
      "/", static_cast<int>(command.mode), "/", static_cast<int>(command.unmanaged_users), "/",
      absl::FormatTime(absl::RFC3339_full, command.exemption_expire_time, absl::UTCTimeZone()), "/",
      policy);
  std::vector<DomainName> domains = command.domains;
  std::sort(domains.begin(), domains.end());
  for (const DomainName& domain : domains) {
    ASSIGN_OR_RETURN(auto counts,
                     storage::DomainStore::Counts(reader, command.organization, domain));
    absl::StrAppend(&seen, "/", domain.ascii(), "@", counts.mod_revision);
  }
  const XXH128_hash_t hash = XXH3_128bits(seen.data(), seen.size());
  return absl::StrFormat("%016x%016x", hash.high64, hash.low64);
}

// Sorts the users on the plan's domains, as `reader` sees them after the change,
// into those covered, exempt and left out.
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
  std::vector<DomainName> domains = command.domains;
  std::sort(domains.begin(), domains.end());
  for (const DomainName& domain : domains) {
    if (scanned >= EnforcementPlan::kMaxScannedUsers) break;
    RETURN_IF_ERROR(storage::UserStore::Scan(reader, command.organization, domain, "", sort_user));
  }
  return absl::OkStatus();
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
    enforcement.mod_revision = result.revision;
    // A new enforcement learns its revision from its commit.
    if (enforcement->enforce_revision == 0) enforcement->enforce_revision = result.revision;
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
