#include "client/csv/csv_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <sstream>
#include <stdexcept>
#include <streambuf>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "policy/errors.h"

namespace gatehouse::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// Everything that a reader finds: the header, then each record as
// "line:field|field" or "line!message".
struct Contents {
  absl::Status status;
  std::vector<std::string> header;
  std::vector<std::string> records;
  int64_t bytes_read = 0;
};

Contents Read(std::istream& in, const CsvOptions& options = {}) {
  Contents contents;
  CsvReader reader(in, options);
  absl::StatusOr<std::vector<std::string>> header = reader.ReadHeader();
  contents.status = header.status();
  if (header.ok()) contents.header = *header;
  while (contents.status.ok()) {
    absl::StatusOr<std::optional<CsvRecord>> record = reader.Next();
    contents.status = record.status();
    if (!record.ok() || !record->has_value()) break;
    const auto& [line, fields] = **record;
    contents.records.push_back(fields.ok() ? absl::StrCat(line, ":", absl::StrJoin(*fields, "|"))
                                           : absl::StrCat(line, "!", fields.status().message()));
    if (!fields.ok()) {
      EXPECT_EQ(fields.status().code(), absl::StatusCode::kInvalidArgument);
      EXPECT_EQ(ReasonOf(fields.status()), reason::kInvalidField);
    }
  }
  contents.bytes_read = reader.bytes_read();
  return contents;
}

Contents Read(const std::string& text, const CsvOptions& options = {}) {
  std::istringstream in(text);
  return Read(in, options);
}

TEST(CsvReader, ReadsTheHeaderAndNumbersTheRecordsByLine) {
  const Contents contents = Read("a,b\n1,2\n3,4\n");
  EXPECT_TRUE(contents.status.ok());
  EXPECT_THAT(contents.header, ElementsAre("a", "b"));
  EXPECT_THAT(contents.records, ElementsAre("2:1|2", "3:3|4"));
}

TEST(CsvReader, TakesTheFormsThatExportsHave) {
  struct Case {
    const char* what;
    std::string text;
    std::vector<std::string> records;
  };
  const std::vector<Case> cases = {
      {"CRLF", "a,b\r\n1,2\r\n", {"2:1|2"}},
      {"CRLF and LF mixed", "a,b\r\n1,2\n3,4\r\n", {"2:1|2", "3:3|4"}},
      {"no line end at the end", "a,b\n1,2", {"2:1|2"}},
      {"a quoted field at the very end", "a,b\n1,\"2\"", {"2:1|2"}},
      {"byte order mark",
       "\xEF\xBB\xBF"
       "a,b\n1,2\n",
       {"2:1|2"}},
      {"byte order mark and quotes", "\xEF\xBB\xBF\"a\",\"b\"\n1,2\n", {"2:1|2"}},
      {"empty fields", "a,b\n,\n\"\",x\n", {"2:|", "3:|x"}},
      {"empty lines", "\n\r\na,b\n\n\n1,2\n\r\n\n", {"6:1|2"}},
      {"separators in quotes", "a,b\n\"1,5\",2\n", {"2:1,5|2"}},
      {"doubled quotes", "a,b\n\"say \"\"hi\"\"\",\"\"\"\"\n", {"2:say \"hi\"|\""}},
      {"white space is kept", "a,b\n 1 ,\" 2 \"\n", {"2: 1 | 2 "}},
      {"semicolons", "a;b\n1,5;2\n", {"2:1,5|2"}},
      {"tabs", "a\tb\n1,5\t2\n", {"2:1,5|2"}},
      {"separators in the quoted header do not count", "\"a,x,y\";b\n1;2\n", {"2:1|2"}},
      {"one column", "a\nx\n", {"2:x"}},
      {"a header over two lines", "\"a\nx\",b\n1,2\n", {"3:1|2"}},
      {"a carriage return in quotes", "a,b\n\"1\r2\",3\n", {"2:1\r2|3"}},
      {"NUL", std::string("a,b\n1\0,2\n", 9), {std::string("2:1\0|2", 6)}},
      {"a header only", "a,b", {}},
  };
  for (const Case& c : cases) {
    const Contents contents = Read(c.text);
    EXPECT_TRUE(contents.status.ok()) << c.what << ": " << contents.status;
    EXPECT_EQ(contents.records, c.records) << c.what;
    EXPECT_EQ(contents.bytes_read, static_cast<int64_t>(c.text.size())) << c.what;
  }
}

TEST(CsvReader, CountsTheLinesOfQuotedFields) {
  EXPECT_THAT(Read("a,b\r\n\"one\r\ntwo\nthree\",x\r\n\"\n\n\",y\n1,2\n").records,
              ElementsAre("2:one\r\ntwo\nthree|x", "5:\n\n|y", "8:1|2"));
}

TEST(CsvReader, TakesTheSeparatorThatIsGiven) {
  EXPECT_THAT(Read("a,b,c;d\n1,2,3;4\n", {.separator = ';'}).records, ElementsAre("2:1,2,3|4"));
}

