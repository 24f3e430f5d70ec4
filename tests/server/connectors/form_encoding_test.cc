#include "server/connectors/form_encoding.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace gatehouse {
namespace {

TEST(FormEncoding, EncodesWhatIsNotUnreserved) {
  EXPECT_EQ(FormEncode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(FormEncode("a b+c&d=e/f%\n\xc3\xbc"), "a%20b%2Bc%26d%3De%2Ff%25%0A%C3%BC");
  EXPECT_EQ(FormEncode(FormFields{{"a", "1"}, {"b c", ""}}), "a=1&b%20c=");
}

TEST(FormEncoding, DecodesWhatItEncoded) {
  std::mt19937 random(1);
  for (int i = 0; i < 1000; ++i) {
    std::string value;
    for (size_t n = random() % 40; n > 0; --n) value += static_cast<char>(random());
    const FormFields fields = {{"name", value}, {value, "x"}};
    const auto decoded = FormDecode(FormEncode(fields));
    ASSERT_TRUE(decoded.ok()) << decoded.status();
    EXPECT_EQ(*decoded, fields);
  }
}

TEST(FormEncoding, DecodesWhatBrowsersSend) {
  const auto decoded = FormDecode("a=b+c&&d&e=f=g&=h&a=2");
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, (FormFields{{"a", "b c"}, {"d", ""}, {"e", "f=g"}, {"", "h"}, {"a", "2"}}));
  EXPECT_TRUE(FormDecode("").value().empty());
}

TEST(FormEncoding, RefusesBrokenEscapesAndTooMuch) {
  for (const char* text : {"%", "a=%", "a=%1", "a=%g0", "a=%0g", "%%41=x", "a=% 1", "a=%-1"}) {
    EXPECT_EQ(FormDecode(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  std::string many;
  for (int i = 0; i < 51; ++i) many += "a=1&";
  EXPECT_FALSE(FormDecode(many).ok());
  EXPECT_TRUE(FormDecode(many.substr(4)).ok());
}

}  // namespace
}  // namespace gatehouse
