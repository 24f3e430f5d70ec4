// `gatehouse enforcement report`.
#ifndef GATEHOUSE_CLIENT_CLI_REPORT_COMMAND_H_
#define GATEHOUSE_CLIENT_CLI_REPORT_COMMAND_H_

#include <CLI/CLI.hpp>

namespace gatehouse::cli {

class CommandTree;

void AddEnforcementReportCommand(CommandTree& tree, CLI::App* noun);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_REPORT_COMMAND_H_
