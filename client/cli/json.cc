#include "client/cli/json.h"

#include <google/protobuf/message.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "client/cli/text.h"

namespace gatehouse::cli {
namespace {

// protobuf indents by one space; line breaks inside strings are escaped, so
// every leading space is indentation.
std::string WiderIndent(absl::string_view json) {
  std::string out;
  absl::string_view separator;
  for (absl::string_view line : absl::StrSplit(json, '\n')) {
    const size_t depth = line.find_first_not_of(' ');
    absl::StrAppend(&out, separator, std::string(depth == absl::string_view::npos ? 0 : depth, ' '),
                    line);
    separator = "\n";
  }
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

std::string Print(const google::protobuf::Message& message, bool whitespace) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = whitespace;
  options.always_print_primitive_fields = true;
  std::string json;
  // Fails only for an Any of an unknown type, which the API does not have.
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) return "{}";
  return json;
}

}  // namespace

std::string ToJson(const google::protobuf::Message& message) {
  return WiderIndent(Print(message, /*whitespace=*/true));
}

std::string ToJsonLine(const google::protobuf::Message& message) {
  return Print(message, /*whitespace=*/false);
}

std::string JsonString(absl::string_view text) {
  google::protobuf::Value value;
  value.set_string_value(ValidUtf8(text));
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(value, &json).ok()) return "\"\"";
  return json;
}

void JsonArray::Add(absl::string_view json) {
  out_ << (empty_ ? "[\n" : ",\n");
  empty_ = false;
  absl::string_view separator = "  ";
  for (absl::string_view line : absl::StrSplit(json, '\n')) {
    out_ << separator << line;
    separator = "\n  ";
  }
}

void JsonArray::Finish() { out_ << (empty_ ? "[]\n" : "\n]\n"); }

}  // namespace gatehouse::cli
