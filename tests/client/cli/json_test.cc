#include "client/cli/json.h"

#include <gtest/gtest.h>

#include <sstream>

#include "gatehouse/v1/domain.pb.h"

namespace gatehouse::cli {
namespace {

TEST(ToJson, HasEveryScalarFieldAndTheApisNames) {
  v1::Domain domain;
  domain.set_name("organizations/acme/domains/acme.example");
  domain.set_state(v1::Domain::STATE_VERIFIED);
  domain.set_managed_user_count(3);
  EXPECT_EQ(ToJson(domain),
            "{\n"
            "  \"name\": \"organizations/acme/domains/acme.example\",\n"
            "  \"unicodeName\": \"\",\n"
            "  \"state\": \"STATE_VERIFIED\",\n"
            "  \"verificationRecordName\": \"\",\n"
            "  \"verificationRecordValue\": \"\",\n"
            "  \"managedUserCount\": \"3\",\n"
            "  \"independentUserCount\": \"0\",\n"
            "  \"etag\": \"\",\n"
            "  \"verificationFileUrl\": \"\",\n"
            "  \"verifyMethod\": \"VERIFICATION_METHOD_UNSPECIFIED\",\n"
            "  \"checkFailure\": \"\"\n"
            "}");
}

TEST(ToJson, DoesNotTakeTextForIndentation) {
  v1::Domain domain;
  domain.set_unicode_name("a\n   b");
  EXPECT_NE(ToJson(domain).find("\"unicodeName\": \"a\\n   b\""), std::string::npos);
}

TEST(JsonString, EscapesAndReplacesWhatIsNotUtf8) {
  EXPECT_EQ(JsonString("a\"b\\\n"), "\"a\\\"b\\\\\\n\"");
  EXPECT_EQ(JsonString("x\xff"), "\"x\uFFFD\"");
}

TEST(JsonArray, IsClosedOnlyWhenFinished) {
  std::ostringstream out;
  JsonArray array(out);
  array.Add("{\n  \"a\": 1\n}");
  EXPECT_EQ(out.str(), "[\n  {\n    \"a\": 1\n  }");
  array.Add("2");
  array.Finish();
  EXPECT_EQ(out.str(), "[\n  {\n    \"a\": 1\n  },\n  2\n]\n");
}

TEST(JsonArray, IsEmptyBracketsWithoutElements) {
  std::ostringstream out;
  JsonArray(out).Finish();
  EXPECT_EQ(out.str(), "[]\n");
}

}  // namespace
}  // namespace gatehouse::cli
