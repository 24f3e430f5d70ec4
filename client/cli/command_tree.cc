#include "client/cli/command_tree.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "client/cli/command_options.h"
#include "client/cli/errors.h"
#include "client/cli/help.h"
#include "client/cli/text.h"
#include "client/cli/time_text.h"
#include "policy/errors.h"

namespace gatehouse::cli {
namespace {

constexpr char kDescription[] =
    "Manage who must sign in through SSO: organizations, their domains, users and identity "
    "providers, and the enforcement that binds them.";

const std::vector<std::string>& RootExamples() {
  static const auto* const examples = new std::vector<std::string>{
      "export GATEHOUSE_ORG=acme",
      "gatehouse domain add acme.example",
      "gatehouse user import users.csv",
      "gatehouse enforcement plan acme.example --profile okta --acting-admin root@acme.example",
      "gatehouse check alice@acme.example",
  };
  return *examples;
}

ValueSpec ValueOf(const CLI::Option& option) {
  ValueSpec value;
  if (option.get_items_expected_max() == 0) return value;
  value.name = option.get_type_name();
  value.is_file = value.name == "FILE";
  if (absl::StrContains(value.name, "|")) value.choices = absl::StrSplit(value.name, '|');
  return value;
}

CommandSpec SpecOf(const CLI::App& app, std::vector<std::string> path) {
  CommandSpec spec;
  spec.path = std::move(path);
  spec.description = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    const bool repeated = option->get_items_expected_max() > 1;
    if (option->get_positional()) {
      spec.arguments.push_back({option->get_name(true), option->get_description(), ValueOf(*option),
                                option->get_required(), repeated});
      continue;
    }
    OptionSpec option_spec{
        {}, option->get_description(), ValueOf(*option), option->get_required(), repeated};
    for (const std::string& name : option->get_snames()) {
      option_spec.names.push_back(absl::StrCat("-", name));
    }
    for (const std::string& name : option->get_lnames()) {
      option_spec.names.push_back(absl::StrCat("--", name));
    }
    spec.options.push_back(std::move(option_spec));
  }
  // Every command has --help; it is told once, with the global options.
  if (!spec.path.empty()) {
    spec.options.erase(
        std::remove_if(spec.options.begin(), spec.options.end(),
                       [](const OptionSpec& option) { return option.names.back() == "--help"; }),
        spec.options.end());
  }
  if (!app.get_footer().empty()) spec.examples = absl::StrSplit(app.get_footer(), '\n');
  for (const CLI::App* below : app.get_subcommands([](const CLI::App*) { return true; })) {
    std::vector<std::string> below_path = spec.path;
    below_path.push_back(below->get_name());
    spec.commands.push_back(SpecOf(*below, std::move(below_path)));
  }
  return spec;
}

std::vector<std::string> NamesOf(const std::vector<CommandSpec>& commands) {
  std::vector<std::string> names;
  for (const CommandSpec& command : commands) names.push_back(command.path.back());
  return names;
}

std::string DidYouMean(const std::string& word, const std::vector<std::string>& words) {
  const std::string nearest = Nearest(word, words);
  return nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?");
}

// Every option that is accepted at `path`.
std::vector<std::string> OptionNamesAt(const CommandSpec& root,
                                       const std::vector<std::string>& path) {
  std::vector<std::string> names;
  const auto add = [&names](const CommandSpec& command) {
    for (const OptionSpec& option : command.options) {
      names.insert(names.end(), option.names.begin(), option.names.end());
    }
  };
  add(root);
  if (!path.empty()) add(CommandAt(root, path));
  return names;
}

}  // namespace

CommandTree::CommandTree() : root_(kDescription, "gatehouse") {
  root_.set_help_flag("-h,--help", "show this help");
  root_.require_subcommand(0, 1);
  root_.footer(absl::StrJoin(RootExamples(), "\n"));
  // Global options may stand behind the command, too.
  root_.fallthrough();
  AddText(&root_, "--server", "HOST:PORT", options_.server,
          "the server; else GATEHOUSE_SERVER, else 127.0.0.1:8443");
  client::ConnectionSecurity& security = options_.security;
  root_.add_flag("--tls", security.tls, "use TLS on loopback, too; elsewhere it always is");
  AddText(&root_, "--ca-file", "FILE", security.ca_file,
          "authorities that sign the server's certificate (PEM); else GATEHOUSE_CA_FILE, else the "
          "system's");
  AddText(&root_, "--cert-file", "FILE", security.certificate_file,
          "your own certificate (PEM); else GATEHOUSE_CERT_FILE");
  AddText(&root_, "--key-file", "FILE", security.key_file,
          "its private key (PEM); else GATEHOUSE_KEY_FILE");
  AddText(
      &root_, "--token-file", "FILE", security.token_file,
      "file of your access token; else the token in GATEHOUSE_TOKEN, else GATEHOUSE_TOKEN_FILE");
  AddText(&root_, "--org", "ORG", options_.organization,
          "the organization, as acme or organizations/acme; else GATEHOUSE_ORG");
  AddChoice(
      &root_, "-o,--output", {"table", "json"},
      [this](const std::string& format) { options_.json = format == "json"; },
      "a table for people (the default), or the API's JSON for programs");
  root_
      .add_option_function<std::string>(
          "--timeout", [this](const std::string& text) { options_.timeout = *ParsePeriod(text); },
          "give up on a call after this; 30s unless said otherwise")
      ->type_name("PERIOD")
      ->check([](const std::string& text) {
        const absl::StatusOr<absl::Duration> period = ParsePeriod(text);
        return period.ok() ? std::string() : std::string(period.status().message());
      });
  root_.add_flag("-V,--version", version_, "show the version");
}

