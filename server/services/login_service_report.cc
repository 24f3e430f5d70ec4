// LoginService.ReportLogin.
#include <utility>

#include "policy/status_macros.h"
#include "server/names/resource_names.h"
#include "server/services/login_service.h"
#include "server/services/requests.h"

namespace gatehouse {
namespace {

absl::StatusOr<LoginReport> ParseReport(const v1::ReportLoginRequest& request) {
  LoginReport report;
  ASSIGN_OR_RETURN(report.email, EmailAddress::Parse("email", request.email()));
  ASSIGN_OR_RETURN(report.method, ParseEnum<LoginMethod>("method", request.method(), std::nullopt,
                                                         v1::ReportLoginRequest::Method_IsValid));
  ASSIGN_OR_RETURN(report.outcome,
                   ParseEnum<LoginOutcome>("outcome", request.outcome(), std::nullopt,
                                           v1::ReportLoginRequest::Outcome_IsValid));
  if (!request.sso_profile().empty()) {
    ASSIGN_OR_RETURN(report.profile, ParseSsoProfileResource("sso_profile", request.sso_profile()));
  }
  report.failure_reason = request.failure_reason();
  return report;
}

}  // namespace

grpc::ServerUnaryReactor* LoginService::ReportLogin(grpc::CallbackServerContext* context,
                                                    const v1::ReportLoginRequest* request,
                                                    v1::ReportLoginResponse* response) {
  return calls_->Unary(
      context, "LoginService/ReportLogin", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<v1::ReportLoginResponse> {
        ASSIGN_OR_RETURN(const LoginReport report, ParseReport(*request));
        ASSIGN_OR_RETURN(const storage::Revision revision, reports_->Report(caller, report));
        v1::ReportLoginResponse reported;
        reported.set_revision(static_cast<int64_t>(revision));
        return reported;
      });
}

}  // namespace gatehouse