TEST(CsvReader, SaysWhatIsWrongWithARecordAndLosesNoOther) {
  struct Case {
    const char* what;
    std::string bad;  // starts on line 3
    std::string error;
    std::vector<std::string> after;
  };
  const std::vector<Case> cases = {
      {"too few fields", "x\n", "the row has 1 fields: expected 2, as in the header", {"4:5|6"}},
      {"too many fields", "x,y,z\n", "the row has 3 fields: expected 2", {"4:5|6"}},
      {"too few over two lines", "\"x\ny\"\n", "the row has 1 fields", {"5:5|6"}},
      {"text after a closing quote",
       "\"x\"y,z\n",
       "column 1 goes on after its closing quote on "
       "line 3",
       {"4:5|6"}},
      {"space after a closing quote",
       "\"x\" ,z\n",
       "column 1 goes on after its closing quote",
       {"4:5|6"}},
      {"a quote inside a field",
       "x,y\"z\n",
       "column 2 holds a quote inside an unquoted field",
       {"4:5|6"}},
      {"a quote that nothing closes",
       "x,\"y\n",
       "the quote that opens column 2 on line 3 is never closed",
       {"4:5|6"}},
      {"a quote that the next row's quote closes",
       "x,\"y\n7,\"8\"\n",
       "column 2 goes on after its closing quote on line 4 (it opens on line 3)",
       {"4:7|8", "5:5|6"}},
      {"a lone carriage return",
       "x\ry,z\n",
       "column 1 holds a carriage return outside quotes",
       {"4:5|6"}},
  };
  for (const Case& c : cases) {
    const Contents contents = Read(absl::StrCat("a,b\n1,2\n", c.bad, "5,6\n"));
    ASSERT_TRUE(contents.status.ok()) << c.what;
    ASSERT_THAT(contents.records, SizeIs(2 + c.after.size())) << c.what;
    EXPECT_EQ(contents.records[0], "2:1|2") << c.what;
    EXPECT_THAT(contents.records[1], HasSubstr(absl::StrCat("3!", c.error))) << c.what;
    EXPECT_EQ(std::vector<std::string>(contents.records.begin() + 2, contents.records.end()),
              c.after)
        << c.what;
  }
}

TEST(CsvReader, ReadsTheLinesOfAMalformedMultiLineRecordEachByItself) {
  const Contents contents = Read("a,b\n\"one\ntwo\"x,y\n5,6\n");
  ASSERT_THAT(contents.records, SizeIs(3));
  EXPECT_THAT(contents.records[0], HasSubstr("2!column 1 goes on"));
  EXPECT_THAT(contents.records[1], HasSubstr("3!column 1 holds a quote"));
  EXPECT_EQ(contents.records[2], "4:5|6");
}

TEST(CsvReader, BoundsAField) {
  const CsvOptions options{.max_field_bytes = 4};
  EXPECT_THAT(Read("a,b\n1234,5678\n\"1\"\"34\",\"56\n8\"\n", options).records,
              ElementsAre("2:1234|5678", "3:1\"34|56\n8"));
  for (const char* bad :
       {"12345,2\n", "\"12345\",2\n", "\"1\n3\n5\",2\n", "\"\"\"\"\"\"\"\"\"\"\"\"\n"}) {
    const Contents contents = Read(absl::StrCat("a,b\n", bad), options);
    ASSERT_FALSE(contents.records.empty()) << bad;
    EXPECT_THAT(contents.records[0], HasSubstr("2!column 1 is larger than 4 bytes")) << bad;
  }
}

TEST(CsvReader, BoundsARecord) {
  const CsvOptions options{.max_record_bytes = 9};
  EXPECT_THAT(Read("a,b\n1234,6789\n1,2\n", options).records, ElementsAre("2:1234|6789", "3:1|2"));
  for (const char* bad : {"1234,67890\n", ",,,,,,,,,,,,\n", "\"1234\",\"9\"\n"}) {
    const Contents contents = Read(absl::StrCat("a,b\n", bad, "1,2\n"), options);
    ASSERT_THAT(contents.records, SizeIs(2)) << bad;
    EXPECT_EQ(contents.records[0], "2!the row is larger than 9 bytes") << bad;
    EXPECT_EQ(contents.records[1], "3:1|2") << bad;
  }
}

TEST(CsvReader, GoesOnAfterALineFarAboveEveryBound) {
  const Contents contents = Read(absl::StrCat("a,b\n", std::string(5 << 20, 'x'), ",y\n1,2\n\"",
                                              std::string(3 << 20, '\n'), "3,4\n"));
  ASSERT_THAT(contents.records, SizeIs(4));
  EXPECT_THAT(contents.records[0], HasSubstr("2!column 1 is larger than 65536 bytes"));
  EXPECT_EQ(contents.records[1], "3:1|2");
  EXPECT_THAT(contents.records[2],
              HasSubstr("4!column 1 is larger than 65536 bytes (is the quote that opens on line 4 "
                        "closed?)"));
  EXPECT_EQ(contents.records[3], absl::StrCat(4 + (3 << 20), ":3|4"));
}

