// Kinds of options and arguments that several commands have. The type name of
// an option is what help and completion know of it: words between '|' are its
// choices, FILE is a file.
#ifndef GATEHOUSE_CLIENT_CLI_COMMAND_OPTIONS_H_
#define GATEHOUSE_CLIENT_CLI_COMMAND_OPTIONS_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/generated_enum_reflection.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace gatehouse::cli {

// A required positional argument.
CLI::Option* AddArgument(CLI::App* app, const std::string& name, std::string& value,
                         const std::string& description);
// One or more of them, at the end.
CLI::Option* AddArguments(CLI::App* app, const std::string& name, std::vector<std::string>& values,
                          const std::string& description);
// A required positional file, "-" for the standard input.
CLI::Option* AddFileArgument(CLI::App* app, std::string& path, const std::string& description);

// An option with a value called `value_name` in help.
CLI::Option* AddText(CLI::App* app, const std::string& name, const std::string& value_name,
                     std::string& value, const std::string& description);
// An option that may be given several times, with one value each.
CLI::Option* AddTexts(CLI::App* app, const std::string& name, const std::string& value_name,
                      std::vector<std::string>& values, const std::string& description);
// A time or period, as ParseMoment takes it; checked, and kept as text.
CLI::Option* AddMoment(CLI::App* app, const std::string& name, std::string& value,
                       const std::string& description);
// A whole number from `least` to `most`.
CLI::Option* AddNumber(CLI::App* app, const std::string& name, int64_t& value, int64_t least,
                       int64_t most, const std::string& description);

// One of a few words, in any letter case. `set` receives the word as in `choices`.
CLI::Option* AddChoice(CLI::App* app, const std::string& name,
                       const std::vector<std::string>& choices,
                       const std::function<void(const std::string&)>& set,
                       const std::string& description);

// The values of an enum in short form, but for those `excluded`.
CLI::Option* AddEnumNumber(CLI::App* app, const std::string& name,
                           const google::protobuf::EnumDescriptor& type,
                           const std::vector<int>& excluded, const std::function<void(int)>& set,
                           const std::string& description);
template <typename Enum>
CLI::Option* AddEnum(CLI::App* app, const std::string& name, Enum& value,
                     const std::string& description, const std::vector<int>& excluded = {}) {
  return AddEnumNumber(
      app, name, *google::protobuf::GetEnumDescriptor<Enum>(), excluded,
      [&value](int number) { value = static_cast<Enum>(number); }, description);
}

// What part of a list to show.
struct ListOptions {
  int64_t limit = 0;      // 0: all
  int64_t page_size = 0;  // 0: as many as the limit needs, at most 1,000
};

// --limit and --page-size of a list.
void AddListOptions(CLI::App* app, ListOptions& options);
// --request-id of a create.
void AddRequestId(CLI::App* app, std::string& request_id);
// --etag of an update or delete.
void AddEtag(CLI::App* app, std::string& etag);

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_COMMAND_OPTIONS_H_
