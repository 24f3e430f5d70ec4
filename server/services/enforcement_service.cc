#include "server/services/enforcement_service.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/status_macros.h"
#include "server/names/resource_names.h"
#include "server/services/requests.h"
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
absl::StatusOr<EnforceCommand> ParseCommand(const Request& request) {
  EnforceCommand command;
  ASSIGN_OR_RETURN(command.organization, ParseOrganizationName("parent", request.parent()));
  ASSIGN_OR_RETURN(command.domains, ParseDomains(request.domains()));
  ASSIGN_OR_RETURN(command.profile,
                   ParseSsoProfileOf(command.organization, "sso_profile", request.sso_profile()));
  ASSIGN_OR_RETURN(command.acting_admin,
                   ParseUserOf(command.organization, "acting_admin", request.acting_admin()));
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
  return command;
}

v1::Enforcement Render(const storage::Stored<Enforcement>& stored) {
  const Enforcement& enforcement = *stored;
  v1::Enforcement rendered;
  rendered.set_name(EnforcementNameOf(enforcement.organization, enforcement.domain));
  rendered.set_domain(enforcement.domain.ascii());
  rendered.set_sso_profile(SsoProfileNameOf(enforcement.organization, enforcement.profile));
  // policy/enforcement.h and the API number modes and kinds alike.
  rendered.set_mode(static_cast<v1::Enforcement::Mode>(enforcement.mode));
  rendered.set_unmanaged_users(
      static_cast<v1::Enforcement::UnmanagedUsers>(enforcement.unmanaged_users));
  rendered.set_triggering_admin(UserNameOf(enforcement.organization, enforcement.triggered_by));
  *rendered.mutable_enforce_time() = RenderTime(enforcement.enforce_time);
  rendered.set_enforce_revision(static_cast<int64_t>(enforcement.enforce_revision));
  rendered.set_etag(RenderEtag(stored.mod_revision));
  return rendered;
}

v1::Exemption Render(const Exemption& exemption) {
  v1::Exemption rendered;
  rendered.set_name(ExemptionNameOf(exemption.organization, exemption.user));
  rendered.set_user(UserNameOf(exemption.organization, exemption.user));
  rendered.set_kind(static_cast<v1::Exemption::Kind>(exemption.kind));
  rendered.set_reason(exemption.reason);
  *rendered.mutable_create_time() = RenderTime(exemption.create_time);
  if (exemption.expire_time != absl::InfiniteFuture()) {
    *rendered.mutable_expire_time() = RenderTime(exemption.expire_time);
  }
  return rendered;
}

v1::Exemption Render(const ExemptionView& view) {
  v1::Exemption rendered = Render(view.exemption);
  rendered.set_email(view.email.Canonical());
  return rendered;
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
    *rendered.add_enforcements() = Render(enforcement);
  }
  if (result.effect.new_exemption) {
    v1::Exemption& exemption = *rendered.mutable_triggering_admin_exemption();
    exemption = Render(*result.effect.new_exemption);
    exemption.set_email(result.effect.new_exemption_email->Canonical());
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
      [this, request](const Caller&) -> absl::StatusOr<v1::EnforcementPlan> {
        ASSIGN_OR_RETURN(EnforceCommand command, ParseCommand(*request));
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
        ASSIGN_OR_RETURN(EnforceCommand command, ParseCommand(*request));
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

grpc::ServerUnaryReactor* EnforcementService::GetEnforcement(
    grpc::CallbackServerContext* context, const v1::GetEnforcementRequest* request,
    v1::Enforcement* response) {
  return calls_->Unary(
      context, "EnforcementService/GetEnforcement", *request, response,
      [this, request](const Caller&) -> absl::StatusOr<v1::Enforcement> {
        ASSIGN_OR_RETURN(DomainResource name, ParseEnforcementResource("name", request->name()));
        ASSIGN_OR_RETURN(auto found, enforcements_->Get(name.organization, name.domain));
        return Render(found);
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
        for (const auto& enforcement : found.items) *list.add_enforcements() = Render(enforcement);
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
                         return Render(view);
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
        for (const ExemptionView& view : found.items) *list.add_exemptions() = Render(view);
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
