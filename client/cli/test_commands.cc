#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "client/cli/call.h"
#include "client/cli/command_options.h"
#include "client/cli/command_tree.h"
#include "client/cli/commands.h"
#include "client/cli/enum_names.h"
#include "client/cli/errors.h"
#include "client/cli/oidc_redirect.h"
#include "client/cli/resource_names.h"
#include "client/cli/saml_form.h"
#include "gatehouse/v1/sso_profile_service.grpc.pb.h"
#include "policy/errors.h"

namespace gatehouse::cli {
namespace {

using Stub = v1::SsoProfileService::Stub;

// A response of the server's limit, each of its bytes escaped, and the other
// fields.
constexpr size_t kMaxFormBytes = size_t{2} << 20;
// The same of an OIDC redirect, and the URL before it.
constexpr size_t kMaxRedirectBytes = size_t{32} << 10;

struct TestOptions {
  std::string profile;
  std::string test;
  bool staged = false;
  std::string response_file;
  std::string oidc_response;
};

Cell StateCell(v1::ConnectionTest::State state) {
  Tone tone = Tone::kWarning;
  if (state == v1::ConnectionTest::STATE_PASSED) tone = Tone::kGood;
  if (state == v1::ConnectionTest::STATE_FAILED) tone = Tone::kBad;
  return Cell(ShortName(state), tone);
}

FieldList Describe(const Session& session, const v1::ConnectionTest& test) {
  FieldList fields;
  fields.Add("name", test.name());
  fields.Add("state", StateCell(test.state()));
  fields.Add("failure", Cell(ShortName(test.failure_reason()), Tone::kBad));
  fields.Add("detail", test.failure_detail());
  fields.Add("signed in as", test.email());
  if (test.staged()) fields.Add("of", "the profile's staged settings");
  fields.Add("sign-in URL", test.sign_in_url());
  fields.Add("started", session.When(test.has_create_time(), test.create_time()));
  if (test.state() == v1::ConnectionTest::STATE_PENDING) {
    fields.Add("complete until", session.When(test.has_expire_time(), test.expire_time()));
  }
  fields.Add("completed", session.When(test.has_complete_time(), test.complete_time()));
  return fields;
}

std::string ProfileOfTest(const v1::ConnectionTest& test) {
  return test.name().substr(0, test.name().find("/connectionTests/"));
}

// "organizations/acme/ssoProfiles/okta/connectionTests/t1", or "t1" with
// --profile.
absl::StatusOr<std::string> TestName(const Session& session, const TestOptions& options) {
  const std::vector<absl::string_view> parts = absl::StrSplit(options.test, '/');
  if (IsFullName(options.test) && parts.size() == 6 && parts[2] == "ssoProfiles" &&
      parts[4] == "connectionTests" && !parts[5].empty()) {
    return options.test;
  }
  if (parts.size() != 1) {
    return UsageError(absl::StrCat(
        "test ", Quoted(options.test),
        ": expected an id, or organizations/ORG/ssoProfiles/PROFILE/connectionTests/ID"));
  }
  if (options.profile.empty()) {
    return UsageError(absl::StrCat("whose test is ", Quoted(options.test),
                                   "? Give --profile, or the test's full name"));
  }
  ASSIGN_OR_RETURN(const std::string profile, session.Resource(options.profile, "ssoProfiles"));
  return absl::StrCat(profile, "/connectionTests/", options.test);
}

absl::StatusOr<ExitCode> Start(Session& session, const TestOptions& options) {
  v1::StartConnectionTestRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), session.Resource(options.profile, "ssoProfiles"));
  request.set_staged(options.staged);
  ASSIGN_OR_RETURN(const v1::ConnectionTest test,
                   Call(session, &Stub::StartConnectionTest, request));
  session.Print(test, Describe(session, test));
  session.NextStep(absl::StrCat(
      "open the sign-in URL and sign in; then hand over the form that your browser posts: "
      "gatehouse test complete ",
      test.name(), " --response FILE (OIDC: the URL that it ends on, --oidc-response URL)"));
  return ExitCode::kOk;
}

absl::StatusOr<ExitCode> PrintOutcome(Session& session, const v1::ConnectionTest& test) {
  session.Print(test, Describe(session, test));
  const std::string profile = ProfileOfTest(test);
  switch (test.state()) {
    case v1::ConnectionTest::STATE_PASSED:
      session.NextStep(absl::StrCat("gatehouse enforcement plan DOMAIN --profile ", profile,
                                    " --acting-admin EMAIL"));
      return ExitCode::kOk;
    case v1::ConnectionTest::STATE_FAILED:
      session.NextStep(absl::StrCat(
          "docs/connection-test-failures.md says what to correct; then: gatehouse test start ",
          profile));
      return ExitCode::kFailed;
    case v1::ConnectionTest::STATE_EXPIRED:
      session.NextStep(absl::StrCat("gatehouse test start ", profile));
      return ExitCode::kFailed;
    default:
      return ExitCode::kOk;
  }
}

