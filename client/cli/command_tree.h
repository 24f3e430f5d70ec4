// The tree of commands: "gatehouse NOUN VERB ARGUMENTS OPTIONS".
//
//   auto options = std::make_shared<GetOptions>();
//   CLI::App* get = tree.Add(noun, "get", "Show a domain",
//                            {"gatehouse domain get acme.example --org acme"},
//                            [options](Session& session) { return GetDomain(session, *options); });
//   AddArgument(get, "DOMAIN", options->domain, "the domain, or its full name");
#ifndef GATEHOUSE_CLIENT_CLI_COMMAND_TREE_H_
#define GATEHOUSE_CLIENT_CLI_COMMAND_TREE_H_

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/command_spec.h"
#include "client/cli/exit_code.h"
#include "client/cli/session.h"

namespace gatehouse::cli {

// What a command does once its options are read.
using Action = std::function<absl::StatusOr<ExitCode>(Session&)>;

class CommandTree {
 public:
  CommandTree();
  CommandTree(const CommandTree&) = delete;
  CommandTree& operator=(const CommandTree&) = delete;

  // A command that only has others below it.
  CLI::App* AddNoun(const std::string& name, const std::string& description,
                    const std::vector<std::string>& examples);
  // A command that runs. `parent` is null for one without a noun.
  CLI::App* Add(CLI::App* parent, const std::string& name, const std::string& description,
                const std::vector<std::string>& examples, Action action);

  // The tree as help and completion see it.
  CommandSpec Spec() const;

  // What a command line asks for.
  struct Request {
    // kIncomplete: a noun without a verb, or nothing at all.
    enum class Kind { kRun, kHelp, kVersion, kIncomplete } kind = Kind::kRun;
    Action action;                  // kRun
    std::vector<std::string> path;  // of the command, as far as it was recognized
    GlobalOptions options;          // as given; defaults are not filled in
  };
  // A usage error for a command line that is not accepted; `request.path` says
  // whose help to look at. To be called once.
  absl::Status Parse(std::vector<std::string> arguments, Request& request);

 private:
  absl::Status ParseError(const CLI::ParseError& error, const Request& request) const;

  CLI::App root_;
  GlobalOptions options_;
  bool version_ = false;
  Action selected_;
};

// The command of `root` at `path`.
const CommandSpec& CommandAt(const CommandSpec& root, const std::vector<std::string>& path);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_COMMAND_TREE_H_
