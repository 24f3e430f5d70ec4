#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "client/cli/call.h"
#include "client/cli/command_options.h"
#include "client/cli/command_tree.h"
#include "client/cli/commands.h"
#include "client/cli/enum_names.h"
#include "client/cli/errors.h"
#include "client/cli/import_command.h"
#include "client/cli/resource_names.h"
#include "client/cli/user_reference.h"
#include "client/cli/user_table.h"
#include "gatehouse/v1/user_service.grpc.pb.h"

namespace gatehouse::cli {

using Stub = v1::UserService::Stub;

absl::StatusOr<std::string> UserName(Session& session, absl::string_view text,
                                     absl::string_view organization) {
  if (IsFullName(text) || !absl::StrContains(text, "@")) {
    return ChildName(text, "users", organization);
  }
  v1::LookupUserRequest request;
  request.set_parent(std::string(organization));
  request.set_email(std::string(text));
  ASSIGN_OR_RETURN(const v1::User user, Call(session, &Stub::LookupUser, request));
  return user.name();
}

absl::StatusOr<std::string> UserName(Session& session, absl::string_view text) {
  if (IsFullName(text)) return ChildName(text, "users", "");
  ASSIGN_OR_RETURN(const std::string organization, session.Organization());
  return UserName(session, text, organization);
}

namespace {

struct UserOptions {
  std::string user;
  std::string email;
  std::string display_name;
  v1::User::Role role = v1::User::ROLE_UNSPECIFIED;
  bool suspend = false;
  bool reinstate = false;
  std::string domain;
  v1::User::Type type = v1::User::TYPE_UNSPECIFIED;
  v1::User::SsoStatus sso_status = v1::User::SSO_STATUS_UNSPECIFIED;
  v1::SsoOverride::Mode sso = v1::SsoOverride::MODE_UNSPECIFIED;
  std::string profile;
  std::string reason;
  std::string request_id;
  std::string etag;
  ListOptions list;
  const CLI::Option* display_name_option = nullptr;
};

void AddOverride(const Session& session, const v1::SsoOverride& sso_override, FieldList& fields) {
  fields.Add("override", ShortName(sso_override.mode()));
  fields.Add("override profile", sso_override.sso_profile());
  fields.Add("override reason", sso_override.reason());
  fields.Add("override set by", sso_override.approver());
  fields.Add("override set",
             session.When(sso_override.has_create_time(), sso_override.create_time()));
}

void AddActivity(const Session& session, const v1::LoginActivity& activity, FieldList& fields) {
  fields.Add("last sign-in",
             session.When(activity.has_last_sign_in_time(), activity.last_sign_in_time()));
  fields.Add("last by SSO",
             session.When(activity.has_last_sso_sign_in_time(), activity.last_sso_sign_in_time()));
  fields.Add("through", activity.last_sso_profile());
  fields.Add("SSO failed",
             session.When(activity.has_last_sso_failure_time(), activity.last_sso_failure_time()));
}

FieldList Describe(const Session& session, const v1::User& user) {
  FieldList fields;
  fields.Add("name", user.name());
  fields.Add("email", user.email());
  fields.Add("display name", user.display_name());
  fields.Add("role", ShortName(user.role()));
  fields.Add("type", ShortName(user.type()));
  fields.Add("suspended", user.suspended() ? Cell("yes", Tone::kBad) : Cell("no"));
  fields.Add("SSO status", SsoStatusCell(user.sso_status()));
  fields.Add("because", ShortName(user.sso_status_reason()));
  AddOverride(session, user.sso_override(), fields);
  AddActivity(session, user.login_activity(), fields);
  fields.Add("created", session.When(user.has_create_time(), user.create_time()));
  fields.Add("updated", session.When(user.has_update_time(), user.update_time()));
  fields.Add("claimed", session.When(user.has_claim_time(), user.claim_time()));
  fields.Add("etag", user.etag());
  return fields;
}

absl::StatusOr<ExitCode> Create(Session& session, const UserOptions& options) {
  v1::CreateUserRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.Organization());
  request.mutable_user()->set_email(options.email);
  request.mutable_user()->set_display_name(options.display_name);
  request.mutable_user()->set_role(options.role);
  request.mutable_user()->set_suspended(options.suspend);
  request.set_request_id(options.request_id);
  ASSIGN_OR_RETURN(const v1::User created, Call(session, &Stub::CreateUser, request));
  session.Print(created, Describe(session, created));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Lookup(Session& session, const UserOptions& options) {
  v1::LookupUserRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.Organization());
  request.set_email(options.email);
  ASSIGN_OR_RETURN(const v1::User found, Call(session, &Stub::LookupUser, request));
  session.Print(found, Describe(session, found));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Get(Session& session, const UserOptions& options) {
  v1::GetUserRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), UserName(session, options.user));
  ASSIGN_OR_RETURN(const v1::User found, Call(session, &Stub::GetUser, request));
  session.Print(found, Describe(session, found));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> ListAll(Session& session, const UserOptions& options) {
  v1::ListUsersRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.Organization());
  request.set_domain(options.domain);
  request.set_type(options.type);
  request.set_role(options.role);
  request.set_sso_status(options.sso_status);
  const bool filtered = !options.domain.empty() || options.type != v1::User::TYPE_UNSPECIFIED ||
                        options.role != v1::User::ROLE_UNSPECIFIED ||
                        options.sso_status != v1::User::SSO_STATUS_UNSPECIFIED;
  return List(session, &Stub::ListUsers, request, &v1::ListUsersResponse::users, options.list,
              UserColumns(),
              absl::StrCat("users in ", request.parent(), filtered ? " with these filters" : ""));
}

