#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "client/cli/call.h"
#include "client/cli/command_options.h"
#include "client/cli/command_tree.h"
#include "client/cli/commands.h"
#include "client/cli/enum_names.h"
#include "client/cli/resource_names.h"
#include "client/cli/time_text.h"
#include "client/cli/user_reference.h"
#include "gatehouse/v1/enforcement_service.grpc.pb.h"

namespace gatehouse::cli {
namespace {

using Stub = v1::EnforcementService::Stub;

struct ExemptionOptions {
  std::string user;
  v1::Exemption::Kind kind = v1::Exemption::KIND_UNSPECIFIED;
  std::string reason;
  std::string expires;
  std::string request_id;
  ListOptions list;
};

Cell ExpiryCell(const Session& session, const v1::Exemption& exemption, bool full) {
  if (!exemption.has_expire_time()) return Cell("never");
  const bool ended = ToTime(exemption.expire_time()) <= session.now();
  return Cell(full ? session.When(true, exemption.expire_time())
                   : session.Ago(true, exemption.expire_time()),
              ended ? Tone::kFaint : Tone::kWarning);
}

FieldList Describe(const Session& session, const v1::Exemption& exemption) {
  FieldList fields;
  fields.Add("name", exemption.name());
  fields.Add("user", exemption.user());
  fields.Add("email", exemption.email());
  fields.Add("kind", ShortName(exemption.kind()));
  fields.Add("reason", exemption.reason());
  fields.Add("created", session.When(exemption.has_create_time(), exemption.create_time()));
  fields.Add("ends", ExpiryCell(session, exemption, true));
  fields.Add("approved by", exemption.approver());
  fields.Add("uses", Grouped(exemption.use_count()));
  fields.Add("last used", session.When(exemption.has_last_use_time(), exemption.last_use_time()));
  return fields;
}

absl::StatusOr<ExitCode> Create(Session& session, const ExemptionOptions& options) {
  v1::CreateExemptionRequest request;
  v1::Exemption& exemption = *request.mutable_exemption();
  exemption.set_kind(options.kind);
  exemption.set_reason(options.reason);
  if (!options.expires.empty()) {
    ASSIGN_OR_RETURN(const absl::Time end, ParseMoment(options.expires, session.now()));
    SetTime(end, exemption.mutable_expire_time());
  }
  ASSIGN_OR_RETURN(*exemption.mutable_user(), UserName(session, options.user));
  request.set_parent(OrganizationOf(exemption.user()));
  request.set_request_id(options.request_id);
  ASSIGN_OR_RETURN(const v1::Exemption created, Call(session, &Stub::CreateExemption, request));
  session.Print(created, Describe(session, created));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> ListAll(Session& session, const ExemptionOptions& options) {
  v1::ListExemptionsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.Organization());
  const std::vector<ListColumn<v1::Exemption>> columns = {
      {"EMAIL", [](const v1::Exemption& e) { return e.email(); }},
      {"KIND", [](const v1::Exemption& e) { return ShortName(e.kind()); }},
      {"ENDS", [&session](const v1::Exemption& e) { return ExpiryCell(session, e, false); }},
      {"CREATED",
       [&session](const v1::Exemption& e) {
         return session.Ago(e.has_create_time(), e.create_time());
       }},
      {"USES", [](const v1::Exemption& e) { return Grouped(e.use_count()); }, Align::kRight},
      {"LAST USED",
       [&session](const v1::Exemption& e) {
         return session.Ago(e.has_last_use_time(), e.last_use_time());
       }},
      {"EXEMPTION", [](const v1::Exemption& e) { return LastPart(e.name()); }},
      {"REASON", [](const v1::Exemption& e) { return e.reason(); }},
  };
  return List(session, &Stub::ListExemptions, request, &v1::ListExemptionsResponse::exemptions,
              options.list, columns, absl::StrCat("exemptions in ", request.parent()));
}

absl::StatusOr<ExitCode> Delete(Session& session, const ExemptionOptions& options) {
  v1::DeleteExemptionRequest request;
  // An exemption has the id of its user.
  if (absl::StrContains(options.user, "@")) {
    ASSIGN_OR_RETURN(const std::string user, UserName(session, options.user));
    request.set_name(absl::StrCat(OrganizationOf(user), "/exemptions/", LastPart(user)));
  } else {
    ASSIGN_OR_RETURN(*request.mutable_name(), session.Resource(options.user, "exemptions"));
  }
  RETURN_IF_ERROR(Call(session, &Stub::DeleteExemption, request).status());
  session.Note(absl::StrCat("ended ", request.name()));
  return ExitCode::kOk;
}

}  // namespace

void AddExemptionCommands(CommandTree& tree) {
  CLI::App* noun = tree.AddNoun("exemption", "Exemptions: users kept off enforcement",
                                {"gatehouse exemption create root@acme.example --org acme \\",
                                 "    --kind break-glass --reason \"sealed envelope in the safe\"",
                                 "gatehouse exemption list --org acme"});
  auto options = std::make_shared<ExemptionOptions>();

  CLI::App* create =
      tree.Add(noun, "create", "Keep a user off enforcement",
               {"gatehouse exemption create root@acme.example --org acme --kind break-glass \\",
                "    --reason \"sealed envelope in the safe\"",
                "gatehouse exemption create ci@acme.example --org acme --kind service-account \\",
                "    --reason \"nightly build\" --expires 90d"},
               [options](Session& session) { return Create(session, *options); });
  AddArgument(create, "USER", options->user, "an email address, a user id, or its full name");
  // A triggering admin's exemption is made by the enforcement itself.
  AddEnum(create, "--kind", options->kind,
          "break-glass: a way in for the day the IdP fails; service-account: no person",
          {v1::Exemption::KIND_TRIGGERING_ADMIN})
      ->required();
  AddText(create, "--reason", "TEXT", options->reason, "why, for people")->required();
  AddMoment(create, "--expires", options->expires,
            "when it ends (2026-12-31T18:00:00Z, or 30d from now); else never");
  AddRequestId(create, options->request_id);

  CLI::App* list = tree.Add(noun, "list", "List exemptions, those that have ended included",
                            {"gatehouse exemption list --org acme"},
                            [options](Session& session) { return ListAll(session, *options); });
  AddListOptions(list, options->list);

  CLI::App* remove = tree.Add(noun, "delete", "End an exemption: the user is enforced again",
                              {"gatehouse exemption delete ci@acme.example --org acme"},
                              [options](Session& session) { return Delete(session, *options); });
  AddArgument(remove, "EXEMPTION", options->user,
              "its id or full name, or the address of its user");
}

}  // namespace gatehouse::cli
