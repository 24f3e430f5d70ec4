#include "server/services/access_token_service.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/status_macros.h"
#include "server/access/certificate_identities.h"
#include "server/names/access_token_names.h"
#include "server/names/resource_names.h"
#include "server/services/requests.h"

namespace gatehouse {
namespace {

absl::StatusOr<AccessTokenManager::CreateCommand> ParseCreate(const v1::AccessToken& token) {
  AccessTokenManager::CreateCommand command{.display_name = token.display_name()};
  // policy/caller.h and the API number roles alike.
  ASSIGN_OR_RETURN(command.role, ParseEnum<AccessRole>("access_token.role", token.role(),
                                                       std::nullopt, v1::AccessRole_IsValid));
  const std::vector<std::string> organizations(token.organizations().begin(),
                                               token.organizations().end());
  const std::vector<std::string> admins(token.acting_admins().begin(), token.acting_admins().end());
  const bool by_organization = command.role == AccessRole::kAuditor;
  // The list that is not of this role must be empty: ParseScopes says so for
  // the role that has no scopes.
  RETURN_IF_ERROR(
      ParseScopes(by_organization ? "access_token.acting_admins" : "access_token.organizations",
                  AccessRole::kGateway, by_organization ? admins : organizations)
          .status());
  ASSIGN_OR_RETURN(
      command.scopes,
      ParseScopes(by_organization ? "access_token.organizations" : "access_token.acting_admins",
                  command.role, by_organization ? organizations : admins));
  if (token.has_expire_time()) {
    ASSIGN_OR_RETURN(command.expire_time,
                     ParseTime("access_token.expire_time", token.expire_time()));
  }
  return command;
}

v1::AccessToken::State StateOf(const AccessToken& token, absl::Time now) {
  if (now >= token.revoke_time) return v1::AccessToken::STATE_REVOKED;
  if (now >= token.expire_time) return v1::AccessToken::STATE_EXPIRED;
  return v1::AccessToken::STATE_ACTIVE;
}

v1::AccessToken Render(const AccessTokenView& view) {
  const AccessToken& token = view.token;
  v1::AccessToken rendered;
  rendered.set_name(AccessTokenNameOf(token.id));
  rendered.set_display_name(token.display_name);
  rendered.set_role(static_cast<v1::AccessRole>(token.role));
  for (const Scope& scope : token.scopes) {
    if (scope.acting_admin.empty()) {
      rendered.add_organizations(OrganizationNameOf(scope.organization));
    } else {
      rendered.add_acting_admins(UserNameOf(scope.organization, scope.acting_admin));
    }
  }
  if (token.expire_time != absl::InfiniteFuture()) {
    *rendered.mutable_expire_time() = RenderTime(token.expire_time);
  }
  rendered.set_state(StateOf(token, view.now));
  rendered.set_creator(token.creator);
  *rendered.mutable_create_time() = RenderTime(token.create_time);
  if (view.last_use_time != absl::InfinitePast()) {
    *rendered.mutable_last_use_time() = RenderTime(view.last_use_time);
  }
  if (view.now >= token.revoke_time) {
    *rendered.mutable_revoke_time() = RenderTime(token.revoke_time);
  }
  return rendered;
}

v1::CreateAccessTokenResponse Render(NewAccessToken made) {
  v1::CreateAccessTokenResponse rendered;
  *rendered.mutable_access_token() = Render(made.view);
  rendered.set_secret(std::move(made.secret));
  return rendered;
}

absl::StatusOr<absl::Duration> ParseOverlap(const google::protobuf::Duration& overlap) {
  constexpr int64_t kMaxSeconds = 315'576'000'000;  // of google.protobuf.Duration
  if (overlap.seconds() < -kMaxSeconds || overlap.seconds() > kMaxSeconds) {
    return InvalidField("overlap", absl::StrCat(overlap.seconds(), "s"), "0 to 30 days");
  }
  return absl::Seconds(overlap.seconds()) + absl::Nanoseconds(overlap.nanos());
}

}  // namespace

grpc::ServerUnaryReactor* AccessTokenService::CreateAccessToken(
    grpc::CallbackServerContext* context, const v1::CreateAccessTokenRequest* request,
    v1::CreateAccessTokenResponse* response) {
  return calls_->Unary(
      context, "AccessTokenService/CreateAccessToken", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<v1::CreateAccessTokenResponse> {
        ASSIGN_OR_RETURN(const auto command, ParseCreate(request->access_token()));
        ASSIGN_OR_RETURN(NewAccessToken made, manager_->Create(caller, command));
        return Render(std::move(made));
      });
}

grpc::ServerUnaryReactor* AccessTokenService::GetAccessToken(
    grpc::CallbackServerContext* context, const v1::GetAccessTokenRequest* request,
    v1::AccessToken* response) {
  return calls_->Unary(context, "AccessTokenService/GetAccessToken", *request, response,
                       [this, request](const Caller&) -> absl::StatusOr<v1::AccessToken> {
                         ASSIGN_OR_RETURN(const AccessTokenId id,
                                          ParseAccessTokenName("name", request->name()));
                         ASSIGN_OR_RETURN(const AccessTokenView view, manager_->Get(id));
                         return Render(view);
                       });
}

grpc::ServerUnaryReactor* AccessTokenService::ListAccessTokens(
    grpc::CallbackServerContext* context, const v1::ListAccessTokensRequest* request,
    v1::ListAccessTokensResponse* response) {
  return calls_->Unary(
      context, "AccessTokenService/ListAccessTokens", *request, response,
      [this, request](const Caller&) -> absl::StatusOr<v1::ListAccessTokensResponse> {
        ASSIGN_OR_RETURN(const PageRequest page,
                         ParsePage(request->page_size(), request->page_token(), {"accessTokens"}));
        ASSIGN_OR_RETURN(const auto found, manager_->List(page));
        v1::ListAccessTokensResponse list;
        for (const AccessTokenView& view : found.items) *list.add_access_tokens() = Render(view);
        list.set_next_page_token(RenderPageToken(found.next, {"accessTokens"}));
        return list;
      });
}

grpc::ServerUnaryReactor* AccessTokenService::RotateAccessToken(
    grpc::CallbackServerContext* context, const v1::RotateAccessTokenRequest* request,
    v1::CreateAccessTokenResponse* response) {
  return calls_->Unary(
      context, "AccessTokenService/RotateAccessToken", *request, response,
      [this, request](const Caller& caller) -> absl::StatusOr<v1::CreateAccessTokenResponse> {
        ASSIGN_OR_RETURN(const AccessTokenId id, ParseAccessTokenName("name", request->name()));
        ASSIGN_OR_RETURN(const absl::Duration overlap, ParseOverlap(request->overlap()));
        ASSIGN_OR_RETURN(NewAccessToken made, manager_->Rotate(caller, id, overlap));
        return Render(std::move(made));
      });
}

grpc::ServerUnaryReactor* AccessTokenService::RevokeAccessToken(
    grpc::CallbackServerContext* context, const v1::RevokeAccessTokenRequest* request,
    v1::AccessToken* response) {
  return calls_->Unary(context, "AccessTokenService/RevokeAccessToken", *request, response,
                       [this, request](const Caller& caller) -> absl::StatusOr<v1::AccessToken> {
                         ASSIGN_OR_RETURN(const AccessTokenId id,
                                          ParseAccessTokenName("name", request->name()));
                         ASSIGN_OR_RETURN(const AccessTokenView view, manager_->Revoke(caller, id));
                         return Render(view);
                       });
}

}  // namespace gatehouse
