#include "server/connectors/saml_result.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace gatehouse {
namespace {

constexpr size_t kMaxShownBytes = 120;

}  // namespace

std::string Shown(absl::string_view value) {
  if (value.size() <= kMaxShownBytes) return absl::StrCat("\"", absl::CHexEscape(value), "\"");
  return absl::StrCat("\"", absl::CHexEscape(value.substr(0, kMaxShownBytes)), "…\"");
}

std::string ShownOrNothing(const std::optional<std::string>& value) {
  return value.has_value() ? Shown(*value) : "nothing";
}

}  // namespace gatehouse
