// What many requests have in common: pages, etags, masks, times, enums.
#include "server/services/requests.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "gatehouse/v1/user.pb.h"
#include "policy/user.h"

namespace gatehouse {
namespace {

void ExpectInvalid(const absl::Status& status, absl::string_view field) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_EQ(ReasonOf(status), reason::kInvalidField) << status;
  const auto details = DetailsOf(status);
  ASSERT_TRUE(details.has_value());
  EXPECT_EQ(details->field_violations.at(0).first, std::string(field));
}

TEST(Pages, AreOfTheSizeAskedForWithinTheLimits) {
  for (const auto& [asked, size] :
       std::vector<std::pair<int32_t, size_t>>{{0, 50},
                                               {1, 1},
                                               {50, 50},
                                               {999, 999},
                                               {1000, 1000},
                                               {1001, 1000},
                                               {std::numeric_limits<int32_t>::max(), 1000}}) {
    const auto page = ParsePage(asked, "", {"List"});
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->size, size) << asked;
    EXPECT_EQ(page->after, "");
  }
  for (int32_t bad : {-1, std::numeric_limits<int32_t>::min()}) {
    ExpectInvalid(ParsePage(bad, "", {"List"}).status(), "page_size");
  }
}

TEST(Pages, GoOnWhereTheTokenSays) {
  for (const std::string& cursor : {std::string("a"), std::string("a.test/jo/doe"),
                                    std::string("\0\xff", 2), std::string(1000, 'x')}) {
    const std::string token = RenderPageToken(cursor, {"List", "organizations/acme"});
    // It goes into URLs and shells as it is.
    EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                      "0123456789-_="),
              std::string::npos)
        << token;
    const auto page = ParsePage(10, token, {"List", "organizations/acme"});
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_EQ(page->after, cursor);
  }
  EXPECT_EQ(RenderPageToken("", {"List"}), "") << "there is no further page";
}

TEST(Pages, TakeNoTokenOfAnotherList) {
  const std::string token = RenderPageToken("cursor", {"List", "acme", "x"});
  ASSERT_TRUE(ParsePage(0, token, {"List", "acme", "x"}).ok());
  ExpectInvalid(ParsePage(0, token, {"List", "acme-2", "x"}).status(), "page_token");
  ExpectInvalid(ParsePage(0, token, {"ListOthers", "acme", "x"}).status(), "page_token");
  ExpectInvalid(ParsePage(0, token, {"List", "acme", ""}).status(), "page_token");
  ExpectInvalid(ParsePage(0, token, {"List", "acme"}).status(), "page_token");
  ExpectInvalid(ParsePage(0, token, {}).status(), "page_token");
  // The same letters, shared out otherwise.
  ExpectInvalid(ParsePage(0, token, {"List", "acmex", ""}).status(), "page_token");
  ExpectInvalid(ParsePage(0, token, {"Lista", "cme", "x"}).status(), "page_token");
  ExpectInvalid(ParsePage(0, token, {"acme", "List", "x"}).status(), "page_token");
}

TEST(Pages, TakeNoTokenThatWasCutOrChanged) {
  const std::string token = RenderPageToken("a.test/jo", {"List"});
  for (size_t size = 1; size < token.size(); ++size) {
    const std::string cut = token.substr(0, size);
    // Padding is no part of what it says.
    if (cut.find_first_not_of('=', 0) == std::string::npos) continue;
    std::string whole, left;
    ASSERT_TRUE(absl::WebSafeBase64Unescape(token, &whole));
    if (absl::WebSafeBase64Unescape(cut, &left) && left == whole) continue;
    ExpectInvalid(ParsePage(0, cut, {"List"}).status(), "page_token");
  }
  std::string decoded;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(token, &decoded));
  for (size_t i = 0; i < decoded.size(); ++i) {
    std::string changed = decoded;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    ExpectInvalid(ParsePage(0, absl::WebSafeBase64Escape(changed), {"List"}).status(),
                  "page_token");
  }
  ExpectInvalid(ParsePage(0, absl::WebSafeBase64Escape(decoded + "x"), {"List"}).status(),
                "page_token");
}

TEST(Pages, TakeNoGarbageForAToken) {
  for (const std::string& garbage :
       {std::string("x"), std::string("a.test/jo"), std::string("!!!!"), std::string("===="),
        std::string("\0", 1), std::string("\xff\xfe"), std::string(16, 'A'),
        absl::WebSafeBase64Escape(std::string(16, '0')),
        absl::WebSafeBase64Escape(std::string(17, '0')), std::string(1'000'000, 'A'),
        std::string("' OR 1=1"), std::string("../../etc/passwd")}) {
    const absl::Status status = ParsePage(0, garbage, {"List"}).status();
    ExpectInvalid(status, "page_token");
    EXPECT_LT(status.message().size(), 500u) << "the whole of it is not shown";
  }
}

