// The `gatehouse` command.
#ifndef GATEHOUSE_CLIENT_CLI_APP_H_
#define GATEHOUSE_CLIENT_CLI_APP_H_

#include <string>
#include <vector>

#include "client/cli/command_spec.h"
#include "client/cli/exit_code.h"
#include "client/cli/session.h"

namespace gatehouse::cli {

// Runs one command. `arguments` are those after the program's name.
ExitCode RunCli(const std::vector<std::string>& arguments, Environment environment);

// The whole tree of commands.
CommandSpec Commands();

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_APP_H_
