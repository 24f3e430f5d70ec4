#include "client/cli/table.h"

#include <gtest/gtest.h>

#include <sstream>

namespace gatehouse::cli {
namespace {

const Palette kPlain(false);

TEST(Table, AlignsByWhatATerminalShows) {
  Table table({{"NAME"}, {"N", Align::kRight}, {"LAST"}}, kPlain);
  table.Add({"山田", "1", "x"});
  table.Add({"Zoë Q", "1,000", ""});
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(),
            "NAME       N  LAST\n"
            "山田       1  x\n"
            "Zoë Q  1,000  -\n");
}

TEST(Table, PrintsTheHeaderOnceAndWidensWithLaterRows) {
  Table table({{"A"}, {"B"}}, kPlain);
  table.Add({"x", "1"});
  std::ostringstream out;
  table.Print(out);
  table.Add({"longer", "2"});
  table.Print(out);
  EXPECT_EQ(out.str(), "A  B\nx  1\nlonger  2\n");
}

TEST(Table, PrintsNothingWithoutRows) {
  Table table({{"A"}}, kPlain);
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(), "");
}

TEST(Table, ColoursCellsWithoutMovingThem) {
  Table table({{"A"}, {"B"}}, Palette(true), 2);
  table.Add({Cell("ok", Tone::kGood), "1"});
  table.Add({"later", "2"});
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(),
            "  \x1b[1mA\x1b[0m      \x1b[1mB\x1b[0m\n"
            "  \x1b[32mok\x1b[0m     1\n"
            "  later  2\n");
}

TEST(Table, NeutralizesControlCharacters) {
  Table table({{"A"}}, kPlain);
  table.Add({"\x1b[31mred"});
  std::ostringstream out;
  table.Print(out);
  EXPECT_EQ(out.str(), "A\n\\u{001B}[31mred\n");
}

TEST(FieldList, LeavesOutWhatIsEmptyAndListsValuesBelowEachOther) {
  FieldList fields;
  fields.Add("name", "x");
  fields.Add("nothing", "");
  fields.Add("domains", std::vector<std::string>{"a.example", "b.example"});
  std::ostringstream out;
  fields.Print(out, kPlain);
  EXPECT_EQ(out.str(),
            "name     x\n"
            "domains  a.example\n"
            "         b.example\n");
}

}  // namespace
}  // namespace gatehouse::cli
