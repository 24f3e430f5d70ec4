#include "client/cli/completion.h"

#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"

namespace gatehouse::cli {
namespace {

std::string Path(const CommandSpec& command) { return absl::StrJoin(command.path, " "); }

// `command` and all below it.
void Flatten(const CommandSpec& command, std::vector<const CommandSpec*>& out) {
  out.push_back(&command);
  for (const CommandSpec& below : command.commands) Flatten(below, out);
}

std::vector<std::string> OptionNames(const CommandSpec& command) {
  std::vector<std::string> names;
  for (const OptionSpec& option : command.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return names;
}

std::vector<std::string> CommandNames(const CommandSpec& command) {
  std::vector<std::string> names;
  for (const CommandSpec& below : command.commands) names.push_back(below.path.back());
  return names;
}

// ---- bash

constexpr absl::string_view kBashHead =
    R"(# bash completion for gatehouse, written by "gatehouse completion bash".
# For this shell:   source <(gatehouse completion bash)
# For every shell:  gatehouse completion bash > /etc/bash_completion.d/gatehouse
)";

constexpr absl::string_view kBashTail = R"(
_gatehouse() {
  local cur=${COMP_WORDS[COMP_CWORD]} path="" option="" word i arguments=0 REPLY=""
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ -n $option ]]; then
      # bash takes "--option=value" apart at the "=".
      [[ $word == "=" ]] || option=""
    elif [[ $word == -* ]]; then
      ! __gatehouse_value "$path" "$word" || option=$word
    else
      __gatehouse_commands "$path"
      if [[ " $REPLY " == *" $word "* ]]; then
        path="${path:+$path }$word"
      else
        ((arguments += 1))
      fi
    fi
  done
  [[ $cur != "=" ]] || cur=""
  if [[ -n $option ]]; then
    __gatehouse_value "$path" "$option"
  elif [[ $cur == -* ]]; then
    __gatehouse_options "$path"
    REPLY="words $REPLY"
  else
    __gatehouse_commands "$path"
    if [[ -n $REPLY ]]; then
      REPLY="words $REPLY"
    else
      __gatehouse_argument "$path" "$arguments"
    fi
  fi
  case $REPLY in
    words\ *) mapfile -t COMPREPLY < <(compgen -W "${REPLY#words }" -- "$cur") ;;
    files)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      ;;
  esac
}

complete -F _gatehouse gatehouse
)";

std::string BashKind(const ValueSpec& value) {
  if (value.is_file) return "files";
  if (value.choices.empty()) return "any";
  return absl::StrCat("\"words ", absl::StrJoin(value.choices, " "), "\"");
}

std::string BashOptionValues(const std::string& prefix, const CommandSpec& command) {
  std::string out;
  for (const OptionSpec& option : command.options) {
    if (option.value.name.empty()) continue;
    const std::string patterns =
        absl::StrJoin(option.names, " | ", [&prefix](std::string* text, const std::string& name) {
          absl::StrAppend(text, prefix, name, "\"");
        });
    absl::StrAppend(&out, "    ", patterns, ") REPLY=", BashKind(option.value), " ;;\n");
  }
  return out;
}

std::string BashScript(const CommandSpec& root) {
  std::vector<const CommandSpec*> commands;
  Flatten(root, commands);
  std::string values, options, names, arguments;
  for (const CommandSpec* command : commands) {
    const std::string path = Path(*command);
    if (!command->commands.empty()) {
      absl::StrAppend(&names, "    \"", path, "\") REPLY=\"",
                      absl::StrJoin(CommandNames(*command), " "), "\" ;;\n");
    }
    for (size_t i = 0; i < command->arguments.size(); ++i) {
      const ValueSpec& value = command->arguments[i].value;
      if (!value.is_file && value.choices.empty()) continue;
      absl::StrAppend(&arguments, "    \"", path, " ", i, "\") REPLY=", BashKind(value), " ;;\n");
    }
    if (path.empty()) continue;
    absl::StrAppend(&values, BashOptionValues(absl::StrCat("\"", path, " "), *command));
    if (!command->options.empty()) {
      absl::StrAppend(&options, "    \"", path, "\") REPLY=\"",
                      absl::StrJoin(OptionNames(*command), " "), "\" ;;\n");
    }
  }
  absl::StrAppend(&values, BashOptionValues("*\" ", root));
  return absl::StrCat(
      kBashHead,
      "\n# Sets REPLY to what the option $2 of the command $1 takes; fails if it takes nothing.\n"
      "__gatehouse_value() {\n  REPLY=\"\"\n  case \"$1 $2\" in\n",
      values,
      "    *) return 1 ;;\n  esac\n}\n"
      "\n# Sets REPLY to the options of the command $1.\n"
      "__gatehouse_options() {\n  REPLY=\"\"\n  case \"$1\" in\n",
      options, "  esac\n  REPLY+=\" ", absl::StrJoin(OptionNames(root), " "),
      "\"\n}\n"
      "\n# Sets REPLY to the commands below the command $1.\n"
      "__gatehouse_commands() {\n  REPLY=\"\"\n  case \"$1\" in\n",
      names,
      "  esac\n}\n"
      "\n# Sets REPLY to what the argument number $2 (from 0) of the command $1 is.\n"
      "__gatehouse_argument() {\n  REPLY=any\n  case \"$1 $2\" in\n",
      arguments, "  esac\n}\n", kBashTail);
}

