// Text that people write: names and notes.
#ifndef GATEHOUSE_POLICY_TEXT_H_
#define GATEHOUSE_POLICY_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace gatehouse {

inline constexpr size_t kMaxDisplayNameBytes = 200;
inline constexpr size_t kMaxNoteBytes = 1000;

// OK if `text` is valid UTF-8 of min_bytes to max_bytes bytes with no control
// characters (no line break can forge a log line or a table row); else
// INVALID_ARGUMENT naming `field`.
absl::Status CheckText(absl::string_view field, absl::string_view text, size_t min_bytes,
                       size_t max_bytes);

// What others sent, for a record of it: at most `max_bytes` of `text`, cut
// between characters; each control character and invalid byte becomes '?'.
std::string CleanText(absl::string_view text, size_t max_bytes);

}  // namespace gatehouse

#endif  // GATEHOUSE_POLICY_TEXT_H_