absl::StatusOr<ExitCode> Update(Session& session, const UserOptions& options) {
  v1::UpdateUserRequest request;
  v1::User& user = *request.mutable_user();
  auto& mask = *request.mutable_update_mask();
  if (options.display_name_option->count() > 0) {
    user.set_display_name(options.display_name);
    mask.add_paths("display_name");
  }
  if (options.role != v1::User::ROLE_UNSPECIFIED) {
    user.set_role(options.role);
    mask.add_paths("role");
  }
  if (options.suspend || options.reinstate) {
    user.set_suspended(options.suspend);
    mask.add_paths("suspended");
  }
  if (options.sso != v1::SsoOverride::MODE_UNSPECIFIED) {
    user.mutable_sso_override()->set_mode(options.sso);
    user.mutable_sso_override()->set_reason(options.reason);
    mask.add_paths("sso_override");
  } else if (!options.profile.empty() || !options.reason.empty()) {
    return UsageError("--profile and --reason belong to --sso");
  }
  if (mask.paths().empty()) {
    return UsageError(
        "nothing to change: give --display-name, --role, --suspend, --reinstate or --sso");
  }
  ASSIGN_OR_RETURN(*user.mutable_name(), UserName(session, options.user));
  if (!options.profile.empty()) {
    ASSIGN_OR_RETURN(*user.mutable_sso_override()->mutable_sso_profile(),
                     ChildName(options.profile, "ssoProfiles", OrganizationOf(user.name())));
  }
  user.set_etag(options.etag);
  ASSIGN_OR_RETURN(const v1::User updated, Call(session, &Stub::UpdateUser, request));
  session.Print(updated, Describe(session, updated));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Delete(Session& session, const UserOptions& options) {
  v1::DeleteUserRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), UserName(session, options.user));
  request.set_etag(options.etag);
  RETURN_IF_ERROR(Call(session, &Stub::DeleteUser, request).status());
  session.Note(absl::StrCat("deleted ", request.name()));
  return ExitCode::kOk;
}

constexpr char kUserHelp[] = "an email address, a user id, or its full name";

