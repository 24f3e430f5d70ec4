#include "server/services/sso_profile_service.h"

#include <initializer_list>

#include "policy/status_macros.h"
#include "server/names/resource_names.h"
#include "server/services/requests.h"
#include "server/services/sso_profile_rendering.h"

namespace gatehouse {

grpc::ServerUnaryReactor* SsoProfileService::CreateSsoProfile(
    grpc::CallbackServerContext* context, const v1::CreateSsoProfileRequest* request,
    v1::SsoProfile* response) {
  return calls_->Unary(context, "SsoProfileService/CreateSsoProfile", *request, response,
                       [this, request](const Caller& caller) -> absl::StatusOr<v1::SsoProfile> {
                         ASSIGN_OR_RETURN(auto command, ParseCreateSsoProfile(*request));
                         ASSIGN_OR_RETURN(SsoProfileView view, profiles_->Create(caller, command));
                         return RenderSsoProfile(view);
                       });
}

grpc::ServerUnaryReactor* SsoProfileService::GetSsoProfile(grpc::CallbackServerContext* context,
                                                           const v1::GetSsoProfileRequest* request,
                                                           v1::SsoProfile* response) {
  return calls_->Unary(context, "SsoProfileService/GetSsoProfile", *request, response,
                       [this, request](const Caller&) -> absl::StatusOr<v1::SsoProfile> {
                         ASSIGN_OR_RETURN(auto name,
                                          ParseSsoProfileResource("name", request->name()));
                         ASSIGN_OR_RETURN(SsoProfileView view, profiles_->Get(name));
                         return RenderSsoProfile(view);
                       });
}

grpc::ServerUnaryReactor* SsoProfileService::ListSsoProfiles(
    grpc::CallbackServerContext* context, const v1::ListSsoProfilesRequest* request,
    v1::ListSsoProfilesResponse* response) {
  return calls_->Unary(
      context, "SsoProfileService/ListSsoProfiles", *request, response,
      [this, request](const Caller&) -> absl::StatusOr<v1::ListSsoProfilesResponse> {
        ASSIGN_OR_RETURN(auto organization, ParseOrganizationName("parent", request->parent()));
        const std::initializer_list<absl::string_view> scope = {"ssoProfiles", request->parent()};
        ASSIGN_OR_RETURN(auto page, ParsePage(request->page_size(), request->page_token(), scope));
        ASSIGN_OR_RETURN(auto found, profiles_->List(organization, page));
        v1::ListSsoProfilesResponse list;
        for (const SsoProfileView& view : found.items) {
          *list.add_sso_profiles() = RenderSsoProfile(view);
        }
        list.set_next_page_token(RenderPageToken(found.next, scope));
        return list;
      });
}

grpc::ServerUnaryReactor* SsoProfileService::UpdateSsoProfile(
    grpc::CallbackServerContext* context, const v1::UpdateSsoProfileRequest* request,
    v1::SsoProfile* response) {
  return calls_->Unary(context, "SsoProfileService/UpdateSsoProfile", *request, response,
                       [this, request](const Caller& caller) -> absl::StatusOr<v1::SsoProfile> {
                         ASSIGN_OR_RETURN(auto command, ParseUpdateSsoProfile(caller, *request));
                         ASSIGN_OR_RETURN(SsoProfileView view, profiles_->Update(caller, command));
                         return RenderSsoProfile(view);
                       });
}

grpc::ServerUnaryReactor* SsoProfileService::DeleteSsoProfile(
    grpc::CallbackServerContext* context, const v1::DeleteSsoProfileRequest* request,
    google::protobuf::Empty* response) {
  return calls_->Unary(
      context, "SsoProfileService/DeleteSsoProfile", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<google::protobuf::Empty> {
        ASSIGN_OR_RETURN(auto name, ParseSsoProfileResource("name", request->name()));
        ASSIGN_OR_RETURN(auto version, ParseEtag("etag", request->etag()));
        RETURN_IF_ERROR(profiles_->Delete(caller, name, version));
        return google::protobuf::Empty();
      });
}

grpc::ServerUnaryReactor* SsoProfileService::GetServiceProviderMetadata(
    grpc::CallbackServerContext* context, const v1::GetServiceProviderMetadataRequest* request,
    v1::ServiceProviderMetadata* response) {
  return calls_->Unary(
      context, "SsoProfileService/GetServiceProviderMetadata", *request, response,
      [this, request](const Caller&) -> absl::StatusOr<v1::ServiceProviderMetadata> {
        ASSIGN_OR_RETURN(auto name, ParseSsoProfileResource("name", request->name()));
        ASSIGN_OR_RETURN(auto view, profiles_->GetServiceProviderMetadata(name));
        v1::ServiceProviderMetadata metadata;
        metadata.set_xml(view.xml);
        metadata.set_entity_id(view.entity_id);
        metadata.set_acs_url(view.acs_url);
        return metadata;
      });
}

grpc::ServerUnaryReactor* SsoProfileService::StartConnectionTest(
    grpc::CallbackServerContext* context, const v1::StartConnectionTestRequest* request,
    v1::ConnectionTest* response) {
  return calls_->Unary(
      context, "SsoProfileService/StartConnectionTest", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<v1::ConnectionTest> {
        ASSIGN_OR_RETURN(auto name, ParseSsoProfileResource("name", request->name()));
        ASSIGN_OR_RETURN(ConnectionTestView view, tests_->Start(caller, name, request->staged()));
        return RenderConnectionTest(view);
      });
}

grpc::ServerUnaryReactor* SsoProfileService::CompleteConnectionTest(
    grpc::CallbackServerContext* context, const v1::CompleteConnectionTestRequest* request,
    v1::ConnectionTest* response) {
  return calls_->Unary(
      context, "SsoProfileService/CompleteConnectionTest", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<v1::ConnectionTest> {
        ASSIGN_OR_RETURN(auto name, ParseConnectionTestResource("name", request->name()));
        ASSIGN_OR_RETURN(const IdpResponse idp_response, ParseIdpResponse(*request));
        ASSIGN_OR_RETURN(ConnectionTestView view, tests_->Complete(caller, name, idp_response));
        return RenderConnectionTest(view);
      });
}

grpc::ServerUnaryReactor* SsoProfileService::GetConnectionTest(
    grpc::CallbackServerContext* context, const v1::GetConnectionTestRequest* request,
    v1::ConnectionTest* response) {
  return calls_->Unary(context, "SsoProfileService/GetConnectionTest", *request, response,
                       [this, request](const Caller&) -> absl::StatusOr<v1::ConnectionTest> {
                         ASSIGN_OR_RETURN(auto name,
                                          ParseConnectionTestResource("name", request->name()));
                         ASSIGN_OR_RETURN(ConnectionTestView view, tests_->Get(name));
                         return RenderConnectionTest(view);
                       });
}

}  // namespace gatehouse
