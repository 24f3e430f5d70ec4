#include "server/services/organization_service.h"

#include <utility>

#include "policy/status_macros.h"
#include "server/names/resource_names.h"
#include "server/services/requests.h"

namespace gatehouse {
namespace {

v1::Organization Render(const OrganizationView& view) {
  v1::Organization organization;
  organization.set_name(OrganizationNameOf(view.organization->id));
  organization.set_display_name(view.organization->display_name);
  *organization.mutable_create_time() = RenderTime(view.organization->create_time);
  *organization.mutable_update_time() = RenderTime(view.organization->update_time);
  organization.set_etag(RenderEtag(view.organization.mod_revision));
  organization.set_user_count(view.totals.users);
  organization.set_admin_count(view.totals.admins);
  return organization;
}

}  // namespace

grpc::ServerUnaryReactor* OrganizationService::CreateOrganization(
    grpc::CallbackServerContext* context, const v1::CreateOrganizationRequest* request,
    v1::Organization* response) {
  return calls_->Unary(context, "OrganizationService/CreateOrganization", *request, response,
                       [this, request](const Caller& caller) -> absl::StatusOr<v1::Organization> {
                         OrganizationManager::CreateCommand command;
                         ASSIGN_OR_RETURN(
                             command.id,
                             OrganizationId::Parse("organization_id", request->organization_id()));
                         command.display_name = request->organization().display_name();
                         command.request_id = request->request_id();
                         ASSIGN_OR_RETURN(OrganizationView view, manager_->Create(caller, command));
                         return Render(view);
                       });
}

grpc::ServerUnaryReactor* OrganizationService::GetOrganization(
    grpc::CallbackServerContext* context, const v1::GetOrganizationRequest* request,
    v1::Organization* response) {
  return calls_->Unary(context, "OrganizationService/GetOrganization", *request, response,
                       [this, request](const Caller&) -> absl::StatusOr<v1::Organization> {
                         ASSIGN_OR_RETURN(OrganizationId id,
                                          ParseOrganizationName("name", request->name()));
                         ASSIGN_OR_RETURN(OrganizationView view, manager_->Get(id));
                         return Render(view);
                       });
}

grpc::ServerUnaryReactor* OrganizationService::ListOrganizations(
    grpc::CallbackServerContext* context, const v1::ListOrganizationsRequest* request,
    v1::ListOrganizationsResponse* response) {
  return calls_->Unary(
      context, "OrganizationService/ListOrganizations", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<v1::ListOrganizationsResponse> {
        ASSIGN_OR_RETURN(PageRequest page,
                         ParsePage(request->page_size(), request->page_token(), {"organizations"}));
        ASSIGN_OR_RETURN(auto found, manager_->List(caller, page));
        v1::ListOrganizationsResponse list;
        for (const OrganizationView& view : found.items) *list.add_organizations() = Render(view);
        list.set_next_page_token(RenderPageToken(found.next, {"organizations"}));
        return list;
      });
}

grpc::ServerUnaryReactor* OrganizationService::UpdateOrganization(
    grpc::CallbackServerContext* context, const v1::UpdateOrganizationRequest* request,
    v1::Organization* response) {
  return calls_->Unary(
      context, "OrganizationService/UpdateOrganization", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<v1::Organization> {
        const v1::Organization& organization = request->organization();
        OrganizationManager::UpdateCommand command;
        ASSIGN_OR_RETURN(command.id,
                         ParseOrganizationName("organization.name", organization.name()));
        ASSIGN_OR_RETURN(command.version, ParseEtag("organization.etag", organization.etag()));
        ASSIGN_OR_RETURN(auto mask, ParseUpdateMask(request->update_mask(), {"display_name"}));
        if (mask.count("display_name") > 0 ||
            (mask.empty() && !organization.display_name().empty())) {
          command.display_name = organization.display_name();
        }
        ASSIGN_OR_RETURN(OrganizationView view, manager_->Update(caller, command));
        return Render(view);
      });
}

grpc::ServerUnaryReactor* OrganizationService::DeleteOrganization(
    grpc::CallbackServerContext* context, const v1::DeleteOrganizationRequest* request,
    google::protobuf::Empty* response) {
  return calls_->Unary(
      context, "OrganizationService/DeleteOrganization", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<google::protobuf::Empty> {
        ASSIGN_OR_RETURN(OrganizationId id, ParseOrganizationName("name", request->name()));
        ASSIGN_OR_RETURN(auto version, ParseEtag("etag", request->etag()));
        RETURN_IF_ERROR(manager_->Delete(caller, id, version));
        return google::protobuf::Empty();
      });
}

}  // namespace gatehouse
