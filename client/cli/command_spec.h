// The shape of a command, as help and completion need it: read off the parser's
// own tree, so that neither can drift from what is accepted.
#ifndef GATEHOUSE_CLIENT_CLI_COMMAND_SPEC_H_
#define GATEHOUSE_CLIENT_CLI_COMMAND_SPEC_H_

#include <string>
#include <vector>

namespace gatehouse::cli {

// What an option or a positional argument takes.
struct ValueSpec {
  std::string name;                  // "ID", "FILE", "member|admin|owner"; "" for a flag
  std::vector<std::string> choices;  // if only these are allowed
  bool is_file = false;
};

struct OptionSpec {
  std::vector<std::string> names;  // "-o", "--output"
  std::string description;
  ValueSpec value;
  bool required = false;
  bool repeated = false;
};

struct ArgumentSpec {
  std::string name;  // "DOMAIN"
  std::string description;
  ValueSpec value;
  bool required = true;
  bool repeated = false;
};

struct CommandSpec {
  std::vector<std::string> path;  // {"domain", "add"}; empty for the whole command
  std::string description;
  std::vector<ArgumentSpec> arguments;
  std::vector<OptionSpec> options;
  std::vector<std::string> examples;
  std::vector<CommandSpec> commands;
};

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_COMMAND_SPEC_H_
