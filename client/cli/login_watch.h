// gatehouse login watch: the rules of all domains, and what changes of them.
#ifndef GATEHOUSE_CLIENT_CLI_LOGIN_WATCH_H_
#define GATEHOUSE_CLIENT_CLI_LOGIN_WATCH_H_

#include <CLI/CLI.hpp>

#include "client/cli/command_tree.h"

namespace gatehouse::cli {

void AddLoginWatch(CommandTree& tree, CLI::App* noun);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_LOGIN_WATCH_H_
