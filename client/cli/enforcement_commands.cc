#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "client/cli/call.h"
#include "client/cli/command_options.h"
#include "client/cli/command_tree.h"
#include "client/cli/commands.h"
#include "client/cli/domain_argument.h"
#include "client/cli/enum_names.h"
#include "client/cli/errors.h"
#include "client/cli/plan_text.h"
#include "client/cli/report_command.h"
#include "client/cli/resource_names.h"
#include "client/cli/rollout_options.h"
#include "client/cli/rollout_text.h"
#include "client/cli/time_text.h"
#include "client/cli/user_reference.h"
#include "gatehouse/v1/enforcement_service.grpc.pb.h"

namespace gatehouse::cli {
namespace {

using Stub = v1::EnforcementService::Stub;

struct EnforcementOptions {
  std::string domain;
  std::vector<std::string> domains;
  std::string profile;
  std::string acting_admin;
  v1::Enforcement::Mode mode = v1::Enforcement::MODE_UNSPECIFIED;
  v1::Enforcement::UnmanagedUsers unmanaged_users = v1::Enforcement::UNMANAGED_USERS_UNSPECIFIED;
  v1::Enforcement::UnavailablePolicy on_unavailable =
      v1::Enforcement::UNAVAILABLE_POLICY_UNSPECIFIED;
  bool match_subdomains = false;
  RolloutOptions rollout;
  std::string reason;
  std::string exemption_expires;
  int64_t page_size = 0;
  bool yes = false;
  ListOptions list;
};

Cell ModeCell(v1::Enforcement::Mode mode) {
  return Cell(ShortName(mode),
              mode == v1::Enforcement::MODE_ENFORCE ? Tone::kGood : Tone::kWarning);
}

Cell RolloutCell(const v1::Enforcement& enforcement) {
  if (enforcement.has_pause()) return Cell("paused", Tone::kWarning);
  return enforcement.has_rollout() ? "step by step" : "everybody";
}

FieldList Describe(const Session& session, const v1::Enforcement& enforcement) {
  FieldList fields;
  fields.Add("name", enforcement.name());
  fields.Add("domain", enforcement.domain());
  fields.Add("profile", enforcement.sso_profile());
  fields.Add("mode", ModeCell(enforcement.mode()));
  fields.Add("unknown addresses", ShortName(enforcement.unmanaged_users()));
  fields.Add("subdomains", enforcement.match_subdomains() ? "covered" : "");
  fields.Add("rollout", RolloutParts(enforcement.rollout()));
  if (enforcement.has_pause()) {
    const v1::Enforcement::Pause& pause = enforcement.pause();
    fields.Add("paused",
               Cell(session.When(pause.has_pause_time(), pause.pause_time()), Tone::kWarning));
    fields.Add("paused by", pause.actor());
    fields.Add("paused because", pause.reason());
  }
  fields.Add("if unreachable", ShortName(enforcement.on_unavailable()));
  fields.Add("triggered by", enforcement.triggering_admin());
  fields.Add("enforced since",
             session.When(enforcement.has_enforce_time(), enforcement.enforce_time()));
  fields.Add("since revision", absl::StrCat(enforcement.enforce_revision()));
  fields.Add("etag", enforcement.etag());
  return fields;
}

std::vector<ListColumn<v1::Enforcement>> Columns(const Session& session) {
  return {
      {"DOMAIN", [](const v1::Enforcement& e) { return e.domain(); }},
      {"PROFILE", [](const v1::Enforcement& e) { return LastPart(e.sso_profile()); }},
      {"MODE", [](const v1::Enforcement& e) { return ModeCell(e.mode()); }},
      {"ROLLOUT", [](const v1::Enforcement& e) { return RolloutCell(e); }},
      {"UNKNOWN ADDRESSES",
       [](const v1::Enforcement& e) { return ShortName(e.unmanaged_users()); }},
      {"SINCE",
       [&session](const v1::Enforcement& e) {
         return session.Ago(e.has_enforce_time(), e.enforce_time());
       }},
      {"TRIGGERED BY", [](const v1::Enforcement& e) { return LastPart(e.triggering_admin()); }},
  };
}

// Domains may be full names, too; all of one organization.
absl::Status TakeDomains(const Session& session, const std::vector<std::string>& domains,
                         std::string* parent,
                         google::protobuf::RepeatedPtrField<std::string>* out) {
  for (const std::string& domain : domains) {
    ASSIGN_OR_RETURN(const std::string name, DomainResource(session, domain, "domains"));
    const std::string organization = OrganizationOf(name);
    if (!parent->empty() && *parent != organization) {
      return UsageError(absl::StrCat(name, " is not of ", *parent,
                                     ": one call enforces domains of one organization"));
    }
    *parent = organization;
    *out->Add() = LastPart(name);
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::PlanEnforcementRequest> PlanRequest(Session& session,
                                                       const EnforcementOptions& options) {
  v1::PlanEnforcementRequest request;
  RETURN_IF_ERROR(
      TakeDomains(session, options.domains, request.mutable_parent(), request.mutable_domains()));
  ASSIGN_OR_RETURN(*request.mutable_sso_profile(),
                   ChildName(options.profile, "ssoProfiles", request.parent()));
  request.set_mode(options.mode);
  request.set_unmanaged_users(options.unmanaged_users);
  if (!options.exemption_expires.empty()) {
    ASSIGN_OR_RETURN(const absl::Time end, ParseMoment(options.exemption_expires, session.now()));
    SetTime(end, request.mutable_exemption_expire_time());
  }
  request.set_page_size(static_cast<int32_t>(options.page_size));
  request.set_match_subdomains(options.match_subdomains);
  request.set_on_unavailable(options.on_unavailable);
  v1::Rollout rollout;
  ASSIGN_OR_RETURN(const bool in_steps,
                   TakeRollout(session, options.rollout, request.parent(), &rollout));
  if (in_steps) *request.mutable_rollout() = rollout;
  // Without one, the admin for whom the credential acts.
  if (!options.acting_admin.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_acting_admin(),
                     UserName(session, options.acting_admin, request.parent()));
  }
  return request;
}

absl::StatusOr<ExitCode> Plan(Session& session, const EnforcementOptions& options) {
  ASSIGN_OR_RETURN(const v1::PlanEnforcementRequest request, PlanRequest(session, options));
  ASSIGN_OR_RETURN(const v1::EnforcementPlan plan, Call(session, &Stub::PlanEnforcement, request));
  if (session.json()) {
    session.Print(plan, FieldList());
  } else {
    PrintPlan(request, plan, session.out_palette(), session.out());
  }
  return plan.ready() ? ExitCode::kOk : ExitCode::kRefused;
}

v1::EnforceDomainsRequest Bound(const v1::PlanEnforcementRequest& planned,
                                const v1::EnforcementPlan& plan) {
  v1::EnforceDomainsRequest request;
  request.set_parent(planned.parent());
  *request.mutable_domains() = planned.domains();
  request.set_sso_profile(planned.sso_profile());
  request.set_acting_admin(planned.acting_admin());
  request.set_mode(planned.mode());
  request.set_unmanaged_users(planned.unmanaged_users());
  if (planned.has_exemption_expire_time()) {
    *request.mutable_exemption_expire_time() = planned.exemption_expire_time();
  }
  request.set_match_subdomains(planned.match_subdomains());
  if (planned.has_rollout()) *request.mutable_rollout() = planned.rollout();
  request.set_on_unavailable(planned.on_unavailable());
  request.set_plan_token(plan.plan_token());
  return request;
}

void PrintEnforced(Session& session, const v1::EnforceDomainsResponse& response) {
  if (session.json()) {
    session.Print(response, FieldList());
    return;
  }
  session.out() << "\nDone at revision " << response.revision() << ": "
                << Grouped(response.covered_count()) << " covered, "
                << Grouped(response.exempt_count()) << " exempt, "
                << Grouped(response.left_out_count()) << " left out.\n";
  if (response.has_triggering_admin_exemption()) {
    const v1::Exemption& exemption = response.triggering_admin_exemption();
    session.out() << "Exempt as the triggering admin: "
                  << Printable(exemption.email().empty() ? exemption.user() : exemption.email())
                  << (exemption.has_expire_time()
                          ? absl::StrCat(", until ", Rfc3339(ToTime(exemption.expire_time())))
                          : "")
                  << "\n";
  }
}

absl::StatusOr<ExitCode> Enforce(Session& session, const EnforcementOptions& options) {
  if (!options.yes && !session.interactive()) {
    return UsageError(
        "this changes how people sign in, and there is nobody to ask: look at the plan "
        "(gatehouse enforcement plan, same options), then run this with --yes");
  }
  ASSIGN_OR_RETURN(const v1::PlanEnforcementRequest planned, PlanRequest(session, options));
  ASSIGN_OR_RETURN(const v1::EnforcementPlan plan, Call(session, &Stub::PlanEnforcement, planned));
  // For a program, the one JSON document on the output is the result.
  if (session.json()) {
    PrintPlan(planned, plan, session.err_palette(), session.err());
  } else {
    PrintPlan(planned, plan, session.out_palette(), session.out());
    session.out().flush();
  }
  if (!plan.ready()) {
    session.err() << session.err_palette().Paint("error:", Tone::kBad)
                  << " the plan is blocked; nothing was changed\n";
    return ExitCode::kRefused;
  }
  if (!options.yes && !session.Confirm("Enforce this?")) return Declined();
  ASSIGN_OR_RETURN(const v1::EnforceDomainsResponse response,
                   Call(session, &Stub::EnforceDomains, Bound(planned, plan)));
  PrintEnforced(session, response);
  session.NextStep(
      absl::StrCat("see a decision: gatehouse check EMAIL --min-revision ", response.revision()));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Release(Session& session, const EnforcementOptions& options) {
  v1::ReleaseDomainsRequest request;
  RETURN_IF_ERROR(
      TakeDomains(session, options.domains, request.mutable_parent(), request.mutable_domains()));
  ASSIGN_OR_RETURN(const v1::ReleaseDomainsResponse response,
                   Call(session, &Stub::ReleaseDomains, request));
  if (session.json()) {
    session.Print(response, FieldList());
  } else {
    session.out() << "Released " << Printable(absl::StrJoin(request.domains(), ", "))
                  << " at revision " << response.revision() << ".\n";
  }
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Pause(Session& session, const EnforcementOptions& options) {
  v1::PauseEnforcementRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(),
                   DomainResource(session, options.domain, "enforcements"));
  request.set_reason(options.reason);
  ASSIGN_OR_RETURN(const v1::Enforcement paused, Call(session, &Stub::PauseEnforcement, request));
  session.Print(paused, Describe(session, paused));
  session.NextStep(
      absl::StrCat("when sign-ins work again: gatehouse enforcement resume ", request.name()));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Resume(Session& session, const EnforcementOptions& options) {
  v1::ResumeEnforcementRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(),
                   DomainResource(session, options.domain, "enforcements"));
  ASSIGN_OR_RETURN(const v1::Enforcement resumed, Call(session, &Stub::ResumeEnforcement, request));
  session.Print(resumed, Describe(session, resumed));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> Get(Session& session, const EnforcementOptions& options) {
  v1::GetEnforcementRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(),
                   DomainResource(session, options.domain, "enforcements"));
  ASSIGN_OR_RETURN(const v1::Enforcement found, Call(session, &Stub::GetEnforcement, request));
  session.Print(found, Describe(session, found));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> ListAll(Session& session, const EnforcementOptions& options) {
  v1::ListEnforcementsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), session.Organization());
  return List(session, &Stub::ListEnforcements, request,
              &v1::ListEnforcementsResponse::enforcements, options.list, Columns(session),
              absl::StrCat("enforcements in ", request.parent()));
}

void AddPlanOptions(CLI::App* app, EnforcementOptions& options) {
  AddArguments(app, "DOMAIN", options.domains, "domains of one organization, 1 to 100");
  AddText(app, "--profile", "PROFILE", options.profile,
          "the SSO profile to enforce them through: its id, or its full name")
      ->required();
  AddText(app, "--acting-admin", "USER", options.acting_admin,
          "the admin on whose behalf this is done, exempted by the same commit: an email address "
          "or a user name; else the one that the token acts for");
  AddEnum(app, "--mode", options.mode,
          "enforce, or observe: decide and count, but block nobody; else enforce");
  AddEnum(app, "--unmanaged-users", options.unmanaged_users,
          "what an address that the organization does not know gets; else password");
  app->add_flag("--match-subdomains", options.match_subdomains,
                "cover subdomains that nobody else holds, too");
  AddRolloutOptions(app, options.rollout);
  AddEnum(app, "--on-unavailable", options.on_unavailable,
          "what gateways answer that cannot ask; else require-sso");
  AddMoment(app, "--exemption-expires", options.exemption_expires,
            "when the acting admin's exemption ends (2026-12-31T18:00:00Z, or 30d from now); "
            "else never");
  AddNumber(app, "--page-size", options.page_size, 1, 1000, "how many covered users to show");
}

}  // namespace

void AddEnforcementCommands(CommandTree& tree) {
  CLI::App* noun = tree.AddNoun(
      "enforcement", "Enforcement: plan it, enforce SSO on domains, pause it, release them",
      {"gatehouse enforcement plan acme.example --org acme --profile okta \\",
       "    --acting-admin root@acme.example", "gatehouse enforcement list --org acme"});
  auto options = std::make_shared<EnforcementOptions>();

  CLI::App* plan =
      tree.Add(noun, "plan",
               "Show what enforcing would do, and what blocks it; the exit code is 4 if blocked",
               {"gatehouse enforcement plan acme.example --org acme --profile okta \\",
                "    --acting-admin root@acme.example",
                "gatehouse enforcement plan acme.example acme.test --org acme --profile okta \\",
                "    --acting-admin root@acme.example -o json | jq .blocking"},
               [options](Session& session) { return Plan(session, *options); });
  AddPlanOptions(plan, *options);

  CLI::App* enforce = tree.Add(
      noun, "enforce", "Plan, ask, and enforce exactly what the plan showed",
      {"gatehouse enforcement enforce acme.example --org acme --profile okta \\",
       "    --acting-admin root@acme.example",
       "gatehouse enforcement enforce acme.example --org acme --profile okta \\",
       "    --acting-admin root@acme.example --mode observe --yes",
       "gatehouse enforcement enforce acme.example --org acme --profile okta \\",
       "    --acting-admin root@acme.example --start 7d --percent 10 --pause-after-failures 20"},
      [options](Session& session) { return Enforce(session, *options); });
  AddPlanOptions(enforce, *options);
  enforce->add_flag("-y,--yes", options->yes, "do not ask; needed where there is no terminal");

  CLI::App* release = tree.Add(noun, "release", "End enforcement on domains, all or none",
                               {"gatehouse enforcement release acme.example --org acme"},
                               [options](Session& session) { return Release(session, *options); });
  AddArguments(release, "DOMAIN", options->domains, "domains of one organization, 1 to 100");

  CLI::App* pause =
      tree.Add(noun, "pause",
               "Stand an enforcement still: whoever has no proven SSO sign-in gets in as before",
               {"gatehouse enforcement pause acme.example --org acme --reason \"the IdP is down\""},
               [options](Session& session) { return Pause(session, *options); });
  AddArgument(pause, "DOMAIN", options->domain, "the domain, or the enforcement's full name");
  AddText(pause, "--reason", "TEXT", options->reason, "why, for people")->required();

  CLI::App* resume = tree.Add(noun, "resume", "End a pause",
                              {"gatehouse enforcement resume acme.example --org acme"},
                              [options](Session& session) { return Resume(session, *options); });
  AddArgument(resume, "DOMAIN", options->domain, "the domain, or the enforcement's full name");

  CLI::App* get = tree.Add(noun, "get", "Show how a domain is enforced",
                           {"gatehouse enforcement get acme.example --org acme"},
                           [options](Session& session) { return Get(session, *options); });
  AddArgument(get, "DOMAIN", options->domain, "the domain, or the enforcement's full name");

  CLI::App* list = tree.Add(noun, "list", "List an organization's enforced domains",
                            {"gatehouse enforcement list --org acme"},
                            [options](Session& session) { return ListAll(session, *options); });
  AddListOptions(list, options->list);

  AddEnforcementReportCommand(tree, noun);
}

}  // namespace gatehouse::cli
