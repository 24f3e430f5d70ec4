#include "client/cli/command_options.h"

#include <limits>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "client/cli/enum_names.h"
#include "client/cli/text.h"
#include "client/cli/time_text.h"
#include "policy/errors.h"

namespace gatehouse::cli {
namespace {

std::string Normalized(const std::string& word) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(word), {{"_", "-"}});
}

}  // namespace

CLI::Option* AddArgument(CLI::App* app, const std::string& name, std::string& value,
                         const std::string& description) {
  return app->add_option(name, value, description)->required()->type_name(name);
}

CLI::Option* AddArguments(CLI::App* app, const std::string& name, std::vector<std::string>& values,
                          const std::string& description) {
  return app->add_option(name, values, description)->required()->type_name(name);
}

CLI::Option* AddFileArgument(CLI::App* app, std::string& path, const std::string& description) {
  return AddArgument(app, "FILE", path, description);
}

CLI::Option* AddText(CLI::App* app, const std::string& name, const std::string& value_name,
                     std::string& value, const std::string& description) {
  return app->add_option(name, value, description)->type_name(value_name);
}

CLI::Option* AddTexts(CLI::App* app, const std::string& name, const std::string& value_name,
                      std::vector<std::string>& values, const std::string& description) {
  return app->add_option(name, values, description)->type_name(value_name)->allow_extra_args(false);
}

CLI::Option* AddMoment(CLI::App* app, const std::string& name, std::string& value,
                       const std::string& description) {
  return AddText(app, name, "TIME", value, description)->check([](const std::string& text) {
    const absl::StatusOr<absl::Time> time = ParseMoment(text, absl::UnixEpoch());
    return time.ok() ? std::string() : std::string(time.status().message());
  });
}

CLI::Option* AddNumber(CLI::App* app, const std::string& name, int64_t& value, int64_t least,
                       int64_t most, const std::string& description) {
  return app
      ->add_option_function<std::string>(
          name, [&value](const std::string& text) { (void)absl::SimpleAtoi(text, &value); },
          description)
      ->type_name("N")
      ->check([least, most](const std::string& text) {
        int64_t number = 0;
        if (absl::SimpleAtoi(text, &number) && number >= least && number <= most) {
          return std::string();
        }
        if (most == std::numeric_limits<int64_t>::max()) {
          return absl::StrCat(Quoted(text), " is not a whole number from ", least, " on");
        }
        return absl::StrCat(Quoted(text), " is not a whole number from ", least, " to ",
                            Grouped(most));
      });
}

CLI::Option* AddChoice(CLI::App* app, const std::string& name,
                       const std::vector<std::string>& choices,
                       const std::function<void(const std::string&)>& set,
                       const std::string& description) {
  return app
      ->add_option_function<std::string>(
          name, [set](const std::string& word) { set(Normalized(word)); }, description)
      ->type_name(absl::StrJoin(choices, "|"))
      ->check([choices](const std::string& word) {
        if (absl::c_linear_search(choices, Normalized(word))) return std::string();
        return absl::StrCat(Quoted(word), " is not one of ", absl::StrJoin(choices, ", "));
      });
}

CLI::Option* AddEnumNumber(CLI::App* app, const std::string& name,
                           const google::protobuf::EnumDescriptor& type,
                           const std::vector<int>& excluded, const std::function<void(int)>& set,
                           const std::string& description) {
  std::vector<std::string> choices;
  for (std::string& choice : ShortNames(type)) {
    if (!absl::c_linear_search(excluded, *FromShortName(type, choice))) {
      choices.push_back(std::move(choice));
    }
  }
  return AddChoice(
      app, name, choices,
      [set, &type](const std::string& word) { set(*FromShortName(type, word)); }, description);
}

void AddListOptions(CLI::App* app, ListOptions& options) {
  AddNumber(app, "--limit", options.limit, 0, std::numeric_limits<int64_t>::max(),
            "show at most so many; 0, the default, shows all");
  AddNumber(app, "--page-size", options.page_size, 1, 1000, "how many to fetch with one call");
}

void AddRequestId(CLI::App* app, std::string& request_id) {
  AddText(app, "--request-id", "ID", request_id,
          "makes repeating this very command safe: the second time returns what the first created");
}

void AddEtag(CLI::App* app, std::string& etag) {
  AddText(app, "--etag", "ETAG", etag, "only if it is unchanged since this etag was read");
}

}  // namespace gatehouse::cli
