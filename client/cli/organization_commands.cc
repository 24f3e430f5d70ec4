#include <memory>
#include <string>

#include "client/cli/call.h"
#include "client/cli/command_options.h"
#include "client/cli/command_tree.h"
#include "client/cli/commands.h"
#include "client/cli/resource_names.h"
#include "gatehouse/v1/organization_service.grpc.pb.h"

namespace gatehouse::cli {
namespace {

using Stub = v1::OrganizationService::Stub;

struct OrganizationOptions {
  std::string id;
  std::string display_name;
  std::string request_id;
  std::string etag;
  ListOptions list;
};

FieldList Describe(const Session& session, const v1::Organization& organization) {
  FieldList fields;
  fields.Add("name", organization.name());
  fields.Add("display name", organization.display_name());
  fields.Add("users", Grouped(organization.user_count()));
  fields.Add("admins", Grouped(organization.admin_count()));
  fields.Add("created", session.When(organization.has_create_time(), organization.create_time()));
  fields.Add("updated", session.When(organization.has_update_time(), organization.update_time()));
  fields.Add("etag", organization.etag());
  return fields;
}

absl::StatusOr<ExitCode> Create(Session& session, const OrganizationOptions& options) {
  ASSIGN_OR_RETURN(const std::string name, OrganizationName(options.id));
  v1::CreateOrganizationRequest request;
  request.set_organization_id(LastPart(name));
  request.mutable_organization()->set_display_name(
      options.display_name.empty() ? LastPart(name) : options.display_name);
  request.set_request_id(options.request_id);
  ASSIGN_OR_RETURN(const v1::Organization created,
                   Call(session, &Stub::CreateOrganization, request));
  session.Print(created, Describe(session, created));
  session.NextStep(absl::StrCat("claim its email domain: gatehouse domain add DOMAIN --org ",
                                request.organization_id()));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Get(Session& session, const OrganizationOptions& options) {
  v1::GetOrganizationRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), OrganizationName(options.id));
  ASSIGN_OR_RETURN(const v1::Organization found, Call(session, &Stub::GetOrganization, request));
  session.Print(found, Describe(session, found));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> ListAll(Session& session, const OrganizationOptions& options) {
  const std::vector<ListColumn<v1::Organization>> columns = {
      {"ID", [](const v1::Organization& o) { return LastPart(o.name()); }},
      {"DISPLAY NAME", [](const v1::Organization& o) { return o.display_name(); }},
      {"USERS", [](const v1::Organization& o) { return Grouped(o.user_count()); }, Align::kRight},
      {"ADMINS", [](const v1::Organization& o) { return Grouped(o.admin_count()); }, Align::kRight},
      {"CREATED",
       [&](const v1::Organization& o) {
         return session.Ago(o.has_create_time(), o.create_time());
       }},
  };
  return List(session, &Stub::ListOrganizations, v1::ListOrganizationsRequest(),
              &v1::ListOrganizationsResponse::organizations, options.list, columns,
              "organizations");
}

absl::StatusOr<ExitCode> Update(Session& session, const OrganizationOptions& options) {
  v1::UpdateOrganizationRequest request;
  v1::Organization& organization = *request.mutable_organization();
  ASSIGN_OR_RETURN(*organization.mutable_name(), OrganizationName(options.id));
  organization.set_display_name(options.display_name);
  organization.set_etag(options.etag);
  request.mutable_update_mask()->add_paths("display_name");
  ASSIGN_OR_RETURN(const v1::Organization updated,
                   Call(session, &Stub::UpdateOrganization, request));
  session.Print(updated, Describe(session, updated));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Delete(Session& session, const OrganizationOptions& options) {
  v1::DeleteOrganizationRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), OrganizationName(options.id));
  request.set_etag(options.etag);
  RETURN_IF_ERROR(Call(session, &Stub::DeleteOrganization, request).status());
  session.Note(absl::StrCat("deleted ", request.name()));
  return ExitCode::kOk;
}

}  // namespace

void AddOrganizationCommands(CommandTree& tree) {
  CLI::App* noun = tree.AddNoun("organization", "Tenants: who owns domains, users and profiles",
                                {"gatehouse organization create acme --display-name \"Acme Inc.\"",
                                 "gatehouse organization list"});
  auto options = std::make_shared<OrganizationOptions>();
  const std::string id_help = "its id, as acme (a-z, 0-9 and '-'), or organizations/acme";

  CLI::App* create = tree.Add(noun, "create", "Create an organization",
                              {"gatehouse organization create acme --display-name \"Acme Inc.\""},
                              [options](Session& session) { return Create(session, *options); });
  AddArgument(create, "ID", options->id, id_help);
  AddText(create, "--display-name", "NAME", options->display_name, "for people; else the id");
  AddRequestId(create, options->request_id);

  CLI::App* get = tree.Add(
      noun, "get", "Show an organization",
      {"gatehouse organization get acme", "gatehouse organization get acme -o json | jq .etag"},
      [options](Session& session) { return Get(session, *options); });
  AddArgument(get, "ID", options->id, id_help);

  CLI::App* list = tree.Add(noun, "list", "List all organizations", {"gatehouse organization list"},
                            [options](Session& session) { return ListAll(session, *options); });
  AddListOptions(list, options->list);

  CLI::App* update =
      tree.Add(noun, "update", "Change an organization's name for people",
               {"gatehouse organization update acme --display-name \"Acme Holding\""},
               [options](Session& session) { return Update(session, *options); });
  AddArgument(update, "ID", options->id, id_help);
  AddText(update, "--display-name", "NAME", options->display_name, "for people")->required();
  AddEtag(update, options->etag);

  CLI::App* remove = tree.Add(noun, "delete", "Delete an organization that owns nothing any more",
                              {"gatehouse organization delete acme"},
                              [options](Session& session) { return Delete(session, *options); });
  AddArgument(remove, "ID", options->id, id_help);
  AddEtag(remove, options->etag);
}

}  // namespace gatehouse::cli
