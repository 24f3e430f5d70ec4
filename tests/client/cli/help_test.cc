#include "client/cli/help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "client/cli/app.h"
#include "tests/client/cli/cli_runner.h"

namespace gatehouse::cli {
namespace {

using testing::HasSubstr;

void Visit(const CommandSpec& command, const std::function<void(const CommandSpec&)>& visitor) {
  visitor(command);
  for (const CommandSpec& below : command.commands) Visit(below, visitor);
}

TEST(Help, OfEveryCommandIsThereAndHasAnExample) {
  int count = 0;
  Visit(Commands(), [&count](const CommandSpec& command) {
    ++count;
    std::vector<std::string> arguments = command.path;
    arguments.emplace_back("--help");
    CliRunner cli;
    const CliResult result = cli.Run(arguments);
    const std::string name = "gatehouse " + absl::StrJoin(command.path, " ");
    EXPECT_EQ(result.exit_code, ExitCode::kOk) << name;
    EXPECT_EQ(result.err, "") << name;
    EXPECT_THAT(result.out, HasSubstr("Usage:\n  " + (command.path.empty() ? "gatehouse" : name)));
    EXPECT_THAT(result.out, HasSubstr("Examples:\n  ")) << name;
    // An example shows the very command.
    const std::string examples = absl::StrJoin(command.examples, "\n");
    EXPECT_THAT(examples, HasSubstr(name.substr(0, name.find_last_not_of(' ') + 1)));
    EXPECT_FALSE(command.description.empty()) << name;
    for (const OptionSpec& option : command.options) {
      EXPECT_FALSE(option.description.empty()) << name << " " << option.names.back();
      if (option.value.choices.empty() && !option.value.name.empty()) {
        EXPECT_THAT(result.out, HasSubstr(option.names.back() + " " + option.value.name));
      }
      for (const std::string& choice : option.value.choices) {
        EXPECT_THAT(result.out, HasSubstr(choice)) << name << " " << option.names.back();
      }
    }
    EXPECT_EQ(cli.server.CallCount(), 0u);
  });
  EXPECT_GT(count, 45);
}

TEST(Help, IsGivenForThePathAfterTheWordHelp) {
  CliRunner cli;
  EXPECT_EQ(cli.Run("help domain add").out, cli.Run("domain add --help").out);
  EXPECT_EQ(cli.Run("help").out, cli.Run("--help").out);
}

TEST(Help, DoesNotNeedTheRequiredArguments) {
  CliRunner cli;
  EXPECT_EQ(cli.Run("enforcement enforce -h").exit_code, ExitCode::kOk);
}

TEST(Help, LinesFitATerminalOf100Columns) {
  const CommandSpec root = Commands();
  Visit(root, [&root](const CommandSpec& command) {
    const std::string help = RenderHelp(root, command, Palette(false));
    for (size_t begin = 0; begin < help.size();) {
      const size_t end = help.find('\n', begin);
      EXPECT_LE(DisplayWidth(help.substr(begin, end - begin)), 100u)
          << help.substr(begin, end - begin);
      begin = end + 1;
    }
  });
}

// Completion for fish relies on it.
TEST(Options, OfOneNameEitherAllTakeAValueOrNone) {
  std::map<std::string, bool> takes_value;
  Visit(Commands(), [&takes_value](const CommandSpec& command) {
    for (const OptionSpec& option : command.options) {
      for (const std::string& name : option.names) {
        const bool takes = !option.value.name.empty();
        EXPECT_EQ(takes_value.try_emplace(name, takes).first->second, takes) << name;
      }
    }
  });
}

TEST(Nearest, FindsTheWordThatWasMeant) {
  const std::vector<std::string> words = {"list", "get", "verify"};
  EXPECT_EQ(Nearest("lsit", words), "list");
  EXPECT_EQ(Nearest("ver", words), "verify");
  EXPECT_EQ(Nearest("frobnicate", words), "");
  EXPECT_EQ(Nearest("x", words), "");
}

}  // namespace
}  // namespace gatehouse::cli