TEST(CsvReader, ReadsRecordsThatStraddleItsBlocks) {
  std::string text = "a,b\r\n";
  std::vector<std::string> expected;
  int64_t line = 2;
  for (int i = 0; i < 3'000; ++i) {
    const std::string filler(static_cast<size_t>(i % 97), 'f');
    absl::StrAppend(&text, "\"", i, "\"\"\r\n", filler, "\",", i, "\r\n");
    expected.push_back(absl::StrCat(line, ":", i, "\"\r\n", filler, "|", i));
    line += 2;
  }
  EXPECT_EQ(Read(text).records, expected);
}

std::string RandomText(std::mt19937& random, absl::string_view alphabet, size_t max_size) {
  std::string text(random() % (max_size + 1), '\0');
  for (char& c : text) c = alphabet[random() % alphabet.size()];
  return text;
}

TEST(CsvReader, ReadsBackWhatWasWritten) {
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    std::string text = "a,b\n";
    std::vector<std::string> expected;
    int64_t line = 2;
    for (int row = 0; row < 20; ++row) {
      std::string fields[2] = {RandomText(random, "ab\",;\t \r\n", 12),
                               RandomText(random, "ab\"\n", 12)};
      expected.push_back(absl::StrCat(line, ":", fields[0], "|", fields[1]));
      for (std::string& field : fields) {
        line += std::count(field.begin(), field.end(), '\n');
        field = absl::StrCat("\"", absl::StrReplaceAll(field, {{"\"", "\"\""}}), "\"");
      }
      absl::StrAppend(&text, fields[0], ",", fields[1], random() % 2 == 0 ? "\n" : "\r\n");
      ++line;
    }
    ASSERT_EQ(Read(text, {.separator = ','}).records, expected) << text;
  }
}

TEST(CsvReader, ComesToTheEndOfEveryInput) {
  std::mt19937 random(2);
  const CsvOptions options{.max_field_bytes = 8, .max_record_bytes = 24};
  for (int round = 0; round < 20'000; ++round) {
    const std::string text = absl::StrCat("a,b\n", RandomText(random, "ab\"\"\",,,;\r\n\n\n", 60));
    const Contents contents = Read(text, options);
    ASSERT_TRUE(contents.status.ok()) << text;
    ASSERT_EQ(contents.bytes_read, static_cast<int64_t>(text.size())) << text;
    int64_t last_line = 1;
    for (const std::string& record : contents.records) {
      const int64_t line = std::stoll(record);
      ASSERT_GT(line, last_line) << text;
      last_line = line;
    }
  }
}

TEST(CsvReader, RefusesAFileWithoutAHeader) {
  for (const char* text : {"", "\n\r\n\n", "\xEF\xBB\xBF", "\xEF\xBB\xBF\r\n"}) {
    const Contents contents = Read(text);
    EXPECT_EQ(contents.status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(contents.status.message()), HasSubstr("the file is empty"));
  }
}

TEST(CsvReader, RefusesAMalformedHeader) {
  const Contents contents = Read("\n\"a,b\n1,2\n");
  EXPECT_EQ(contents.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(contents.status.message()),
              HasSubstr("the header (line 2): the quote that opens column 1 on line 2 is never"));
}

TEST(CsvReader, RefusesUtf16AndSaysWhatToDo) {
  for (const std::string& text : {std::string("\xFF\xFE"
                                              "a\0,\0",
                                              6),
                                  std::string("\xFE\xFF\0a", 4)}) {
    const Contents contents = Read(text);
    EXPECT_EQ(contents.status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(contents.status.message()), HasSubstr("save it as \"CSV UTF-8\""));
  }
}

// Gives `text`, then fails as a broken disk does.
class FailingBuffer : public std::streambuf {
 public:
  explicit FailingBuffer(std::string text) : text_(std::move(text)) {
    setg(text_.data(), text_.data(), text_.data() + text_.size());
  }

 protected:
  int_type underflow() override { throw std::runtime_error("I/O error"); }

 private:
  std::string text_;
};

TEST(CsvReader, ReportsAFailingReadAsDataLossAndNoHalfRecord) {
  // Whole records up to the last byte of a read block, which ends inside one.
  std::string text = "a,b\n";
  while (text.size() < (64 << 10) - 8) text += "1,2\n";
  text += "3,4\n5,67";
  ASSERT_EQ(text.size(), 64 << 10);
  FailingBuffer buffer(text);
  std::istream in(&buffer);
  const Contents contents = Read(in);
  EXPECT_EQ(contents.status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(contents.status.message()),
              HasSubstr("cannot read the file beyond line"));
  ASSERT_THAT(contents.records, SizeIs((text.size() - 8) / 4));
  EXPECT_THAT(contents.records.back(), HasSubstr(":3|4"));
}

}  // namespace
}  // namespace gatehouse::client
