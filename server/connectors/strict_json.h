// JSON from strangers: what two parsers could read differently is refused.
#ifndef GATEHOUSE_SERVER_CONNECTORS_STRICT_JSON_H_
#define GATEHOUSE_SERVER_CONNECTORS_STRICT_JSON_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace gatehouse {

// One JSON object in UTF-8. INVALID_ARGUMENT, quoting nothing of it: larger than
// `max_bytes`, not JSON, not an object, a repeated member name, deeper than 16.
absl::StatusOr<nlohmann::json> ParseStrictJson(absl::string_view text, size_t max_bytes);

// The member `name` of `object`, if it is a string; nullopt if it is missing or
// something else.
std::optional<std::string> StringMember(const nlohmann::json& object, const char* name);
// The strings of an array; nullopt if it is missing, or not an array of strings.
std::optional<std::vector<std::string>> StringsMember(const nlohmann::json& object,
                                                      const char* name);

}  // namespace gatehouse

#endif  // GATEHOUSE_SERVER_CONNECTORS_STRICT_JSON_H_
