#include "client/cli/saml_form.h"

#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/cli/errors.h"
#include "policy/status_macros.h"

namespace gatehouse::cli {
namespace {

constexpr absl::string_view kResponseField = "SAMLResponse";
constexpr absl::string_view kRelayStateField = "RelayState";

// application/x-www-form-urlencoded: '+' is a space, %XX a byte.
absl::StatusOr<std::string> UrlDecoded(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else if (i + 2 < text.size() && absl::ascii_isxdigit(text[i + 1]) &&
               absl::ascii_isxdigit(text[i + 2])) {
      absl::StrAppend(&out, absl::HexStringToBytes(text.substr(i + 1, 2)));
      i += 2;
    } else {
      return UsageError("the form has a broken %-escape");
    }
  }
  return out;
}

}  // namespace

absl::StatusOr<SamlForm> ParseSamlForm(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  SamlForm form;
  // '=' ends base64 as padding; only a form has a name before it.
  const bool is_form = absl::StartsWith(text, absl::StrCat(kResponseField, "=")) ||
                       absl::StrContains(text, "&") ||
                       absl::StartsWith(text, absl::StrCat(kRelayStateField, "="));
  if (!is_form) {
    form.response = std::string(text);
    return form;
  }
  for (absl::string_view pair : absl::StrSplit(text, '&', absl::SkipEmpty())) {
    const std::pair<absl::string_view, absl::string_view> field =
        absl::StrSplit(pair, absl::MaxSplits('=', 1));
    std::string* target = field.first == kResponseField     ? &form.response
                          : field.first == kRelayStateField ? &form.relay_state
                                                            : nullptr;
    if (target == nullptr) continue;
    if (!target->empty()) {
      return UsageError(absl::StrCat("the form has the field ", field.first, " twice"));
    }
    ASSIGN_OR_RETURN(*target, UrlDecoded(field.second));
  }
  if (form.response.empty()) {
    return UsageError(absl::StrCat("the form has no field ", kResponseField));
  }
  return form;
}

}  // namespace gatehouse::cli