CLI::App* CommandTree::AddNoun(const std::string& name, const std::string& description,
                               const std::vector<std::string>& examples) {
  CLI::App* noun = root_.add_subcommand(name, description);
  noun->require_subcommand(0, 1);
  noun->footer(absl::StrJoin(examples, "\n"));
  return noun;
}

CLI::App* CommandTree::Add(CLI::App* parent, const std::string& name,
                           const std::string& description, const std::vector<std::string>& examples,
                           Action action) {
  CLI::App* app = (parent == nullptr ? &root_ : parent)->add_subcommand(name, description);
  app->footer(absl::StrJoin(examples, "\n"));
  app->callback([this, action = std::move(action)] { selected_ = action; });
  return app;
}

CommandSpec CommandTree::Spec() const { return SpecOf(root_, {}); }

absl::Status CommandTree::Parse(std::vector<std::string> arguments, Request& request) {
  for (const std::string& argument : arguments) {
    // gRPC sends no string that is not UTF-8.
    if (ValidUtf8(argument) != argument) {
      return UsageError(absl::StrCat("argument ", Quoted(argument), " is not UTF-8"));
    }
  }
  // "gatehouse help domain add" is what many people try.
  if (!arguments.empty() && arguments.front() == "help") {
    arguments.erase(arguments.begin());
    arguments.emplace_back("--help");
  }
  std::reverse(arguments.begin(), arguments.end());
  const auto note_path = [&] {
    for (const CLI::App* app = &root_; !app->get_subcommands().empty();) {
      app = app->get_subcommands().front();
      request.path.push_back(app->get_name());
    }
  };
  try {
    root_.parse(arguments);
    note_path();
  } catch (const CLI::CallForHelp&) {
    note_path();
    request.kind = Request::Kind::kHelp;
    return absl::OkStatus();
  } catch (const CLI::ParseError& error) {
    note_path();
    return ParseError(error, request);
  }
  request.options = options_;
  request.action = selected_;
  if (version_) {
    request.kind = Request::Kind::kVersion;
  } else if (selected_ == nullptr) {
    request.kind = Request::Kind::kIncomplete;
  }
  return absl::OkStatus();
}

absl::Status CommandTree::ParseError(const CLI::ParseError& error, const Request& request) const {
  const CommandSpec root = Spec();
  const CommandSpec& command = CommandAt(root, request.path);
  const std::vector<std::string> rest = root_.remaining(true);
  // CLI11 counts: "--org: 1 required ORG missing".
  absl::string_view message = error.what();
  if (const size_t colon = message.find(": 1 required "); colon != absl::string_view::npos) {
    return UsageError(absl::StrCat(message.substr(0, colon), " needs a value"));
  }
  if (rest.empty() || error.get_exit_code() != static_cast<int>(CLI::ExitCodes::ExtrasError)) {
    return UsageError(message);
  }
  const std::string& word = rest.front();
  if (absl::StartsWith(word, "-") && word.size() > 1) {
    const std::string name = word.substr(0, word.find('='));
    return UsageError(absl::StrCat("unknown option ", Quoted(name),
                                   DidYouMean(name, OptionNamesAt(root, request.path))));
  }
  if (!command.commands.empty()) {
    return UsageError(absl::StrCat("unknown command ", Quoted(word),
                                   DidYouMean(word, NamesOf(command.commands))));
  }
  return UsageError(absl::StrCat("unexpected argument ", Quoted(word)));
}

const CommandSpec& CommandAt(const CommandSpec& root, const std::vector<std::string>& path) {
  const CommandSpec* command = &root;
  for (const std::string& name : path) {
    for (const CommandSpec& below : command->commands) {
      if (below.path.back() == name) {
        command = &below;
        break;
      }
    }
  }
  return *command;
}

}  // namespace gatehouse::cli
