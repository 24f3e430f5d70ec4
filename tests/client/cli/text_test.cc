#include "client/cli/text.h"

#include <gtest/gtest.h>

namespace gatehouse::cli {
namespace {

TEST(DisplayWidth, CountsColumnsAndNotBytes) {
  const struct {
    const char* text;
    size_t width;
  } cases[] = {
      {"", 0},
      {"alice", 5},
      {"Zoë", 3},
      {"Zoe\u0308", 3},           // combining diaeresis
      {"山田太郎", 8},            // wide
      {"ｆｕｌｌ", 8},            // full width
      {"ｶﾅ", 2},                  // half width
      {"\u1112\u1161\u11ab", 2},  // a syllable of three conjoining jamo
      {"한", 2},                  // the same, composed
      {"🙂", 2},
      {"نام", 3},
      {"a\u200db", 2},  // zero width joiner
  };
  for (const auto& c : cases) EXPECT_EQ(DisplayWidth(c.text), c.width) << c.text;
}

TEST(Printable, ShowsWhatATerminalWouldObey) {
  const struct {
    std::string text;
    std::string shown;
  } cases[] = {
      {"Alice Müller", "Alice Müller"},
      {"\x1b[2Jgone", "\\u{001B}[2Jgone"},
      {"a\nb\tc\r", "a\\u{000A}b\\u{0009}c\\u{000D}"},
      {"x\u009bm", "x\\u{009B}m"},               // the one-character CSI
      {"\u202Eexe.pdf", "\\u{202E}exe.pdf"},     // right-to-left override
      {"\u2066a\u2069", "\\u{2066}a\\u{2069}"},  // isolates
      {"\u2028", "\\u{2028}"},
      {std::string("nul\0", 4), "nul\\u{0000}"},
      {"bad \xff\xc3", "bad \\xff\\xc3"},
      {"👩\u200d🚀", "👩\u200d🚀"},  // a joiner inside an emoji stays
  };
  for (const auto& c : cases) EXPECT_EQ(Printable(c.text), c.shown);
}

TEST(ValidUtf8, ReplacesOnlyWhatIsNotUtf8) {
  EXPECT_EQ(ValidUtf8("bücher"), "bücher");
  EXPECT_EQ(ValidUtf8("b\xfc"
                      "cher"),
            "b\uFFFDcher");
  EXPECT_EQ(ValidUtf8("\xed\xa0\x80").find("\uFFFD"), 0u);  // a surrogate
}

TEST(Grouped, PutsCommasBetweenThousands) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1000), "1,000");
  EXPECT_EQ(Grouped(1234567), "1,234,567");
  EXPECT_EQ(Grouped(-1000), "-1,000");
  EXPECT_EQ(Grouped(-100), "-100");
}

TEST(Counted, AgreesInNumber) {
  EXPECT_EQ(Counted(1, "row", "rows"), "1 row");
  EXPECT_EQ(Counted(0, "row", "rows"), "0 rows");
  EXPECT_EQ(Counted(2000, "row", "rows"), "2,000 rows");
}

TEST(Wrapped, BreaksAtSpacesAndKeepsLongWords) {
  EXPECT_EQ(Wrapped("one two three", 7), (std::vector<std::string>{"one two", "three"}));
  EXPECT_EQ(Wrapped("incomprehensible x", 5), (std::vector<std::string>{"incomprehensible", "x"}));
  EXPECT_EQ(Wrapped("", 5), (std::vector<std::string>{""}));
}

TEST(Palette, PaintsOnlyWhenColoured) {
  EXPECT_EQ(Palette(false).Paint("x", Tone::kBad), "x");
  EXPECT_EQ(Palette(true).Paint("x", Tone::kBad), "\x1b[31mx\x1b[0m");
  EXPECT_EQ(Palette(true).Paint("x", Tone::kPlain), "x");
  EXPECT_EQ(Palette(true).Paint("", Tone::kBad), "");
}

}  // namespace
}  // namespace gatehouse::cli
