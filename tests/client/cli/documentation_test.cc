// docs/command-line.md tells of every command and option, and of nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/cli/app.h"
#include "tests/peers/child_process.h"

namespace gatehouse::cli {
namespace {

using testing::HasSubstr;

std::string Document() {
  std::ifstream file(DataFile("docs/command-line.md"));
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_TRUE(file) << "docs/command-line.md cannot be read";
  return text.str();
}

void CheckCommand(const CommandSpec& command, const std::string& document,
                  std::set<std::string>* options) {
  if (command.commands.empty()) {
    std::string line = absl::StrCat("`gatehouse ", absl::StrJoin(command.path, " "));
    for (const ArgumentSpec& argument : command.arguments) {
      absl::StrAppend(&line, " ", argument.name, argument.repeated ? "..." : "");
    }
    EXPECT_THAT(document, HasSubstr(line));
  }
  for (const OptionSpec& option : command.options) {
    for (const std::string& name : option.names) {
      options->insert(name);
      EXPECT_TRUE(absl::StrContains(document, absl::StrCat("`", name)) ||
                  absl::StrContains(document, absl::StrCat(" ", name)))
          << name << " of " << absl::StrJoin(command.path, " ");
    }
  }
  for (const CommandSpec& below : command.commands) CheckCommand(below, document, options);
}

TEST(Documentation, NamesEveryCommandAndOption) {
  const std::string document = Document();
  std::set<std::string> options;
  CheckCommand(Commands(), document, &options);
  // Nor does it tell of options that there are not.
  for (absl::string_view word : absl::StrSplit(document, absl::ByAnyChar(" `\n,()=|"))) {
    if (absl::StartsWith(word, "--") && word.size() > 2 && word[2] != '-') {
      EXPECT_EQ(options.count(std::string(word)), 1u) << word;
    }
  }
}

}  // namespace
}  // namespace gatehouse::cli
