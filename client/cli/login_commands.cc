#include <memory>
#include <string>

#include "client/cli/call.h"
#include "client/cli/command_options.h"
#include "client/cli/command_tree.h"
#include "client/cli/commands.h"
#include "client/cli/login_watch.h"
#include "client/cli/resource_names.h"
#include "gatehouse/v1/login_service.grpc.pb.h"

namespace gatehouse::cli {
namespace {

using Stub = v1::LoginService::Stub;

struct LoginOptions {
  std::string email;
  v1::ReportLoginRequest::Method method = v1::ReportLoginRequest::METHOD_UNSPECIFIED;
  v1::ReportLoginRequest::Outcome outcome = v1::ReportLoginRequest::OUTCOME_UNSPECIFIED;
  std::string profile;
  std::string failure_reason;
};

absl::StatusOr<ExitCode> Report(Session& session, const LoginOptions& options) {
  v1::ReportLoginRequest request;
  request.set_email(options.email);
  request.set_method(options.method);
  request.set_outcome(options.outcome);
  request.set_failure_reason(options.failure_reason);
  if (!options.profile.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_sso_profile(),
                     session.Resource(options.profile, "ssoProfiles"));
  }
  ASSIGN_OR_RETURN(const v1::ReportLoginResponse response,
                   Call(session, &Stub::ReportLogin, request));
  FieldList fields;
  fields.Add("revision", absl::StrCat(response.revision()));
  session.Print(response, fields);
  if (response.revision() == 0) session.Note("no organization holds the domain: forgotten");
  return ExitCode::kOk;
}

}  // namespace

void AddLoginCommands(CommandTree& tree) {
  CLI::App* noun = tree.AddNoun(
      "login", "Sign-ins: what gateways ask, and tell, about them",
      {"gatehouse login report alice@acme.example --org acme \\",
       "    --method sso --outcome succeeded --profile okta", "gatehouse login watch"});
  auto options = std::make_shared<LoginOptions>();
  CLI::App* report = tree.Add(
      noun, "report", "Report how a sign-in ended, as a gateway does",
      {"gatehouse login report alice@acme.example --org acme --method sso --outcome succeeded \\",
       "    --profile okta",
       "gatehouse login report alice@acme.example --org acme --method sso --outcome failed \\",
       "    --profile okta --failure-reason \"signature not valid\""},
      [options](Session& session) { return Report(session, *options); });
  AddArgument(report, "EMAIL", options->email, "the address; of SSO, what the IdP vouched for");
  AddEnum(report, "--method", options->method, "how the person proved who they are")->required();
  AddEnum(report, "--outcome", options->outcome,
          "failed: for a reason that lies with the IdP; no wrong passwords")
      ->required();
  AddText(report, "--profile", "PROFILE", options->profile,
          "with --method sso: the profile that was used, its id or its full name");
  AddText(report, "--failure-reason", "TEXT", options->failure_reason,
          "with --outcome failed: why, in your own words, without an address");
  AddLoginWatch(tree, noun);
}

}  // namespace gatehouse::cli
