// Completion scripts for shells, written from the shape of the commands.
#ifndef GATEHOUSE_CLIENT_CLI_COMPLETION_H_
#define GATEHOUSE_CLIENT_CLI_COMPLETION_H_

#include <string>

#include "client/cli/command_spec.h"

namespace gatehouse::cli {

enum class Shell { kBash, kZsh, kFish };

// A script that, sourced by `shell`, completes commands, options, the words
// that an option or argument allows, and file names where a file is taken.
std::string CompletionScript(const CommandSpec& root, Shell shell);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_COMPLETION_H_
