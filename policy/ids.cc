#include "policy/ids.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "policy/errors.h"

namespace gatehouse {
namespace {

bool IsSlug(absl::string_view id) {
  return id.size() >= 2 && id.size() <= 63 && absl::ascii_islower(id[0]) &&
         std::all_of(id.begin(), id.end(), [](unsigned char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '-';
         });
}

}  // namespace

absl::Status CheckSlug(absl::string_view field, absl::string_view id) {
  if (IsSlug(id)) return absl::OkStatus();
  return InvalidField(field, id,
                      "2 to 63 lower-case letters, digits or hyphens, starting with a letter");
}

}  // namespace gatehouse