// ---- zsh

constexpr absl::string_view kZshHead = R"(#compdef gatehouse
# zsh completion for gatehouse, written by "gatehouse completion zsh".
# For this shell:   source <(gatehouse completion zsh)
# For every shell:  gatehouse completion zsh > "${fpath[1]}/_gatehouse"
)";

constexpr absl::string_view kZshTail = R"(
if [[ ${funcstack[1]} == _gatehouse ]]; then
  _gatehouse "$@"
else
  compdef _gatehouse gatehouse
fi
)";

std::string SingleQuoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

std::string ZshEscaped(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\\", "\\\\"}, {":", "\\:"}, {"[", "\\["}, {"]", "\\]"}});
}

std::string ZshAction(const ValueSpec& value) {
  if (value.is_file) return "_files";
  if (value.choices.empty()) return " ";
  return absl::StrCat("(", absl::StrJoin(value.choices, " "), ")");
}

std::string ZshOption(const OptionSpec& option) {
  std::string rest = absl::StrCat("[", ZshEscaped(option.description), "]");
  if (!option.value.name.empty()) {
    absl::StrAppend(&rest, ":", ZshEscaped(option.value.name), ":", ZshAction(option.value));
  }
  const std::string quoted = SingleQuoted(rest);
  if (option.repeated) return absl::StrCat("'*'", option.names.front(), quoted);
  if (option.names.size() == 1) return absl::StrCat(option.names.front(), quoted);
  return absl::StrCat("'(", absl::StrJoin(option.names, " "), ")'{",
                      absl::StrJoin(option.names, ","), "}", quoted);
}

std::string ZshFunctionName(const CommandSpec& command) {
  std::string name = "_gatehouse";
  for (const std::string& part : command.path) {
    absl::StrAppend(&name, "_", absl::StrReplaceAll(part, {{"-", "_"}}));
  }
  return name;
}

std::string ZshFunction(const CommandSpec& root, const CommandSpec& command) {
  std::string out = absl::StrCat("\n", ZshFunctionName(command), "() {\n");
  const bool branches = !command.commands.empty();
  if (branches) absl::StrAppend(&out, "  local curcontext=\"$curcontext\" state line\n");
  absl::StrAppend(&out, "  _arguments -C");
  std::vector<OptionSpec> options = command.options;
  if (!command.path.empty()) {
    options.insert(options.end(), root.options.begin(), root.options.end());
  }
  for (const OptionSpec& option : options) absl::StrAppend(&out, " \\\n    ", ZshOption(option));
  for (size_t i = 0; i < command.arguments.size(); ++i) {
    const ArgumentSpec& argument = command.arguments[i];
    absl::StrAppend(
        &out, " \\\n    ",
        SingleQuoted(absl::StrCat(argument.repeated ? "*" : absl::StrCat(i + 1), ":",
                                  ZshEscaped(argument.name), ":", ZshAction(argument.value))));
  }
  if (!branches) return absl::StrCat(out, "\n}\n");
  absl::StrAppend(&out,
                  " \\\n    '1: :->command' \\\n    '*:: :->rest'\n"
                  "  case $state in\n    command)\n      local -a commands=(\n");
  for (const CommandSpec& below : command.commands) {
    absl::StrAppend(
        &out, "        ",
        SingleQuoted(absl::StrCat(below.path.back(), ":", ZshEscaped(below.description))), "\n");
  }
  absl::StrAppend(&out,
                  "      )\n      _describe command commands\n      ;;\n"
                  "    rest)\n      case ${words[1]} in\n");
  for (const CommandSpec& below : command.commands) {
    absl::StrAppend(&out, "        ", below.path.back(), ") ", ZshFunctionName(below), " ;;\n");
  }
  return absl::StrCat(out, "      esac\n      ;;\n  esac\n}\n");
}

