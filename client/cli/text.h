// Text as a terminal shows it.
#ifndef GATEHOUSE_CLIENT_CLI_TEXT_H_
#define GATEHOUSE_CLIENT_CLI_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace gatehouse::cli {

// `utf8` with every character that a terminal would obey rather than show
// (controls, escape sequences, line breaks, direction overrides, invalid bytes)
// written as \u{001B} or \xff. What others have chosen goes through here before
// it is printed: a display name must not repaint the screen.
std::string Printable(absl::string_view utf8);

// `bytes` with U+FFFD in place of what is not UTF-8: equal to `bytes` if and
// only if that is UTF-8, as every string of the API must be.
std::string ValidUtf8(absl::string_view bytes);

// Columns that printable `utf8` takes: two for wide East Asian characters and
// emoji, none for combining marks and joiners.
size_t DisplayWidth(absl::string_view utf8);

// "1,204,000".
std::string Grouped(int64_t number);

// "1 domain", "3 domains", "1,000 domains".
std::string Counted(int64_t number, absl::string_view singular, absl::string_view plural);

// Breaks `text` at spaces into lines of at most `columns`; a longer word stays
// whole.
std::vector<std::string> Wrapped(absl::string_view text, size_t columns);

// What a piece of text means, which a terminal shows by colour.
enum class Tone { kPlain, kGood, kWarning, kBad, kFaint, kStrong };

// Puts colour on text, or leaves it alone.
class Palette {
 public:
  explicit Palette(bool coloured) : coloured_(coloured) {}
  std::string Paint(absl::string_view text, Tone tone) const;

 private:
  bool coloured_;
};

}  // namespace gatehouse::cli

#endif  // GATEHOUSE_CLIENT_CLI_TEXT_H_
