#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/call.h"
#include "client/cli/command_options.h"
#include "client/cli/command_tree.h"
#include "client/cli/commands.h"
#include "client/cli/enum_names.h"
#include "client/cli/resource_names.h"
#include "client/cli/time_text.h"
#include "gatehouse/v1/access_token_service.grpc.pb.h"

namespace gatehouse::cli {
namespace {

using Stub = v1::AccessTokenService::Stub;

struct TokenOptions {
  std::string token;
  std::string name;
  v1::AccessRole role = v1::ACCESS_ROLE_UNSPECIFIED;
  std::vector<std::string> organizations;
  std::vector<std::string> acting_admins;
  std::string expires;
  int64_t overlap_hours = 0;
  ListOptions list;
};

std::string TokenName(const std::string& token) {
  return absl::StartsWith(token, "accessTokens/") ? token : absl::StrCat("accessTokens/", token);
}

Cell StateCell(v1::AccessToken::State state) {
  return Cell(ShortName(state),
              state == v1::AccessToken::STATE_ACTIVE ? Tone::kGood : Tone::kFaint);
}

std::string ScopeText(const v1::AccessToken& token) {
  return absl::StrCat(absl::StrJoin(token.organizations(), ", "),
                      absl::StrJoin(token.acting_admins(), ", "));
}

FieldList Describe(const Session& session, const v1::AccessToken& token) {
  FieldList fields;
  fields.Add("name", token.name());
  fields.Add("for", token.display_name());
  fields.Add("role", ShortName(token.role()));
  fields.Add("scope", ScopeText(token));
  fields.Add("state", StateCell(token.state()));
  fields.Add("created", session.When(token.has_create_time(), token.create_time()));
  fields.Add("created by", token.creator());
  fields.Add("expires", session.When(token.has_expire_time(), token.expire_time()));
  fields.Add("last used", session.When(token.has_last_use_time(), token.last_use_time()));
  fields.Add("revoked", session.When(token.has_revoke_time(), token.revoke_time()));
  return fields;
}

void PrintNew(Session& session, const v1::CreateAccessTokenResponse& created) {
  FieldList fields = Describe(session, created.access_token());
  fields.Add("secret", created.secret());
  session.Print(created, fields);
  session.Note("the secret is shown this once; keep it where only its user can read it");
}

absl::StatusOr<ExitCode> Create(Session& session, const TokenOptions& options) {
  v1::CreateAccessTokenRequest request;
  v1::AccessToken& token = *request.mutable_access_token();
  token.set_display_name(options.name);
  token.set_role(options.role);
  for (const std::string& organization : options.organizations) {
    ASSIGN_OR_RETURN(*token.add_organizations(), OrganizationName(organization));
  }
  for (const std::string& admin : options.acting_admins) {
    ASSIGN_OR_RETURN(*token.add_acting_admins(), session.Resource(admin, "users"));
  }
  if (!options.expires.empty()) {
    ASSIGN_OR_RETURN(const absl::Time end, ParseMoment(options.expires, session.now()));
    SetTime(end, token.mutable_expire_time());
  }
  ASSIGN_OR_RETURN(const v1::CreateAccessTokenResponse created,
                   Call(session, &Stub::CreateAccessToken, request));
  PrintNew(session, created);
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> ListAll(Session& session, const TokenOptions& options) {
  const std::vector<ListColumn<v1::AccessToken>> columns = {
      {"TOKEN", [](const v1::AccessToken& t) { return LastPart(t.name()); }},
      {"ROLE", [](const v1::AccessToken& t) { return ShortName(t.role()); }},
      {"STATE", [](const v1::AccessToken& t) { return StateCell(t.state()); }},
      {"EXPIRES",
       [&session](const v1::AccessToken& t) {
         return session.Ago(t.has_expire_time(), t.expire_time());
       }},
      {"LAST USED",
       [&session](const v1::AccessToken& t) {
         return session.Ago(t.has_last_use_time(), t.last_use_time());
       }},
      {"FOR", [](const v1::AccessToken& t) { return t.display_name(); }},
      {"SCOPE", [](const v1::AccessToken& t) { return ScopeText(t); }},
  };
  return List(session, &Stub::ListAccessTokens, v1::ListAccessTokensRequest(),
              &v1::ListAccessTokensResponse::access_tokens, options.list, columns, "access tokens");
}

absl::StatusOr<ExitCode> Get(Session& session, const TokenOptions& options) {
  v1::GetAccessTokenRequest request;
  request.set_name(TokenName(options.token));
  ASSIGN_OR_RETURN(const v1::AccessToken token, Call(session, &Stub::GetAccessToken, request));
  session.Print(token, Describe(session, token));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Rotate(Session& session, const TokenOptions& options) {
  v1::RotateAccessTokenRequest request;
  request.set_name(TokenName(options.token));
  request.mutable_overlap()->set_seconds(options.overlap_hours * 3600);
  ASSIGN_OR_RETURN(const v1::CreateAccessTokenResponse created,
                   Call(session, &Stub::RotateAccessToken, request));
  PrintNew(session, created);
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Revoke(Session& session, const TokenOptions& options) {
  v1::RevokeAccessTokenRequest request;
  request.set_name(TokenName(options.token));
  ASSIGN_OR_RETURN(const v1::AccessToken token, Call(session, &Stub::RevokeAccessToken, request));
  session.Print(token, Describe(session, token));
  return ExitCode::kOk;
}

}  // namespace

void AddTokenCommands(CommandTree& tree) {
  CLI::App* noun = tree.AddNoun(
      "token", "Access tokens: who may call, as what",
      {"gatehouse token create --role gateway --name \"login portal\"", "gatehouse token list"});
  auto options = std::make_shared<TokenOptions>();

  CLI::App* create =
      tree.Add(noun, "create", "Make a token and show its secret, this once",
               {"gatehouse token create --role gateway --name \"login portal\" --expires 90d",
                "gatehouse token create --role organization-admin --name \"acme's console\" \\",
                "    --acting-admin organizations/acme/users/u0123456789abcdefghjk"},
               [options](Session& session) { return Create(session, *options); });
  AddEnum(create, "--role", options->role, "what it may do; see docs/access-control.md")
      ->required();
  AddText(create, "--name", "TEXT", options->name, "what it is for, for people")->required();
  AddTexts(create, "--organization", "ORG", options->organizations,
           "of an auditor: what it may see; else everything");
  AddTexts(create, "--acting-admin", "USER", options->acting_admins,
           "of an organization-admin: the admin it acts for, by id or full name");
  AddMoment(create, "--expires", options->expires,
            "when it ends (2026-12-31T18:00:00Z, or 30d from now); else never");

  CLI::App* list = tree.Add(
      noun, "list", "List tokens, those that ended in the last 90 days included",
      {"gatehouse token list"}, [options](Session& session) { return ListAll(session, *options); });
  AddListOptions(list, options->list);

  CLI::App* get = tree.Add(noun, "get", "Show a token, without its secret",
                           {"gatehouse token get k0123456789abcdefghjk"},
                           [options](Session& session) { return Get(session, *options); });
  AddArgument(get, "TOKEN", options->token, "its id, or its full name");

  CLI::App* rotate = tree.Add(noun, "rotate", "Make a token's successor, and end the token",
                              {"gatehouse token rotate k0123456789abcdefghjk --overlap-hours 24"},
                              [options](Session& session) { return Rotate(session, *options); });
  AddArgument(rotate, "TOKEN", options->token, "its id, or its full name");
  AddNumber(rotate, "--overlap-hours", options->overlap_hours, 0, 720,
            "how long the old one stays good; 0: it ends at once");

  CLI::App* revoke = tree.Add(noun, "revoke", "End a token with effect on the next call",
                              {"gatehouse token revoke k0123456789abcdefghjk"},
                              [options](Session& session) { return Revoke(session, *options); });
  AddArgument(revoke, "TOKEN", options->token, "its id, or its full name");
}

}  // namespace gatehouse::cli
