#include "storage/engine.h"

#include <string>

namespace gatehouse::storage {

KeyRange PrefixRange(absl::string_view prefix) {
  KeyRange range{std::string(prefix), std::string(prefix)};
  while (!range.end.empty() && static_cast<unsigned char>(range.end.back()) == 0xff) {
    range.end.pop_back();
  }
  // Nothing but 0xff bytes: no key follows the range, so it needs no bound.
  if (!range.end.empty()) ++range.end.back();
  return range;
}

}  // namespace gatehouse::storage