void AddReadCommands(CommandTree& tree, CLI::App* noun, std::shared_ptr<UserOptions> options) {
  CLI::App* get = tree.Add(noun, "get", "Show a user",
                           {"gatehouse user get alice@acme.example --org acme",
                            "gatehouse user get organizations/acme/users/u4x…"},
                           [options](Session& session) { return Get(session, *options); });
  AddArgument(get, "USER", options->user, kUserHelp);

  CLI::App* lookup = tree.Add(noun, "lookup", "Find a user by address, in any letter case",
                              {"gatehouse user lookup alice@acme.example --org acme"},
                              [options](Session& session) { return Lookup(session, *options); });
  AddArgument(lookup, "EMAIL", options->email, "the address");

  CLI::App* list =
      tree.Add(noun, "list", "List an organization's users",
               {"gatehouse user list --org acme --role admin",
                "gatehouse user list --org acme --domain acme.example --sso-status enforced"},
               [options](Session& session) { return ListAll(session, *options); });
  AddText(list, "--domain", "DOMAIN", options->domain, "only those with an address on it");
  AddEnum(list, "--type", options->type, "only managed or only independent users");
  AddEnum(list, "--role", options->role, "only those with this role");
  AddEnum(list, "--sso-status", options->sso_status, "only those whose sign-in is decided so");
  AddListOptions(list, options->list);
}

void AddWriteCommands(CommandTree& tree, CLI::App* noun, std::shared_ptr<UserOptions> options) {
  CLI::App* create = tree.Add(
      noun, "create", "Create a user",
      {"gatehouse user create alice@acme.example --org acme --display-name \"Alice Martin\"",
       "gatehouse user create root@acme.example --org acme --role owner"},
      [options](Session& session) { return Create(session, *options); });
  AddArgument(create, "EMAIL", options->email, "the address; it cannot be changed later");
  AddText(create, "--display-name", "NAME", options->display_name, "for people");
  AddEnum(create, "--role", options->role, "what the user may do; else member");
  create->add_flag("--suspended", options->suspend, "may not sign in by any way");
  AddRequestId(create, options->request_id);

  CLI::App* update = tree.Add(noun, "update", "Change a user's name, role, suspension or own rule",
                              {"gatehouse user update alice@acme.example --org acme --role admin",
                               "gatehouse user update alice@acme.example --org acme --suspend",
                               "gatehouse user update alice@acme.example --org acme \\",
                               "    --sso require-sso --profile okta",
                               "gatehouse user update kiosk@acme.example --org acme \\",
                               "    --sso exempt --reason \"cannot open a browser\""},
                              [options](Session& session) { return Update(session, *options); });
  AddArgument(update, "USER", options->user, kUserHelp);
  options->display_name_option =
      AddText(update, "--display-name", "NAME", options->display_name, "for people");
  AddEnum(update, "--role", options->role, "what the user may do");
  CLI::Option* suspend =
      update->add_flag("--suspend", options->suspend, "let the user sign in by no way");
  update->add_flag("--reinstate", options->reinstate, "end a suspension")->excludes(suspend);
  AddEnum(update, "--sso", options->sso,
          "the user's own rule: follow-domain removes it, require-sso needs --profile, exempt "
          "needs --reason");
  AddText(update, "--profile", "PROFILE", options->profile,
          "with --sso require-sso: through which profile");
  AddText(update, "--reason", "TEXT", options->reason, "with --sso: why, for people");
  AddEtag(update, options->etag);

  CLI::App* remove =
      tree.Add(noun, "delete", "Delete a user, and the user's exemption and own rule",
               {"gatehouse user delete alice@acme.example --org acme"},
               [options](Session& session) { return Delete(session, *options); });
  AddArgument(remove, "USER", options->user, kUserHelp);
  AddEtag(remove, options->etag);
}

}  // namespace

void AddUserCommands(CommandTree& tree) {
  CLI::App* noun = tree.AddNoun("user", "Users of an organization, one by one or in bulk",
                                {"gatehouse user import users.csv --org acme",
                                 "gatehouse user list --org acme --sso-status exempt"});
  auto options = std::make_shared<UserOptions>();
  AddReadCommands(tree, noun, options);
  AddWriteCommands(tree, noun, options);
  AddUserImportCommand(tree, noun);
}

}  // namespace gatehouse::cli
