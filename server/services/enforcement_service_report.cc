// EnforcementService.GetEnforcementReport.
#include <utility>

#include "policy/status_macros.h"
#include "server/names/resource_names.h"
#include "server/services/enforcement_rendering.h"
#include "server/services/enforcement_service.h"
#include "server/services/requests.h"
#include "server/services/user_rendering.h"

namespace gatehouse {
namespace {

// policy/decision.h and the API number verdicts and reasons alike.
v1::EnforcementReport Render(const EnforcementReport& report) {
  v1::EnforcementReport rendered;
  *rendered.mutable_enforcement() = RenderEnforcement(report.enforcement);
  for (const storage::DecisionCount& count : report.decisions) {
    auto* kind = rendered.add_decision_counts();
    kind->set_verdict(static_cast<v1::Verdict>(count.verdict));
    if (count.observed_verdict) {
      kind->set_observed_verdict(static_cast<v1::Verdict>(*count.observed_verdict));
    }
    kind->set_reason(static_cast<v1::DecisionReason>(count.reason));
    kind->set_count(count.count);
  }
  for (const UserView& view : report.refused.items) {
    auto* refused = rendered.add_refused_users();
    *refused->mutable_user() = RenderUser(view);
    refused->set_reason(static_cast<v1::DecisionReason>(view.decision.reason));
  }
  rendered.set_sso_success_count(report.sso.successes);
  rendered.set_sso_failure_count(report.sso.failures);
  return rendered;
}

}  // namespace

grpc::ServerUnaryReactor* EnforcementService::GetEnforcementReport(
    grpc::CallbackServerContext* context, const v1::GetEnforcementReportRequest* request,
    v1::EnforcementReport* response) {
  return calls_->Unary(
      context, "EnforcementService/GetEnforcementReport", *request, response,
      [this, request](const Caller&) -> absl::StatusOr<v1::EnforcementReport> {
        ASSIGN_OR_RETURN(DomainResource name, ParseEnforcementResource("name", request->name()));
        ASSIGN_OR_RETURN(PageRequest page, ParsePage(request->page_size(), request->page_token(),
                                                     {"enforcement report", request->name()}));
        ASSIGN_OR_RETURN(EnforcementReport report,
                         reports_->Report(name.organization, name.domain, page));
        v1::EnforcementReport rendered = Render(report);
        rendered.set_next_page_token(
            RenderPageToken(report.refused.next, {"enforcement report", request->name()}));
        return rendered;
      });
}

}  // namespace gatehouse
