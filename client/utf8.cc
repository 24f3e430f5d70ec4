#include "client/utf8.h"

#include <unicode/utf8.h>

#include <cstdint>

namespace gatehouse::client {

bool IsUtf8(absl::string_view text) {
  const char* bytes = text.data();
  // The macro counts in int64_t as well as in ICU's usual int32_t.
  const int64_t size = static_cast<int64_t>(text.size());
  for (int64_t i = 0; i < size;) {
    UChar32 c = 0;
    U8_NEXT(bytes, i, size, c);
    if (c < 0) return false;
  }
  return true;
}

}  // namespace gatehouse::client
