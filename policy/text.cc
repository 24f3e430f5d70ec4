#include "policy/text.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"

namespace gatehouse {

absl::Status CheckText(absl::string_view field, absl::string_view text, size_t min_bytes,
                       size_t max_bytes) {
  if (text.size() < min_bytes || text.size() > max_bytes) {
    return InvalidField(field, text,
                        absl::StrCat(min_bytes, " to ", max_bytes, " bytes, not ", text.size()));
  }
  const int32_t length = static_cast<int32_t>(text.size());
  for (int32_t i = 0; i < length;) {
    UChar32 c;
    U8_NEXT(text.data(), i, length, c);
    if (c < 0) return InvalidField(field, text, "valid UTF-8");
    if (u_charType(c) == U_CONTROL_CHAR) {
      return InvalidField(field, text, "no control characters");
    }
  }
  return absl::OkStatus();
}

std::string CleanText(absl::string_view text, size_t max_bytes) {
  std::string clean;
  const int32_t length = static_cast<int32_t>(text.size());
  for (int32_t i = 0; i < length;) {
    const int32_t start = i;
    UChar32 c;
    U8_NEXT(text.data(), i, length, c);
    const bool kept = c >= 0 && u_charType(c) != U_CONTROL_CHAR;
    const absl::string_view character =
        kept ? text.substr(static_cast<size_t>(start), static_cast<size_t>(i - start)) : "?";
    if (clean.size() + character.size() > max_bytes) break;
    absl::StrAppend(&clean, character);
  }
  return clean;
}

}  // namespace gatehouse
