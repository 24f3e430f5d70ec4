#include "client/cli/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "client/cli/app.h"
#include "tests/client/cli/cli_runner.h"
#include "tests/peers/child_process.h"

namespace gatehouse::cli {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

// A shell that is not on this machine cannot be asked.
bool Installed(const std::string& shell) {
  const auto result = RunProgram({"sh", "-c", absl::StrCat("command -v ", shell)});
  return result.ok() && result->exit_code == 0;
}

class ShellTest : public testing::Test {
 protected:
  // Writes what the command prints for this shell.
  void WriteScript(const std::string& shell) {
    CliRunner cli;
    const CliResult result = cli.Run({"completion", shell});
    ASSERT_EQ(result.exit_code, ExitCode::kOk) << result.err;
    script = absl::StrCat(directory.path(), "/script");
    std::ofstream(script) << result.out;
  }

  std::vector<std::string> Lines(const std::vector<std::string>& argv) {
    const auto result = RunProgram(argv);
    EXPECT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->exit_code, 0) << result->err;
    EXPECT_EQ(result->err, "");
    return absl::StrSplit(result->out, '\n', absl::SkipEmpty());
  }

  ShortTempDir directory;
  std::string script;
};

class BashTest : public ShellTest {
 protected:
  BashTest() { WriteScript("bash"); }

  // What bash offers with the cursor at the end of the last word.
  std::vector<std::string> Complete(const std::vector<std::string>& words) {
    std::string line = absl::StrCat("cd ", directory.path(), "; source ", script, "; COMP_WORDS=(");
    for (const std::string& word : words) absl::StrAppend(&line, "'", word, "' ");
    absl::StrAppend(&line, "); COMP_CWORD=", words.size() - 1,
                    "; $(complete -p gatehouse | sed 's/.*-F \\([^ ]*\\).*/\\1/')"
                    "; printf '%s\\n' \"${COMPREPLY[@]}\"");
    return Lines({"bash", "-c", line});
  }
};

TEST_F(BashTest, AcceptsTheScript) { EXPECT_THAT(Lines({"bash", "-n", script}), IsEmpty()); }

TEST_F(BashTest, CompletesCommands) {
  EXPECT_THAT(Complete({"gatehouse", "org"}), ElementsAre("organization"));
  EXPECT_THAT(
      Complete({"gatehouse", "user", ""}),
      UnorderedElementsAre("create", "get", "lookup", "list", "update", "delete", "import"));
  EXPECT_THAT(Complete({"gatehouse", "--org", "acme", "user", "cr"}), ElementsAre("create"));
  // A value that is called like a command leads nowhere.
  EXPECT_THAT(Complete({"gatehouse", "--org", "user", "dom"}), ElementsAre("domain"));
}

TEST_F(BashTest, CompletesOptionsOfTheCommandAndGlobalOnes) {
  const std::vector<std::string> offered = Complete({"gatehouse", "user", "list", "--"});
  EXPECT_THAT(offered, Contains("--sso-status"));
  EXPECT_THAT(offered, Contains("--server"));
  EXPECT_THAT(offered, Not(Contains("--suspended")));
}

TEST_F(BashTest, CompletesTheWordsThatAnOptionAllows) {
  EXPECT_THAT(Complete({"gatehouse", "user", "create", "a", "--role", ""}),
              ElementsAre("member", "admin", "owner"));
  EXPECT_THAT(Complete({"gatehouse", "user", "create", "a", "--role", "=", "ad"}),
              ElementsAre("admin"));
  EXPECT_THAT(Complete({"gatehouse", "user", "create", "a", "--role", "="}),
              ElementsAre("member", "admin", "owner"));
  EXPECT_THAT(Complete({"gatehouse", "-o", "j"}), ElementsAre("json"));
  EXPECT_THAT(Complete({"gatehouse", "exemption", "create", "u1", "--kind", ""}),
              ElementsAre("break-glass", "service-account"));
  EXPECT_THAT(Complete({"gatehouse", "completion", ""}), ElementsAre("bash", "zsh", "fish"));
}

TEST_F(BashTest, CompletesFilesWhereAFileIsTaken) {
  std::ofstream(directory.path() + "/users with spaces.csv") << "x";
  EXPECT_THAT(Complete({"gatehouse", "user", "import", "us"}),
              ElementsAre("users with spaces.csv"));
  EXPECT_THAT(Complete({"gatehouse", "profile", "create", "p", "--idp-metadata", "us"}),
              ElementsAre("users with spaces.csv"));
  EXPECT_THAT(Complete({"gatehouse", "user", "get", "us"}), IsEmpty());
  EXPECT_THAT(Complete({"gatehouse", "user", "create", "--display-name", "us"}), IsEmpty());
}

class FishTest : public ShellTest {
 protected:
  void SetUp() override {
    if (!Installed("fish")) GTEST_SKIP() << "fish is not installed";
    WriteScript("fish");
  }
  std::vector<std::string> Complete(const std::string& line) {
    std::vector<std::string> offered =
        Lines({"env", absl::StrCat("HOME=", directory.path()), "fish", "--no-config", "-c",
               absl::StrCat("source ", script, "; complete -C '", line, "'")});
    for (std::string& candidate : offered) candidate = candidate.substr(0, candidate.find('\t'));
    return offered;
  }
};

TEST_F(FishTest, CompletesCommandsOptionsAndWords) {
  EXPECT_THAT(Complete("gatehouse org"), ElementsAre("organization"));
  EXPECT_THAT(Complete("gatehouse --org user dom"), ElementsAre("domain"));
  EXPECT_THAT(Complete("gatehouse user cr"), ElementsAre("create"));
  EXPECT_THAT(Complete("gatehouse user create a --role "),
              UnorderedElementsAre("member", "admin", "owner"));
  EXPECT_THAT(Complete("gatehouse user list --sso-s"), ElementsAre("--sso-status"));
  EXPECT_THAT(Complete("gatehouse domain list --sso-s"), IsEmpty());
}

class ZshTest : public ShellTest {
 protected:
  void SetUp() override {
    if (!Installed("zsh")) GTEST_SKIP() << "zsh is not installed";
    WriteScript("zsh");
  }
};

TEST_F(ZshTest, AcceptsTheScriptAndRegistersIt) {
  EXPECT_THAT(Lines({"zsh", "-f", "-n", script}), IsEmpty());
  EXPECT_THAT(Lines({"zsh", "-f", "-c",
                     absl::StrCat("autoload -U compinit; compinit -D -u; source ", script,
                                  "; print -- $_comps[gatehouse]")}),
              ElementsAre("_gatehouse"));
}

// zsh has no call for it: its own completion runs in a terminal of its making.
TEST_F(ZshTest, CompletesInATerminal) {
  const std::string driver = absl::StrCat(directory.path(), "/driver");
  std::ofstream(driver) << R"(zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'PS1=; autoload -U compinit; compinit -D -u; source )"
                        << script << R"('
zpty -w z 'LISTMAX=0; zstyle ":completion:*" list-colors ""; print READY'
zpty -r -m z _ "*READY*READY*"
zpty -w -n z $'gatehouse user create a --role ad\t --org x --displ\t\C-a: \C-e; print DONE\n'
zpty -r -m z out "*DONE*DONE*"
print -r -- "$out"
zpty -d z
)";
  const auto result = RunProgram({"env", "TERM=dumb", "zsh", "-f", driver});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->out, testing::HasSubstr("--role admin"));
  EXPECT_THAT(result->out, testing::HasSubstr("--org x --display-name"));
}

}  // namespace
}  // namespace gatehouse::cli
