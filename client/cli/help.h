// Help, rendered from a command's shape.
#ifndef GATEHOUSE_CLIENT_CLI_HELP_H_
#define GATEHOUSE_CLIENT_CLI_HELP_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/cli/command_spec.h"
#include "client/cli/text.h"

namespace gatehouse::cli {

// The help of `command`, which is `root` or stands somewhere below it.
std::string RenderHelp(const CommandSpec& root, const CommandSpec& command, Palette palette);

// "gatehouse domain add DOMAIN [options]".
std::string UsageLine(const CommandSpec& command);

// The one of `words` that `word` was most probably meant to be; "" if none is
// near.
std::string Nearest(absl::string_view word, const std::vector<std::string>& words);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_HELP_H_
