#include "client/cli/help.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace gatehouse::cli {
namespace {

constexpr size_t kColumns = 96;
constexpr size_t kWidestLeft = 30;

// Pairs of "what" and "what it does", the right side aligned and wrapped.
std::string TwoColumns(const std::vector<std::pair<std::string, std::string>>& rows) {
  size_t width = 0;
  for (const auto& [left, right] : rows) {
    if (const size_t own = DisplayWidth(left); own <= kWidestLeft) width = std::max(width, own);
  }
  std::string out;
  for (const auto& [left, right] : rows) {
    const size_t own = DisplayWidth(left);
    absl::StrAppend(&out, "  ", left);
    bool beside = own <= width;
    if (!beside) absl::StrAppend(&out, "\n");
    for (const std::string& line : Wrapped(right, kColumns - width - 4)) {
      absl::StrAppend(&out, std::string(beside ? width - own + 2 : width + 4, ' '), line, "\n");
      beside = false;
    }
  }
  return out;
}

std::string OptionNames(const OptionSpec& option, absl::string_view value) {
  // A long name lines up with those that have a short one before them.
  const std::string names = absl::StrCat(absl::StartsWith(option.names.front(), "--") ? "    " : "",
                                         absl::StrJoin(option.names, ", "));
  return value.empty() ? names : absl::StrCat(names, " ", value);
}

std::pair<std::string, std::string> OptionRow(const OptionSpec& option) {
  std::string left = OptionNames(option, option.value.name);
  std::string right = absl::StrCat(option.description, option.required ? " (required)" : "",
                                   option.repeated ? " (repeatable)" : "");
  // Choices too long for a line of their own go where lines are wrapped.
  if (!option.value.choices.empty() && DisplayWidth(left) > kColumns) {
    left = OptionNames(option, "CHOICE");
    absl::StrAppend(&right, ": ", absl::StrJoin(option.value.choices, ", "));
  }
  return {std::move(left), std::move(right)};
}

std::string OptionsSection(const std::vector<OptionSpec>& options) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const OptionSpec& option : options) rows.push_back(OptionRow(option));
  return TwoColumns(rows);
}

std::string ArgumentText(const ArgumentSpec& argument) {
  const std::string text = absl::StrCat(argument.name, argument.repeated ? "..." : "");
  return argument.required ? text : absl::StrCat("[", text, "]");
}

size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string UsageLine(const CommandSpec& command) {
  std::string line = "gatehouse";
  for (const std::string& part : command.path) absl::StrAppend(&line, " ", part);
  if (!command.commands.empty()) absl::StrAppend(&line, " COMMAND");
  for (const ArgumentSpec& argument : command.arguments) {
    absl::StrAppend(&line, " ", ArgumentText(argument));
  }
  for (const OptionSpec& option : command.options) {
    if (option.required) {
      absl::StrAppend(&line, " ", option.names.back(), " ", option.value.name);
    }
  }
  return absl::StrCat(line, " [options]");
}

std::string RenderHelp(const CommandSpec& root, const CommandSpec& command, Palette palette) {
  const auto heading = [&palette](absl::string_view text) {
    return absl::StrCat("\n", palette.Paint(text, Tone::kStrong), "\n");
  };
  std::string out;
  for (const std::string& line : Wrapped(command.description, kColumns)) {
    absl::StrAppend(&out, line, "\n");
  }
  absl::StrAppend(&out, heading("Usage:"), "  ", UsageLine(command), "\n");
  if (!command.commands.empty()) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const CommandSpec& below : command.commands) {
      rows.emplace_back(below.path.back(), below.description);
    }
    absl::StrAppend(&out, heading("Commands:"), TwoColumns(rows));
  }
  if (!command.arguments.empty()) {
    std::vector<std::pair<std::string, std::string>> rows;
    for (const ArgumentSpec& argument : command.arguments) {
      rows.emplace_back(ArgumentText(argument), argument.description);
    }
    absl::StrAppend(&out, heading("Arguments:"), TwoColumns(rows));
  }
  if (!command.path.empty() && !command.options.empty()) {
    absl::StrAppend(&out, heading("Options:"), OptionsSection(command.options));
  }
  absl::StrAppend(&out, heading(command.path.empty() ? "Options:" : "Global options:"),
                  OptionsSection(root.options));
  if (!command.examples.empty()) {
    absl::StrAppend(&out, heading("Examples:"));
    for (const std::string& example : command.examples) {
      absl::StrAppend(&out, "  ", example, "\n");
    }
  }
  if (!command.commands.empty()) {
    absl::StrAppend(&out, "\nMore about a command: gatehouse ", absl::StrJoin(command.path, " "),
                    command.path.empty() ? "" : " ", "COMMAND --help\n");
  }
  return out;
}

std::string Nearest(absl::string_view word, const std::vector<std::string>& words) {
  std::string nearest;
  size_t smallest = std::max<size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : words) {
    const bool shortened = word.size() > 1 && absl::StartsWith(candidate, word);
    const size_t distance = shortened ? 0 : Distance(word, candidate);
    if (distance < smallest) {
      smallest = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

}  // namespace gatehouse::cli
