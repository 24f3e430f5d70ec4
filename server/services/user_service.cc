#include "server/services/user_service.h"

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "policy/status_macros.h"
#include "server/names/resource_names.h"
#include "server/services/requests.h"
#include "server/services/user_rendering.h"
#include "server/services/user_service_import.h"

namespace gatehouse {
namespace {

absl::StatusOr<UserManager::CreateCommand> ParseCreate(const v1::CreateUserRequest& request) {
  const v1::User& user = request.user();
  UserManager::CreateCommand command;
  ASSIGN_OR_RETURN(command.organization, ParseOrganizationName("parent", request.parent()));
  ASSIGN_OR_RETURN(command.email, EmailAddress::Parse("user.email", user.email()));
  command.display_name = user.display_name();
  ASSIGN_OR_RETURN(command.role, ParseEnum<Role>("user.role", user.role(), Role::kMember,
                                                 v1::User::Role_IsValid));
  command.suspended = user.suspended();
  if (user.has_sso_override()) {
    return InvalidField("user.sso_override", "(an override)",
                        "nothing at creation; set it with UpdateUser");
  }
  command.request_id = request.request_id();
  return command;
}

absl::StatusOr<SsoOverrideChange> ParseOverride(const OrganizationId& organization,
                                                const v1::SsoOverride& sso_override) {
  SsoOverrideChange change;
  // policy/sso_override.h and the API number modes alike; FOLLOW_DOMAIN is the
  // absence of one.
  if (sso_override.mode() != v1::SsoOverride::MODE_UNSPECIFIED &&
      sso_override.mode() != v1::SsoOverride::MODE_FOLLOW_DOMAIN) {
    ASSIGN_OR_RETURN(change.mode,
                     ParseEnum<SsoOverrideMode>("user.sso_override.mode", sso_override.mode(),
                                                std::nullopt, v1::SsoOverride::Mode_IsValid));
  }
  if (!sso_override.sso_profile().empty()) {
    ASSIGN_OR_RETURN(change.profile,
                     ParseSsoProfileOf(organization, "user.sso_override.sso_profile",
                                       sso_override.sso_profile()));
  }
  change.reason = sso_override.reason();
  return change;
}

absl::StatusOr<UserManager::UpdateCommand> ParseUpdate(const v1::UpdateUserRequest& request) {
  const v1::User& user = request.user();
  UserManager::UpdateCommand command;
  ASSIGN_OR_RETURN(UserResource name, ParseUserResource("user.name", user.name()));
  command.organization = std::move(name.organization);
  command.id = std::move(name.user);
  ASSIGN_OR_RETURN(command.version, ParseEtag("user.etag", user.etag()));
  ASSIGN_OR_RETURN(const std::set<std::string> mask,
                   ParseUpdateMask(request.update_mask(),
                                   {"display_name", "role", "suspended", "sso_override"}));
  const auto takes = [&mask](const char* field, bool is_set) {
    return mask.count(field) > 0 || (mask.empty() && is_set);
  };
  if (takes("display_name", !user.display_name().empty())) {
    command.display_name = user.display_name();
  }
  if (takes("role", user.role() != v1::User::ROLE_UNSPECIFIED)) {
    ASSIGN_OR_RETURN(command.role, ParseEnum<Role>("user.role", user.role(), std::nullopt,
                                                   v1::User::Role_IsValid));
  }
  // "false" looks like "not set": only the mask tells.
  if (takes("suspended", false)) command.suspended = user.suspended();
  if (takes("sso_override", false)) {
    ASSIGN_OR_RETURN(command.sso_override,
                     ParseOverride(command.organization, user.sso_override()));
  }
  return command;
}

// A filter by an enum: nullopt for UNSPECIFIED.
template <typename PolicyEnum, typename ApiEnum>
absl::StatusOr<std::optional<PolicyEnum>> ParseFilter(absl::string_view field, ApiEnum value,
                                                      bool (*is_valid)(int)) {
  if (value == 0) return std::nullopt;
  return ParseEnum<PolicyEnum>(field, value, std::nullopt, is_valid);
}

absl::StatusOr<UserManager::Filter> ParseFilters(const v1::ListUsersRequest& request) {
  UserManager::Filter filter;
  if (!request.domain().empty()) {
    ASSIGN_OR_RETURN(filter.domain, DomainName::Parse("domain", request.domain()));
  }
  ASSIGN_OR_RETURN(filter.type,
                   ParseFilter<UserType>("type", request.type(), v1::User::Type_IsValid));
  ASSIGN_OR_RETURN(filter.role, ParseFilter<Role>("role", request.role(), v1::User::Role_IsValid));
  ASSIGN_OR_RETURN(filter.sso_status, ParseFilter<SsoStatus>("sso_status", request.sso_status(),
                                                             v1::User::SsoStatus_IsValid));
  return filter;
}

absl::StatusOr<v1::ListUsersResponse> List(UserManager& manager,
                                           const v1::ListUsersRequest& request) {
  ASSIGN_OR_RETURN(const OrganizationId organization,
                   ParseOrganizationName("parent", request.parent()));
  ASSIGN_OR_RETURN(const UserManager::Filter filter, ParseFilters(request));
  const std::string scope =
      absl::StrCat(organization.value(), "/", filter.domain ? filter.domain->ascii() : "", "/",
                   static_cast<int>(request.type()), "/", static_cast<int>(request.role()), "/",
                   static_cast<int>(request.sso_status()));
  ASSIGN_OR_RETURN(const PageRequest page,
                   ParsePage(request.page_size(), request.page_token(), {"users", scope}));
  ASSIGN_OR_RETURN(const Page<UserView> found, manager.List(organization, filter, page));
  v1::ListUsersResponse list;
  for (const UserView& view : found.items) *list.add_users() = RenderUser(view);
  list.set_next_page_token(RenderPageToken(found.next, {"users", scope}));
  return list;
}

}  // namespace

grpc::ServerUnaryReactor* UserService::CreateUser(grpc::CallbackServerContext* context,
                                                  const v1::CreateUserRequest* request,
                                                  v1::User* response) {
  return calls_->Unary(context, "UserService/CreateUser", *request, response,
                       [this, request](const Caller& caller) -> absl::StatusOr<v1::User> {
                         ASSIGN_OR_RETURN(auto command, ParseCreate(*request));
                         ASSIGN_OR_RETURN(UserView view, manager_->Create(caller, command));
                         return RenderUser(view);
                       });
}

grpc::ServerUnaryReactor* UserService::GetUser(grpc::CallbackServerContext* context,
                                               const v1::GetUserRequest* request,
                                               v1::User* response) {
  return calls_->Unary(
      context, "UserService/GetUser", *request, response,
      [this, request](const Caller&) -> absl::StatusOr<v1::User> {
        ASSIGN_OR_RETURN(UserResource name, ParseUserResource("name", request->name()));
        ASSIGN_OR_RETURN(UserView view, manager_->Get(name.organization, name.user));
        return RenderUser(view);
      });
}

grpc::ServerUnaryReactor* UserService::LookupUser(grpc::CallbackServerContext* context,
                                                  const v1::LookupUserRequest* request,
                                                  v1::User* response) {
  return calls_->Unary(context, "UserService/LookupUser", *request, response,
                       [this, request](const Caller&) -> absl::StatusOr<v1::User> {
                         ASSIGN_OR_RETURN(OrganizationId organization,
                                          ParseOrganizationName("parent", request->parent()));
                         ASSIGN_OR_RETURN(EmailAddress email,
                                          EmailAddress::Parse("email", request->email()));
                         ASSIGN_OR_RETURN(UserView view, manager_->Lookup(organization, email));
                         return RenderUser(view);
                       });
}

grpc::ServerUnaryReactor* UserService::ListUsers(grpc::CallbackServerContext* context,
                                                 const v1::ListUsersRequest* request,
                                                 v1::ListUsersResponse* response) {
  return calls_->Unary(context, "UserService/ListUsers", *request, response,
                       [this, request](const Caller&) { return List(*manager_, *request); });
}

grpc::ServerUnaryReactor* UserService::UpdateUser(grpc::CallbackServerContext* context,
                                                  const v1::UpdateUserRequest* request,
                                                  v1::User* response) {
  return calls_->Unary(context, "UserService/UpdateUser", *request, response,
                       [this, request](const Caller& caller) -> absl::StatusOr<v1::User> {
                         ASSIGN_OR_RETURN(auto command, ParseUpdate(*request));
                         ASSIGN_OR_RETURN(UserView view, manager_->Update(caller, command));
                         return RenderUser(view);
                       });
}

grpc::ServerUnaryReactor* UserService::DeleteUser(grpc::CallbackServerContext* context,
                                                  const v1::DeleteUserRequest* request,
                                                  google::protobuf::Empty* response) {
  return calls_->Unary(
      context, "UserService/DeleteUser", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<google::protobuf::Empty> {
        ASSIGN_OR_RETURN(UserResource name, ParseUserResource("name", request->name()));
        ASSIGN_OR_RETURN(auto version, ParseEtag("etag", request->etag()));
        RETURN_IF_ERROR(manager_->Delete(caller, name.organization, name.user, version));
        return google::protobuf::Empty();
      });
}

grpc::ServerReadReactor<v1::ImportUsersRequest>* UserService::ImportUsers(
    grpc::CallbackServerContext* context, v1::ImportUsersResponse* response) {
  return new UserImportReactor(imports_, context_, context, response);
}

}  // namespace gatehouse
