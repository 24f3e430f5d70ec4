#include "client/cli/text.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace gatehouse::cli {
namespace {

constexpr UChar32 kZeroWidthNonJoiner = 0x200C;
constexpr UChar32 kZeroWidthJoiner = 0x200D;

// Joiners belong to the spelling of words and emoji and move nothing else.
bool IsShown(UChar32 c) {
  if (c == kZeroWidthNonJoiner || c == kZeroWidthJoiner) return true;
  return (U_GET_GC_MASK(c) & (U_GC_C_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK)) == 0;
}

size_t CharacterWidth(UChar32 c) {
  if ((U_GET_GC_MASK(c) & (U_GC_MN_MASK | U_GC_ME_MASK | U_GC_CF_MASK)) != 0) return 0;
  // Medial vowels and final consonants join the syllable before them.
  const int syllable = u_getIntPropertyValue(c, UCHAR_HANGUL_SYLLABLE_TYPE);
  if (syllable == U_HST_VOWEL_JAMO || syllable == U_HST_TRAILING_JAMO) return 0;
  const int width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

absl::string_view EscapeSequence(Tone tone) {
  switch (tone) {
    case Tone::kPlain:
      return "";
    case Tone::kGood:
      return "\x1b[32m";
    case Tone::kWarning:
      return "\x1b[33m";
    case Tone::kBad:
      return "\x1b[31m";
    case Tone::kFaint:
      return "\x1b[2m";
    case Tone::kStrong:
      return "\x1b[1m";
  }
  return "";
}

}  // namespace

std::string Printable(absl::string_view utf8) {
  const char* bytes = utf8.data();
  const auto size = static_cast<int32_t>(utf8.size());
  std::string out;
  out.reserve(utf8.size());
  for (int32_t i = 0; i < size;) {
    const int32_t start = i;
    UChar32 c = 0;
    U8_NEXT(bytes, i, size, c);
    if (c < 0) {
      for (int32_t j = start; j < i; ++j) {
        absl::StrAppendFormat(&out, "\\x%02x", static_cast<unsigned char>(bytes[j]));
      }
    } else if (IsShown(c)) {
      out.append(bytes + start, i - start);
    } else {
      absl::StrAppendFormat(&out, "\\u{%04X}", static_cast<uint32_t>(c));
    }
  }
  return out;
}

std::string ValidUtf8(absl::string_view bytes) {
  const char* data = bytes.data();
  const auto size = static_cast<int32_t>(bytes.size());
  std::string out;
  out.reserve(bytes.size());
  for (int32_t i = 0; i < size;) {
    const int32_t start = i;
    UChar32 c = 0;
    U8_NEXT(data, i, size, c);
    if (c < 0) {
      out.append("\xEF\xBF\xBD");
    } else {
      out.append(data + start, i - start);
    }
  }
  return out;
}

size_t DisplayWidth(absl::string_view utf8) {
  const char* bytes = utf8.data();
  const auto size = static_cast<int32_t>(utf8.size());
  size_t width = 0;
  for (int32_t i = 0; i < size;) {
    UChar32 c = 0;
    U8_NEXT(bytes, i, size, c);
    width += c < 0 ? 1 : CharacterWidth(c);
  }
  return width;
}

std::string Grouped(int64_t number) {
  std::string digits = absl::StrCat(number);
  const size_t first = number < 0 ? 1 : 0;
  for (size_t i = digits.size(); i > first + 3;) {
    i -= 3;
    digits.insert(i, 1, ',');
  }
  return digits;
}

std::string Counted(int64_t number, absl::string_view singular, absl::string_view plural) {
  return absl::StrCat(Grouped(number), " ", number == 1 ? singular : plural);
}

std::vector<std::string> Wrapped(absl::string_view text, size_t columns) {
  std::vector<std::string> lines(1);
  size_t used = 0;
  for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const size_t width = DisplayWidth(word);
    if (used > 0 && used + 1 + width > columns) {
      lines.emplace_back();
      used = 0;
    }
    if (used > 0) {
      lines.back().push_back(' ');
      ++used;
    }
    absl::StrAppend(&lines.back(), word);
    used += width;
  }
  return lines;
}

std::string Palette::Paint(absl::string_view text, Tone tone) const {
  if (!coloured_ || tone == Tone::kPlain || text.empty()) return std::string(text);
  return absl::StrCat(EscapeSequence(tone), text, "\x1b[0m");
}

}  // namespace gatehouse::cli