// "-": the standard input, so that the code stands in no process list.
absl::Status ReadOidcResponse(Session& session, const TestOptions& options,
                              v1::CompleteConnectionTestRequest& request) {
  std::string text = options.oidc_response;
  if (text == "-") {
    ASSIGN_OR_RETURN(text, session.ReadFile(text, kMaxRedirectBytes));
  }
  ASSIGN_OR_RETURN(*request.mutable_oidc_response(), ParseOidcRedirect(text));
  return absl::OkStatus();
}

absl::Status ReadSamlResponse(Session& session, const TestOptions& options,
                              v1::CompleteConnectionTestRequest& request) {
  ASSIGN_OR_RETURN(const std::string text, session.ReadFile(options.response_file, kMaxFormBytes));
  ASSIGN_OR_RETURN(SamlForm form, ParseSamlForm(text));
  // The first completion decides a test: do not spend this one on the response
  // to another.
  if (!form.relay_state.empty() && form.relay_state != LastPart(request.name())) {
    return UsageError(absl::StrCat("this response belongs to the test ", Quoted(form.relay_state),
                                   ", not to ", Quoted(LastPart(request.name()))));
  }
  *request.mutable_saml_response() = std::move(form.response);
  return absl::OkStatus();
}

absl::StatusOr<ExitCode> Complete(Session& session, const TestOptions& options) {
  v1::CompleteConnectionTestRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), TestName(session, options));
  if (options.response_file.empty() == options.oidc_response.empty()) {
    return UsageError("give what came back: --response FILE, or --oidc-response URL");
  }
  RETURN_IF_ERROR(options.oidc_response.empty() ? ReadSamlResponse(session, options, request)
                                                : ReadOidcResponse(session, options, request));
  ASSIGN_OR_RETURN(const v1::ConnectionTest test,
                   Call(session, &Stub::CompleteConnectionTest, request));
  return PrintOutcome(session, test);
}

absl::StatusOr<ExitCode> Get(Session& session, const TestOptions& options) {
  v1::GetConnectionTestRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), TestName(session, options));
  ASSIGN_OR_RETURN(const v1::ConnectionTest test, Call(session, &Stub::GetConnectionTest, request));
  return PrintOutcome(session, test);
}

}  // namespace

void AddTestCommands(CommandTree& tree) {
  CLI::App* noun =
      tree.AddNoun("test", "Connection tests: one real sign-in that proves a profile",
                   {"gatehouse test start okta --org acme",
                    "gatehouse test complete t2k… --profile okta --org acme --response form.txt"});
  auto options = std::make_shared<TestOptions>();
  const std::string test_help = "the test's full name; or its id, with --profile";

  CLI::App* start = tree.Add(noun, "start", "Start a test, and show the URL to sign in at",
                             {"gatehouse test start okta --org acme"},
                             [options](Session& session) { return Start(session, *options); });
  AddArgument(start, "PROFILE", options->profile, "the profile's id, or its full name");
  start->add_flag("--staged", options->staged,
                  "test the settings that the IdP's metadata brought; if the test passes, they "
                  "take the place of the profile's");

  CLI::App* complete =
      tree.Add(noun, "complete", "Have the identity provider's response verified",
               {"gatehouse test complete t2k… --profile okta --org acme --response form.txt",
                "pbpaste | gatehouse test complete t2k… --profile okta --org acme --response -",
                "pbpaste | gatehouse test complete t2k… --profile entra --org acme \\",
                "    --oidc-response -"},
               [options](Session& session) { return Complete(session, *options); });
  AddArgument(complete, "TEST", options->test, test_help);
  CLI::Option* form = AddText(complete, "--response", "FILE", options->response_file,
                              "what the IdP posted, or - for the standard input: the form "
                              "(SAMLResponse=…&RelayState=…), or the response's base64");
  AddText(complete, "--oidc-response", "URL", options->oidc_response,
          "OpenID Connect: the URL that the browser was sent back to, or its query "
          "(code=…&state=…), or - for the standard input")
      ->excludes(form);
  AddText(complete, "--profile", "PROFILE", options->profile, "the profile, for a short id");

  CLI::App* get = tree.Add(noun, "get", "Show a test; the exit code is 1 if it did not pass",
                           {"gatehouse test get t2k… --profile okta --org acme"},
                           [options](Session& session) { return Get(session, *options); });
  AddArgument(get, "TEST", options->test, test_help);
  AddText(get, "--profile", "PROFILE", options->profile, "the profile, for a short id");
}

}  // namespace gatehouse::cli
