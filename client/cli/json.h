// Messages as JSON, by protobuf's JSON mapping.
#ifndef GATEHOUSE_CLIENT_CLI_JSON_H_
#define GATEHOUSE_CLIENT_CLI_JSON_H_

#include <ostream>
#include <string>

#include "absl/strings/string_view.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace gatehouse::cli {

// `message` as an indented JSON object without a final line break. Fields that
// have their default value are there too, so that a script finds every key;
// only unset messages and oneofs are left out.
std::string ToJson(const google::protobuf::Message& message);
// The same on one line, for what has no end.
std::string ToJsonLine(const google::protobuf::Message& message);

// `text` as a JSON string, quotes included. Invalid UTF-8 becomes U+FFFD.
std::string JsonString(absl::string_view text);

// One JSON array, written element by element. The array is closed only by
// Finish: the output of a list that broke off is no document, and no program
// mistakes it for the whole.
class JsonArray {
 public:
  explicit JsonArray(std::ostream& out) : out_(out) {}
  // `json` is one document.
  void Add(absl::string_view json);
  void Finish();

 private:
  std::ostream& out_;
  bool empty_ = true;
};

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_JSON_H_
