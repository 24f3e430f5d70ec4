#include "client/cli/app.h"

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/command_options.h"
#include "client/cli/command_tree.h"
#include "client/cli/commands.h"
#include "client/cli/completion.h"
#include "client/cli/errors.h"
#include "client/cli/help.h"
#include "client/cli/version.h"
#include "policy/status_macros.h"

namespace gatehouse::cli {
namespace {

constexpr char kDefaultServer[] = "127.0.0.1:8443";

void PrintVersion(std::ostream& out) {
  out << "gatehouse " << kVersion << " (API gatehouse.v1, gRPC " << grpc::Version() << ")\n";
}

void AddCompletionCommand(CommandTree& tree) {
  auto shell = std::make_shared<Shell>(Shell::kBash);
  CLI::App* completion =
      tree.Add(nullptr, "completion", "Print a script that completes this command in a shell",
               {"source <(gatehouse completion bash)",
                "gatehouse completion zsh > \"${fpath[1]}/_gatehouse\"",
                "gatehouse completion fish > ~/.config/fish/completions/gatehouse.fish"},
               [shell, &tree](Session& session) {
                 session.out() << CompletionScript(tree.Spec(), *shell);
                 return ExitCode::kOk;
               });
  AddChoice(
      completion, "SHELL", {"bash", "zsh", "fish"},
      [shell](const std::string& word) {
        *shell = word == "zsh" ? Shell::kZsh : word == "fish" ? Shell::kFish : Shell::kBash;
      },
      "bash, zsh or fish")
      ->required();
}

void AddCommands(CommandTree& tree) {
  AddOrganizationCommands(tree);
  AddDomainCommands(tree);
  AddUserCommands(tree);
  AddProfileCommands(tree);
  AddTestCommands(tree);
  AddEnforcementCommands(tree);
  AddExemptionCommands(tree);
  AddAuditCommands(tree);
  AddTokenCommands(tree);
  AddCheckCommands(tree);
  AddLoginCommands(tree);
  AddCompletionCommand(tree);
  tree.Add(nullptr, "version", "Show the version", {"gatehouse version"}, [](Session& session) {
    PrintVersion(session.out());
    return ExitCode::kOk;
  });
}

// What the command line has not said.
void FillFromEnvironment(const Environment& environment, client::ConnectionSecurity& security) {
  const auto fill = [&environment](const char* variable, std::string& value) {
    if (value.empty()) value = environment.variable(variable);
  };
  fill("GATEHOUSE_CA_FILE", security.ca_file);
  // A pair: one from here and one from there would not fit.
  if (security.certificate_file.empty() && security.key_file.empty()) {
    fill("GATEHOUSE_CERT_FILE", security.certificate_file);
    fill("GATEHOUSE_KEY_FILE", security.key_file);
  }
  if (security.token_file.empty()) fill("GATEHOUSE_TOKEN", security.token);
  if (security.token.empty()) fill("GATEHOUSE_TOKEN_FILE", security.token_file);
}

// The others must work, whatever the environment says of a connection.
bool CallsServer(const std::vector<std::string>& path) {
  return !path.empty() && path[0] != "completion" && path[0] != "version";
}

// A wrong command line: what is wrong, the right form, and where to read more.
ExitCode ShowUsage(const absl::Status& status, const CommandTree& tree,
                   const std::vector<std::string>& path, Session& session) {
  PrintError(status, session.err_palette(), session.err());
  const CommandSpec root = tree.Spec();
  session.err() << "usage: " << UsageLine(CommandAt(root, path)) << "\n"
                << "More: gatehouse " << absl::StrJoin(path, " ") << (path.empty() ? "" : " ")
                << "--help\n";
  return ExitCode::kUsage;
}

}  // namespace

CommandSpec Commands() {
  CommandTree tree;
  AddCommands(tree);
  return tree.Spec();
}

ExitCode RunCli(const std::vector<std::string>& arguments, Environment environment) {
  CommandTree tree;
  AddCommands(tree);
  CommandTree::Request request;
  const absl::Status parsed = tree.Parse(arguments, request);
  if (request.options.server.empty()) {
    request.options.server = environment.variable("GATEHOUSE_SERVER");
  }
  if (request.options.server.empty()) request.options.server = kDefaultServer;
  if (request.options.organization.empty()) {
    request.options.organization = environment.variable("GATEHOUSE_ORG");
  }
  FillFromEnvironment(environment, request.options.security);
  Session session(environment, request.options);
  if (!parsed.ok()) return ShowUsage(parsed, tree, request.path, session);
  if (request.kind == CommandTree::Request::Kind::kHelp) {
    const CommandSpec root = tree.Spec();
    session.out() << RenderHelp(root, CommandAt(root, request.path), session.out_palette());
    return ExitCode::kOk;
  }
  if (request.kind == CommandTree::Request::Kind::kIncomplete) {
    const CommandSpec root = tree.Spec();
    session.err() << RenderHelp(root, CommandAt(root, request.path), session.err_palette());
    return ExitCode::kUsage;
  }
  if (request.kind == CommandTree::Request::Kind::kVersion) {
    PrintVersion(session.out());
    return ExitCode::kOk;
  }
  if (CallsServer(request.path)) {
    if (const absl::Status connected = session.Connect(); !connected.ok()) {
      PrintError(connected, session.err_palette(), session.err());
      return ExitCodeOf(connected);
    }
  }
  const absl::StatusOr<ExitCode> code = request.action(session);
  session.out().flush();
  if (!code.ok()) {
    PrintError(code.status(), session.err_palette(), session.err());
    return ExitCodeOf(code.status());
  }
  if (!session.out().good()) {
    session.err() << "error: cannot write the output\n";
    return ExitCode::kFailed;
  }
  return *code;
}

}  // namespace gatehouse::cli
