#include "server/connectors/strict_json.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "absl/strings/str_cat.h"

namespace gatehouse {
namespace {

std::string Nested(int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += "{\"a\":";
  text += "1";
  return text + std::string(static_cast<size_t>(depth), '}');
}

TEST(StrictJson, ReadsAnObject) {
  const auto parsed = ParseStrictJson(
      "{\"text\":\"\\u00fc\",\"list\":[\"a\",\"b\"],\"number\":1.5,\"inner\":{\"text\":1}}", 1000);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(StringMember(*parsed, "text"), "\xc3\xbc");
  EXPECT_EQ(StringMember(*parsed, "number"), std::nullopt);
  EXPECT_EQ(StringMember(*parsed, "none"), std::nullopt);
  EXPECT_EQ(StringsMember(*parsed, "list"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(StringsMember(*parsed, "text"), std::nullopt);
  EXPECT_TRUE(ParseStrictJson(Nested(16), 1000).ok());
  // The same name in two objects is no repetition.
  EXPECT_TRUE(ParseStrictJson(R"({"a":{"b":1},"c":{"b":1,"a":2}})", 1000).ok());
}

TEST(StrictJson, RefusesWhatIsNoObjectOrCanBeReadInTwoWays) {
  for (const std::string& text : {std::string(),
                                  std::string(" "),
                                  std::string("null"),
                                  std::string("[]"),
                                  std::string("1"),
                                  std::string("\"x\""),
                                  std::string("{"),
                                  std::string("{}x"),
                                  std::string("{}{}"),
                                  std::string("{\"a\":1,}"),
                                  std::string("{'a':1}"),
                                  std::string("{a:1}"),
                                  std::string("{\"a\":NaN}"),
                                  std::string("{\"a\":01}"),
                                  std::string("{\"a\":1e999}"),
                                  std::string("/**/{}"),
                                  std::string("{\"a\":\"\xff\"}"),
                                  std::string("{\"a\":\"\xed\xa0\x80\"}"),
                                  std::string("{\"a\":\"\\ud800\"}"),
                                  std::string("{\"a\":\"\n\"}"),
                                  std::string("{}\0", 3),
                                  std::string("{}\0}", 4),
                                  std::string("{\"a\":1,\"a\":1}"),
                                  std::string("{\"a\":1,\"\\u0061\":2}"),
                                  std::string("{\"x\":{\"a\":1,\"a\":1}}"),
                                  std::string("{\"x\":[{\"a\":1,\"a\":1}]}"),
                                  std::string("{\"\":1,\"\":2}"),
                                  Nested(40),
                                  Nested(100'000).substr(0, 200'000)}) {
    const auto parsed = ParseStrictJson(text, 1'000'000);
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << text.substr(0, 80);
  }
  EXPECT_FALSE(ParseStrictJson("{\"a\":\"bcdef\"}", 12).ok());
  EXPECT_TRUE(ParseStrictJson("{\"a\":\"bcdef\"}", 13).ok());
}

TEST(StrictJson, SurvivesRandomBytes) {
  std::mt19937 random(1);
  const std::string alphabet = "{}[]\":,\\u0adeftrn1-. \xc3\xbc\xff";
  int accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = "{";
    for (size_t n = random() % 30; n > 0; --n) text += alphabet[random() % alphabet.size()];
    text += "}";
    if (const auto parsed = ParseStrictJson(text, 1000); parsed.ok()) {
      EXPECT_TRUE(parsed->is_object());
      ++accepted;
    }
  }
  EXPECT_GT(accepted, 0);
}

}  // namespace
}  // namespace gatehouse