TEST(Etags, AreParsedAsTheyWereRendered) {
  for (storage::Revision revision : {storage::Revision{1}, storage::Revision{10},
                                     std::numeric_limits<storage::Revision>::max()}) {
    const auto parsed = ParseEtag("etag", RenderEtag(revision));
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, revision);
  }
  const auto none = ParseEtag("etag", "");
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->has_value());
}

TEST(Etags, HaveOneFormOnly) {
  for (const char* bad : {"01", "+1", " 1", "1 ", "-1", "1.0", "1e3", "0x1", "x", "\"1\"",
                          "W/\"1\"", "18446744073709551616", "*", "1\n"}) {
    ExpectInvalid(ParseEtag("user.etag", bad).status(), "user.etag");
  }
}

TEST(UpdateMasks, NameWhatMayChange) {
  google::protobuf::FieldMask mask;
  EXPECT_TRUE(ParseUpdateMask(mask, {"a", "b"})->empty());
  mask.add_paths("b");
  mask.add_paths("a");
  mask.add_paths("b");
  const auto paths = ParseUpdateMask(mask, {"a", "b"});
  ASSERT_TRUE(paths.ok()) << paths.status();
  EXPECT_EQ(*paths, (std::set<std::string>{"a", "b"}));
}

TEST(UpdateMasks, NameNothingElse) {
  for (const char* bad : {"", "*", "c", "A", "a.b", "a,b", " a", "name", "etag", "displayName"}) {
    google::protobuf::FieldMask mask;
    mask.add_paths("a");
    mask.add_paths(bad);
    const absl::Status status = ParseUpdateMask(mask, {"a", "b"}).status();
    ExpectInvalid(status, "update_mask");
    EXPECT_TRUE(absl::StrContains(std::string(status.message()), "one of a, b")) << status;
  }
}

google::protobuf::Timestamp Stamp(int64_t seconds, int32_t nanos) {
  google::protobuf::Timestamp time;
  time.set_seconds(seconds);
  time.set_nanos(nanos);
  return time;
}

TEST(Times, AreRenderedWithNanosThatAreNeverNegative) {
  struct Case {
    int64_t micros, seconds;
    int32_t nanos;
  };
  for (const Case& c :
       {Case{0, 0, 0}, Case{1, 0, 1000}, Case{1'000'001, 1, 1000}, Case{-1, -1, 999'999'000},
        Case{-1'000'000, -1, 0}, Case{-1'000'001, -2, 999'999'000},
        Case{1'700'000'000'123'456, 1'700'000'000, 123'456'000}}) {
    const auto rendered = RenderTime(absl::FromUnixMicros(c.micros));
    EXPECT_EQ(rendered.seconds(), c.seconds) << c.micros;
    EXPECT_EQ(rendered.nanos(), c.nanos) << c.micros;
    const auto parsed = ParseTime("time", rendered);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, absl::FromUnixMicros(c.micros));
  }
}

TEST(Times, AreTakenFromTheYearOneTo9999) {
  for (const auto& good : {Stamp(-62135596800, 0), Stamp(253402300799, 999'999'999), Stamp(0, 0)}) {
    EXPECT_TRUE(ParseTime("time", good).ok()) << good.ShortDebugString();
  }
  for (const auto& bad : {Stamp(-62135596801, 0), Stamp(253402300800, 0), Stamp(0, -1),
                          Stamp(0, 1'000'000'000), Stamp(std::numeric_limits<int64_t>::max(), 0),
                          Stamp(std::numeric_limits<int64_t>::min(), 0),
                          Stamp(0, std::numeric_limits<int32_t>::min())}) {
    ExpectInvalid(ParseTime("exemption.expire_time", bad).status(), "exemption.expire_time");
  }
}

absl::StatusOr<Role> ParseRole(int number, std::optional<Role> unspecified) {
  return ParseEnum<Role>("role", static_cast<v1::User::Role>(number), unspecified,
                         v1::User::Role_IsValid);
}

TEST(Enums, AreTheOnesThatTheApiDefines) {
  EXPECT_EQ(*ParseRole(v1::User::ROLE_MEMBER, std::nullopt), Role::kMember);
  EXPECT_EQ(*ParseRole(v1::User::ROLE_ADMIN, std::nullopt), Role::kAdmin);
  EXPECT_EQ(*ParseRole(v1::User::ROLE_OWNER, Role::kMember), Role::kOwner);
  for (int bad : {-1, 4, 100, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()}) {
    ExpectInvalid(ParseRole(bad, std::nullopt).status(), "role");
    ExpectInvalid(ParseRole(bad, Role::kMember).status(), "role");
  }
}

TEST(Enums, StandForTheirDefaultOrAreRefusedWhenNotGiven) {
  EXPECT_EQ(*ParseRole(0, Role::kMember), Role::kMember);
  ExpectInvalid(ParseRole(0, std::nullopt).status(), "role");
}

}  // namespace
}  // namespace gatehouse