std::string ZshScript(const CommandSpec& root) {
  std::vector<const CommandSpec*> commands;
  Flatten(root, commands);
  std::string out(kZshHead);
  for (const CommandSpec* command : commands) absl::StrAppend(&out, ZshFunction(root, *command));
  return absl::StrCat(out, kZshTail);
}

// ---- fish

constexpr absl::string_view kFishHead =
    R"(# fish completion for gatehouse, written by "gatehouse completion fish".
# For every shell:  gatehouse completion fish > ~/.config/fish/completions/gatehouse.fish
)";

constexpr absl::string_view kFishFunction = R"(
function __gatehouse_at --description 'Whether the command line stands at the command $argv[1]'
    set -l words (commandline -opc)
    set -e words[1]
    set -l path
    set -l skip 0
    for word in $words
        if test $skip -eq 1
            set skip 0
        else if string match -q -- '-*' $word
            contains -- $word $__gatehouse_valued; and set skip 1
        else if contains -- (string join ' ' $path $word) $__gatehouse_commands
            set -a path $word
        end
    end
    test "$path" = "$argv[1]"
end

complete -c gatehouse -f
)";

std::string FishQuoted(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"'", "\\'"}}), "'");
}

std::string FishValue(const ValueSpec& value) {
  if (value.is_file) return " -r -F";
  if (value.choices.empty()) return " -x";
  return absl::StrCat(" -x -a ", FishQuoted(absl::StrJoin(value.choices, " ")));
}

std::string FishCommand(const CommandSpec& command) {
  const std::string path = Path(command);
  const std::string at = absl::StrCat("complete -c gatehouse -n ",
                                      FishQuoted(absl::StrCat("__gatehouse_at \"", path, "\"")));
  std::string out;
  for (const CommandSpec& below : command.commands) {
    absl::StrAppend(&out, at, " -a ", below.path.back(), " -d ", FishQuoted(below.description),
                    "\n");
  }
  for (const ArgumentSpec& argument : command.arguments) {
    if (argument.value.is_file) absl::StrAppend(&out, at, " -F\n");
    if (!argument.value.choices.empty()) {
      absl::StrAppend(&out, at, " -a ", FishQuoted(absl::StrJoin(argument.value.choices, " ")),
                      "\n");
    }
  }
  for (const OptionSpec& option : command.options) {
    // Global options are accepted everywhere.
    absl::StrAppend(&out, path.empty() ? "complete -c gatehouse" : at);
    for (const std::string& name : option.names) {
      const bool is_long = absl::StartsWith(name, "--");
      absl::StrAppend(&out, is_long ? " -l " : " -s ", name.substr(is_long ? 2 : 1));
    }
    if (!option.value.name.empty()) absl::StrAppend(&out, FishValue(option.value));
    absl::StrAppend(&out, " -d ", FishQuoted(option.description), "\n");
  }
  return out;
}

std::string FishScript(const CommandSpec& root) {
  std::vector<const CommandSpec*> commands;
  Flatten(root, commands);
  std::vector<std::string> valued, paths;
  std::string lines;
  for (const CommandSpec* command : commands) {
    if (!command->path.empty()) paths.push_back(FishQuoted(Path(*command)));
    for (const OptionSpec& option : command->options) {
      if (option.value.name.empty()) continue;
      for (const std::string& name : option.names) {
        if (!absl::c_linear_search(valued, name)) valued.push_back(name);
      }
    }
    absl::StrAppend(&lines, FishCommand(*command));
  }
  return absl::StrCat(kFishHead, "\nset -g __gatehouse_commands ", absl::StrJoin(paths, " "),
                      "\n# Options that take a value.\nset -g __gatehouse_valued ",
                      absl::StrJoin(valued, " "), "\n", kFishFunction, lines);
}

}  // namespace

std::string CompletionScript(const CommandSpec& root, Shell shell) {
  switch (shell) {
    case Shell::kBash:
      return BashScript(root);
    case Shell::kZsh:
      return ZshScript(root);
    case Shell::kFish:
      return FishScript(root);
  }
  return "";
}

}  // namespace gatehouse::cli
