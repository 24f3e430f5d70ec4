#include "server/connectors/strict_json.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

namespace gatehouse {
namespace {

constexpr int kMaxDepth = 16;

}  // namespace

absl::StatusOr<nlohmann::json> ParseStrictJson(absl::string_view text, size_t max_bytes) {
  using json = nlohmann::json;
  if (text.size() > max_bytes) {
    return absl::InvalidArgumentError(absl::StrCat("is larger than ", max_bytes, " bytes"));
  }
  // nlohmann takes a NUL for the end, whatever follows.
  if (text.find('\0') != absl::string_view::npos) {
    return absl::InvalidArgumentError("has a NUL byte");
  }
  const char* fault = nullptr;
  std::vector<std::set<std::string>> names;  // of each object that is open
  const auto inspect = [&](int depth, json::parse_event_t event, json& parsed) {
    if (depth > kMaxDepth) fault = "is nested too deeply";
    if (event == json::parse_event_t::object_start) names.emplace_back();
    if (event == json::parse_event_t::object_end) names.pop_back();
    if (event == json::parse_event_t::key &&
        !names.back().insert(parsed.get_ref<const std::string&>()).second) {
      fault = "has a member name twice";
    }
    return fault == nullptr;  // what is not kept costs nothing
  };
  json value = json::parse(text.begin(), text.end(), inspect, /*allow_exceptions=*/false);
  if (fault != nullptr) return absl::InvalidArgumentError(fault);
  if (value.is_discarded() || !value.is_object()) {
    return absl::InvalidArgumentError("is no JSON object");
  }
  return value;
}

std::optional<std::string> StringMember(const nlohmann::json& object, const char* name) {
  const auto member = object.find(name);
  if (member == object.end() || !member->is_string()) return std::nullopt;
  return member->get<std::string>();
}

std::optional<std::vector<std::string>> StringsMember(const nlohmann::json& object,
                                                      const char* name) {
  const auto member = object.find(name);
  if (member == object.end() || !member->is_array()) return std::nullopt;
  std::vector<std::string> strings;
  for (const nlohmann::json& item : *member) {
    if (!item.is_string()) return std::nullopt;
    strings.push_back(item.get<std::string>());
  }
  return strings;
}

}  // namespace gatehouse
