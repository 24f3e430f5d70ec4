#include "server/managers/enforcement_report_manager.h"

#include <optional>
#include <utility>

#include "policy/errors.h"
#include "policy/status_macros.h"
#include "server/decision/store_facts.h"
#include "server/managers/preconditions.h"
#include "server/names/resource_names.h"
#include "storage/stores/enforcement_counts_store.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/sso_profile_store.h"
#include "storage/stores/user_store.h"

namespace gatehouse {
namespace {

bool IsRefusedAPassword(const UserView& view) {
  return view.type == UserType::kManaged &&
         (view.decision.verdict == Verdict::kRequireSso ||
          view.decision.observed_verdict == Verdict::kRequireSso);
}

absl::StatusOr<Page<UserView>> ListRefused(storage::Reader& reader, const Enforcement& enforcement,
                                           const PageRequest& page, absl::Time now) {
  StoreFacts facts(reader);
  Page<UserView> refused;
  size_t looked_at = 0;
  std::string last;
  auto visit = [&](storage::Stored<User> user) -> absl::StatusOr<bool> {
    if (refused.items.size() == page.size ||
        looked_at == EnforcementReportManager::kMaxUsersPerPage) {
      refused.next = std::move(last);
      return false;
    }
    ++looked_at;
    last = storage::UserStore::Cursor(*user);
    // A subdomain may have an enforcement of its own.
    ASSIGN_OR_RETURN(const DecisionFacts known, facts.ForUser(*user));
    if (known.rule == nullptr || known.rule->domain != enforcement.domain) return true;
    ASSIGN_OR_RETURN(UserView view, ViewOf(facts, std::move(user), now));
    if (IsRefusedAPassword(view)) refused.items.push_back(std::move(view));
    return true;
  };
  const std::optional<DomainName> only =
      enforcement.match_subdomains ? std::nullopt : std::optional(enforcement.domain);
  RETURN_IF_ERROR(
      storage::UserStore::Scan(reader, enforcement.organization, only, page.after, visit));
  for (UserView& view : refused.items) RETURN_IF_ERROR(LoadDetails(reader, view));
  return refused;
}

}  // namespace

absl::StatusOr<EnforcementReport> EnforcementReportManager::Report(
    const OrganizationId& organization, const DomainName& domain, const PageRequest& page) {
  const absl::Time now = context_.clock->Now();
  ASSIGN_OR_RETURN(auto reader, context_.OpenReader());
  ASSIGN_OR_RETURN(auto enforcement, storage::EnforcementStore::Find(reader, organization, domain));
  if (!enforcement) return ResourceNotFound(EnforcementNameOf(organization, domain));
  ASSIGN_OR_RETURN(const auto profile,
                   FindSsoProfile(reader, organization, (*enforcement)->profile));
  ASSIGN_OR_RETURN(storage::EnforcementCounts counts,
                   storage::EnforcementCountsStore::Get(reader, organization, domain));
  counts.StartSignInsAt(CountedSince(**enforcement, *profile, now));

  EnforcementReport report;
  report.sso = {.successes = counts.sso_successes, .failures = counts.sso_failures};
  ASSIGN_OR_RETURN(report.decisions, counters_->CountsOf(**enforcement));
  ASSIGN_OR_RETURN(report.refused, ListRefused(reader, **enforcement, page, now));
  report.enforcement = *std::move(enforcement);
  return report;
}

}  // namespace gatehouse
