// docs/configuration.md and docs/examples/gatehouse.toml have every key, at its
// default.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "server/config/server_config.h"

namespace gatehouse {
namespace {

using ::testing::HasSubstr;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file.is_open()) << path;
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

struct Row {
  std::string flag;
  std::string default_value;
  std::string meaning;
};

// "`text`" as "text".
std::string Code(absl::string_view cell) {
  cell = absl::StripAsciiWhitespace(cell);
  absl::ConsumePrefix(&cell, "`");
  absl::ConsumeSuffix(&cell, "`");
  return std::string(cell);
}

// The table of keys.
std::map<std::string, Row> DocumentedKeys() {
  std::map<std::string, Row> rows;
  for (absl::string_view line : absl::StrSplit(ReadFile("docs/configuration.md"), '\n')) {
    if (!absl::StartsWith(line, "| `")) continue;
    const std::vector<std::string> cells = absl::StrSplit(line, " | ");
    if (cells.size() != 4) {
      ADD_FAILURE() << "not four columns: " << std::string(line);
      continue;
    }
    const std::string key = Code(absl::StripPrefix(cells[0], "| "));
    EXPECT_TRUE(rows.insert({key, {Code(cells[1]), Code(cells[2]), cells[3]}}).second) << key;
  }
  return rows;
}

TEST(ConfigurationDocument, NamesEveryKeyAndNoOther) {
  std::map<std::string, Row> documented = DocumentedKeys();
  for (const ConfigKey& key : ConfigKeys()) {
    EXPECT_EQ(documented.erase(key.name), 1u) << key.name << " is not documented";
  }
  for (const auto& [name, row] : documented) ADD_FAILURE() << name << " is no key";
}

TEST(ConfigurationDocument, GivesEachKeyItsFlagDefaultAndLimits) {
  const std::map<std::string, Row> documented = DocumentedKeys();
  for (const ConfigKey& key : ConfigKeys()) {
    const auto row = documented.find(key.name);
    if (row == documented.end()) continue;  // the test above fails
    SCOPED_TRACE(key.name);
    EXPECT_EQ(row->second.flag,
              absl::StrCat("--", absl::StrReplaceAll(key.name, {{".", "-"}, {"_", "-"}})));

    const std::string& shown = row->second.default_value;
    ServerConfig config;
    const absl::Status set = ApplyFlag(key.name, shown == "none" ? "" : shown, &config);
    EXPECT_TRUE(set.ok()) << set;
    EXPECT_TRUE(config == ServerConfig()) << shown << " is not the default";

    // Help ends with "(1 to 256)" where there are limits.
    if (const size_t limits = key.help.rfind('('); limits != std::string::npos) {
      EXPECT_THAT(row->second.meaning, HasSubstr(key.help.substr(limits)));
    }
  }
}

TEST(ConfigurationExample, HasEveryKeyAtItsDefault) {
  const std::string example = ReadFile("docs/examples/gatehouse.toml");
  ServerConfig config;
  const absl::Status applied = ApplyToml(example, "gatehouse.toml", &config);
  EXPECT_TRUE(applied.ok()) << applied;
  EXPECT_TRUE(config == ServerConfig());

  std::vector<std::string> keys;
  std::string section;
  for (absl::string_view line : absl::StrSplit(example, '\n')) {
    if (absl::ConsumePrefix(&line, "[") && absl::ConsumeSuffix(&line, "]")) {
      section = absl::StrCat(std::string(line), ".");
    } else if (absl::StrContains(line, " = ")) {
      keys.push_back(absl::StrCat(section, std::string(line.substr(0, line.find(' ')))));
    }
  }
  std::vector<std::string> expected;
  for (const ConfigKey& key : ConfigKeys()) expected.push_back(key.name);
  EXPECT_EQ(keys, expected);
}

}  // namespace
}  // namespace gatehouse
