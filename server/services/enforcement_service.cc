#include "server/services/enforcement_service.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/status_macros.h"
#include "server/names/resource_names.h"
#include "server/services/acting_admin.h"
#include "server/services/enforcement_rendering.h"
#include "server/services/requests.h"
#include "server/services/rollout_parsing.h"
#include "server/services/user_rendering.h"

namespace gatehouse {
namespace {

template <typename Domains>
absl::StatusOr<std::vector<DomainName>> ParseDomains(const Domains& domains) {
  std::vector<DomainName> parsed;
  for (int i = 0; i < domains.size(); ++i) {
    ASSIGN_OR_RETURN(DomainName name,
                     DomainName::Parse(absl::StrCat("domains[", i, "]"), domains[i]));
    parsed.push_back(std::move(name));
  }
  return parsed;
}

// PlanEnforcementRequest and EnforceDomainsRequest share these fields.
template <typename Request>
absl::StatusOr<EnforceCommand> ParseCommand(const Caller& caller, const Request& request) {
  EnforceCommand command;
  ASSIGN_OR_RETURN(command.organization, ParseOrganizationName("parent", request.parent()));
  ASSIGN_OR_RETURN(command.domains, ParseDomains(request.domains()));
  ASSIGN_OR_RETURN(command.profile,
                   ParseSsoProfileOf(command.organization, "sso_profile", request.sso_profile()));
  ASSIGN_OR_RETURN(command.acting_admin,
                   ParseActingAdmin(caller, command.organization, request.acting_admin()));
  ASSIGN_OR_RETURN(command.mode,
                   ParseEnum<EnforcementMode>("mode", request.mode(), EnforcementMode::kEnforce,
                                              v1::Enforcement::Mode_IsValid));
  ASSIGN_OR_RETURN(command.unmanaged_users,
                   ParseEnum<UnmanagedUsers>("unmanaged_users", request.unmanaged_users(),
                                             UnmanagedUsers::kPassword,
                                             v1::Enforcement::UnmanagedUsers_IsValid));
  if (request.has_exemption_expire_time()) {
    ASSIGN_OR_RETURN(command.exemption_expire_time,
                     ParseTime("exemption_expire_time", request.exemption_expire_time()));
  }
  command.match_subdomains = request.match_subdomains();
  if (request.has_rollout()) {
    ASSIGN_OR_RETURN(command.rollout, ParseRollout(command.organization, request.rollout()));
  }
  ASSIGN_OR_RETURN(command.on_unavailable,
                   ParseEnum<UnavailablePolicy>("on_unavailable", request.on_unavailable(),
                                                UnavailablePolicy::kRequireSso,
                                                v1::Enforcement::UnavailablePolicy_IsValid));
  return command;
}

void RenderIssue(absl::string_view reason, absl::string_view resource,
                 absl::string_view description, v1::EnforcementPlan::Issue* issue) {
  issue->set_reason(std::string(reason));
  issue->set_subject(std::string(resource));
  issue->set_description(std::string(description));
}

v1::EnforcementPlan Render(const EnforcementPlan& plan) {
  v1::EnforcementPlan rendered;
  rendered.set_ready(plan.effect.blocking.empty());
  for (const auto& blocking : plan.effect.blocking) {
    RenderIssue(blocking.reason, blocking.resource, blocking.description, rendered.add_blocking());
  }
  for (const auto& warning : plan.effect.warnings) {
    RenderIssue(warning.reason, warning.resource, warning.description, rendered.add_warnings());
  }
  rendered.set_covered_count(plan.effect.covered);
  rendered.set_exempt_count(plan.effect.exempt);
  rendered.set_left_out_count(plan.effect.left_out);
  for (const UserView& user : plan.covered_users) *rendered.add_covered_users() = RenderUser(user);
  for (const UserView& user : plan.exempt_users) *rendered.add_exempt_users() = RenderUser(user);
  for (const UserView& user : plan.left_out_users) {
    *rendered.add_left_out_users() = RenderUser(user);
  }
  rendered.set_plan_token(plan.token);
  rendered.set_revision(static_cast<int64_t>(plan.revision));
  return rendered;
}

v1::EnforceDomainsResponse Render(const EnforcementResult& result) {
  v1::EnforceDomainsResponse rendered;
  for (const auto& enforcement : result.enforcements) {
    *rendered.add_enforcements() = RenderEnforcement(enforcement);
  }
  if (result.effect.new_exemption) {
    *rendered.mutable_triggering_admin_exemption() = RenderExemption(
        {.exemption = *result.effect.new_exemption, .email = *result.effect.new_exemption_email});
  }
  rendered.set_covered_count(result.effect.covered);
  rendered.set_exempt_count(result.effect.exempt);
  rendered.set_left_out_count(result.effect.left_out);
  rendered.set_revision(static_cast<int64_t>(result.revision));
  return rendered;
}

absl::StatusOr<ExemptionManager::CreateCommand> ParseCommand(
    const v1::CreateExemptionRequest& request) {
  ExemptionManager::CreateCommand command;
  const v1::Exemption& exemption = request.exemption();
  ASSIGN_OR_RETURN(command.organization, ParseOrganizationName("parent", request.parent()));
  ASSIGN_OR_RETURN(command.user,
                   ParseUserOf(command.organization, "exemption.user", exemption.user()));
  ASSIGN_OR_RETURN(command.kind,
                   ParseEnum<ExemptionKind>("exemption.kind", exemption.kind(), std::nullopt,
                                            v1::Exemption::Kind_IsValid));
  command.reason = exemption.reason();
  if (exemption.has_expire_time()) {
    ASSIGN_OR_RETURN(command.expire_time,
                     ParseTime("exemption.expire_time", exemption.expire_time()));
  }
  command.request_id = request.request_id();
  return command;
}

}  // namespace

grpc::ServerUnaryReactor* EnforcementService::PlanEnforcement(
    grpc::CallbackServerContext* context, const v1::PlanEnforcementRequest* request,
    v1::EnforcementPlan* response) {
  return calls_->Unary(
      context, "EnforcementService/PlanEnforcement", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<v1::EnforcementPlan> {
        ASSIGN_OR_RETURN(EnforceCommand command, ParseCommand(caller, *request));
        ASSIGN_OR_RETURN(PageRequest page, ParsePage(request->page_size(), "", {}));
        ASSIGN_OR_RETURN(EnforcementPlan plan, enforcements_->Plan(command, page.size));
        return Render(plan);
      });
}

grpc::ServerUnaryReactor* EnforcementService::EnforceDomains(
    grpc::CallbackServerContext* context, const v1::EnforceDomainsRequest* request,
    v1::EnforceDomainsResponse* response) {
  return calls_->Unary(
      context, "EnforcementService/EnforceDomains", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<v1::EnforceDomainsResponse> {
        ASSIGN_OR_RETURN(EnforceCommand command, ParseCommand(caller, *request));
        ASSIGN_OR_RETURN(EnforcementResult result,
                         enforcements_->Enforce(caller, command, request->plan_token()));
        return Render(result);
      });
}

grpc::ServerUnaryReactor* EnforcementService::ReleaseDomains(
    grpc::CallbackServerContext* context, const v1::ReleaseDomainsRequest* request,
    v1::ReleaseDomainsResponse* response) {
  return calls_->Unary(
      context, "EnforcementService/ReleaseDomains", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<v1::ReleaseDomainsResponse> {
        ASSIGN_OR_RETURN(OrganizationId parent, ParseOrganizationName("parent", request->parent()));
        ASSIGN_OR_RETURN(auto domains, ParseDomains(request->domains()));
        ASSIGN_OR_RETURN(storage::Revision revision,
                         enforcements_->Release(caller, parent, domains));
        v1::ReleaseDomainsResponse released;
        released.set_revision(static_cast<int64_t>(revision));
        return released;
      });
}

grpc::ServerUnaryReactor* EnforcementService::PauseEnforcement(
    grpc::CallbackServerContext* context, const v1::PauseEnforcementRequest* request,
    v1::Enforcement* response) {
  return calls_->Unary(
      context, "EnforcementService/PauseEnforcement", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<v1::Enforcement> {
        ASSIGN_OR_RETURN(DomainResource name, ParseEnforcementResource("name", request->name()));
        ASSIGN_OR_RETURN(auto paused, enforcements_->Pause(caller, name.organization, name.domain,
                                                           request->reason()));
        return RenderEnforcement(paused);
      });
}

grpc::ServerUnaryReactor* EnforcementService::ResumeEnforcement(
    grpc::CallbackServerContext* context, const v1::ResumeEnforcementRequest* request,
    v1::Enforcement* response) {
  return calls_->Unary(
      context, "EnforcementService/ResumeEnforcement", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<v1::Enforcement> {
        ASSIGN_OR_RETURN(DomainResource name, ParseEnforcementResource("name", request->name()));
        ASSIGN_OR_RETURN(auto resumed,
                         enforcements_->Resume(caller, name.organization, name.domain));
        return RenderEnforcement(resumed);
      });
}

grpc::ServerUnaryReactor* EnforcementService::GetEnforcement(
    grpc::CallbackServerContext* context, const v1::GetEnforcementRequest* request,
    v1::Enforcement* response) {
  return calls_->Unary(
      context, "EnforcementService/GetEnforcement", *request, response,
      [this, request](const Caller&) -> absl::StatusOr<v1::Enforcement> {
        ASSIGN_OR_RETURN(DomainResource name, ParseEnforcementResource("name", request->name()));
        ASSIGN_OR_RETURN(auto found, enforcements_->Get(name.organization, name.domain));
        return RenderEnforcement(found);
      });
}

grpc::ServerUnaryReactor* EnforcementService::ListEnforcements(
    grpc::CallbackServerContext* context, const v1::ListEnforcementsRequest* request,
    v1::ListEnforcementsResponse* response) {
  return calls_->Unary(
      context, "EnforcementService/ListEnforcements", *request, response,
      [this, request](const Caller&) -> absl::StatusOr<v1::ListEnforcementsResponse> {
        ASSIGN_OR_RETURN(OrganizationId parent, ParseOrganizationName("parent", request->parent()));
        ASSIGN_OR_RETURN(PageRequest page, ParsePage(request->page_size(), request->page_token(),
                                                     {"enforcements", parent.value()}));
        ASSIGN_OR_RETURN(auto found, enforcements_->List(parent, page));
        v1::ListEnforcementsResponse list;
        for (const auto& enforcement : found.items)
          *list.add_enforcements() = RenderEnforcement(enforcement);
        list.set_next_page_token(RenderPageToken(found.next, {"enforcements", parent.value()}));
        return list;
      });
}

grpc::ServerUnaryReactor* EnforcementService::CreateExemption(
    grpc::CallbackServerContext* context, const v1::CreateExemptionRequest* request,
    v1::Exemption* response) {
  return calls_->Unary(context, "EnforcementService/CreateExemption", *request, response,
                       [this, request](const Caller& caller) -> absl::StatusOr<v1::Exemption> {
                         ASSIGN_OR_RETURN(auto command, ParseCommand(*request));
                         ASSIGN_OR_RETURN(ExemptionView view, exemptions_->Create(caller, command));
                         return RenderExemption(view);
                       });
}

grpc::ServerUnaryReactor* EnforcementService::ListExemptions(
    grpc::CallbackServerContext* context, const v1::ListExemptionsRequest* request,
    v1::ListExemptionsResponse* response) {
  return calls_->Unary(
      context, "EnforcementService/ListExemptions", *request, response,
      [this, request](const Caller&) -> absl::StatusOr<v1::ListExemptionsResponse> {
        ASSIGN_OR_RETURN(OrganizationId parent, ParseOrganizationName("parent", request->parent()));
        ASSIGN_OR_RETURN(PageRequest page, ParsePage(request->page_size(), request->page_token(),
                                                     {"exemptions", parent.value()}));
        ASSIGN_OR_RETURN(auto found, exemptions_->List(parent, page));
        v1::ListExemptionsResponse list;
        for (const ExemptionView& view : found.items)
          *list.add_exemptions() = RenderExemption(view);
        list.set_next_page_token(RenderPageToken(found.next, {"exemptions", parent.value()}));
        return list;
      });
}

grpc::ServerUnaryReactor* EnforcementService::DeleteExemption(
    grpc::CallbackServerContext* context, const v1::DeleteExemptionRequest* request,
    google::protobuf::Empty* response) {
  return calls_->Unary(
      context, "EnforcementService/DeleteExemption", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<google::protobuf::Empty> {
        ASSIGN_OR_RETURN(UserResource name, ParseExemptionResource("name", request->name()));
        RETURN_IF_ERROR(exemptions_->Delete(caller, name.organization, name.user));
        return google::protobuf::Empty();
      });
}

}  // namespace gatehouse
