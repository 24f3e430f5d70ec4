// The API's enum values in the short form of the command line:
// ROLE_ADMIN is "admin", VERDICT_REQUIRE_SSO is "require-sso".
#ifndef GATEHOUSE_CLIENT_CLI_ENUM_NAMES_H_
#define GATEHOUSE_CLIENT_CLI_ENUM_NAMES_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/generated_enum_reflection.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace gatehouse::cli {

// The short form of a value; "" for the unspecified one; the number itself for
// a value that this binary does not know.
std::string ShortName(const google::protobuf::EnumDescriptor& type, int number);
// The value of a short form, in any letter case and with '-' or '_'.
std::optional<int> FromShortName(const google::protobuf::EnumDescriptor& type,
                                 absl::string_view text);
// The short forms of all values but the unspecified one, in order.
std::vector<std::string> ShortNames(const google::protobuf::EnumDescriptor& type);

// ShortName for a generated enum.
template <typename Enum>
std::string ShortName(Enum value) {
  return ShortName(*google::protobuf::GetEnumDescriptor<Enum>(), static_cast<int>(value));
}

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_ENUM_NAMES_H_
