// The commands, a function for each noun.
#ifndef GATEHOUSE_CLIENT_CLI_COMMANDS_H_
#define GATEHOUSE_CLIENT_CLI_COMMANDS_H_

namespace gatehouse::cli {

class CommandTree;

void AddOrganizationCommands(CommandTree& tree);
void AddDomainCommands(CommandTree& tree);
void AddUserCommands(CommandTree& tree);
void AddProfileCommands(CommandTree& tree);
void AddTestCommands(CommandTree& tree);
void AddEnforcementCommands(CommandTree& tree);
void AddExemptionCommands(CommandTree& tree);
void AddAuditCommands(CommandTree& tree);
void AddTokenCommands(CommandTree& tree);
void AddCheckCommands(CommandTree& tree);
void AddLoginCommands(CommandTree& tree);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_COMMANDS_H_
