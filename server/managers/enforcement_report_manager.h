// Use case: what an enforcement does, or under OBSERVE would do.
#ifndef GATEHOUSE_SERVER_MANAGERS_ENFORCEMENT_REPORT_MANAGER_H_
#define GATEHOUSE_SERVER_MANAGERS_ENFORCEMENT_REPORT_MANAGER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/automatic_pause.h"
#include "policy/domain_name.h"
#include "policy/enforcement.h"
#include "server/managers/decision_counters.h"
#include "server/managers/manager_context.h"
#include "server/managers/page.h"
#include "server/managers/user_view.h"
#include "storage/stores/stored.h"

namespace gatehouse {

struct EnforcementReport {
  storage::Stored<Enforcement> enforcement;
  std::vector<storage::DecisionCount> decisions;  // by reason, then verdict
  SsoOutcomes sso;                                // counted since the last change
  Page<UserView> refused;                         // with details
};

// Thread-safe.
class EnforcementReportManager {
 public:
  // `counters` must outlive this.
  EnforcementReportManager(const ManagerContext& context, DecisionCounters* counters)
      : context_(context), counters_(counters) {}

  // A page of the managed users whom the domain's enforcement refuses a
  // password now, by address; under OBSERVE, whom it would refuse if it were
  // ENFORCE. As for CheckLogin, users whom a rollout does not cover yet are not
  // among them: to see all of an enforcement, observe it without a rollout.
  // With the counts, which are the same on every page.
  //
  // Looks at no more than kMaxUsersPerPage users: a page may hold fewer than
  // asked for, or none, and still say where to go on. NOT_FOUND: the domain is
  // not enforced. Otherwise errors of the store.
  absl::StatusOr<EnforcementReport> Report(const OrganizationId& organization,
                                           const DomainName& domain, const PageRequest& page);
  static constexpr size_t kMaxUsersPerPage = 10'000;

 private:
  ManagerContext context_;
  DecisionCounters* counters_;
};

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_MANAGERS_ENFORCEMENT_REPORT_MANAGER_H_
