// What an administrator may say of a SAML connection.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "server/managers/field_faults.h"
#include "server/managers/saml_settings_validation.h"
#include "server/managers/web_url.h"

namespace gatehouse {
namespace {

using ::testing::ContainsRegex;

TEST(CheckWebUrl, AcceptsHttpsAndHttpOnLoopback) {
  for (const char* url : {
           "https://idp.example",
           "https://idp.example/",
           "https://idp.example?next=a@b:c",
           "HTTPS://IdP.Example/saml2/idp?idpid=C0abc&x=%7B1%7D",
           "https://login.microsoftonline.com/5a1c/saml2",
           "https://idp.example:8443/a@b:c",
           "https://idp_1.internal/sso",
           "https://192.0.2.7/sso",
           "https://[2001:db8::1]:9443/sso",
           "https://xn--bcher-kva.example/",
           "http://localhost/sso",
           "http://LOCALHOST:7000/sso",
           "http://127.0.0.1:7000/sso?x=1",
           "http://127.255.1.2",
           "http://[::1]:80/",
           "http://[0:0:0:0:0:0:0:1]/",
       }) {
    EXPECT_TRUE(CheckWebUrl("url", url).ok()) << CheckWebUrl("url", url);
  }
  EXPECT_TRUE(CheckWebUrl("url", absl::StrCat("https://a.example/", std::string(2030, 'x'))).ok());
}

struct BadUrl {
  std::string url;
  std::string expectation;
};

TEST(CheckWebUrl, RefusesTheRestAndSaysWhatWasExpected) {
  const BadUrl cases[] = {
      {"", "1 to 2048 bytes"},
      {absl::StrCat("https://a.example/", std::string(2031, 'x')), "1 to 2048 bytes"},
      {"idp.example/sso", "URL$"},
      {"//idp.example/sso", "URL$"},
      {"https:/idp.example", "URL$"},
      {"javascript://idp.example/%0aalert(1)", "URL$"},
      {"data:text/html,x", "URL$"},
      {"ftp://idp.example", "URL$"},
      {"httpss://idp.example", "URL$"},
      {" https://idp.example", "RFC 3986"},
      {"https://idp.example/a b", "RFC 3986"},
      {"https://idp.example/\r\nSet-Cookie:x", "RFC 3986"},
      {std::string("https://idp.example/\0", 21), "RFC 3986"},
      {"https://idp.example/\"><script>", "RFC 3986"},
      {"https://b\xc3\xbc"
       "cher.example/",
       "RFC 3986"},
      {"https://idp.example/%zz", "RFC 3986"},
      {"https://idp.example/%2", "RFC 3986"},
      // A browser reads the backslash as a slash, and goes to another host.
      {"https://evil.example\\@idp.example/", "RFC 3986"},
      {"https://idp.example/sso#fragment", "fragment"},
      {"https://user:secret@idp.example/", "user information"},
      {"https://idp.example@evil.example/", "user information"},
      {"https://idp.example:0/", "port"},
      {"https://idp.example:65536/", "port"},
      {"https://idp.example:/", "port"},
      {"https://idp.example:+80/", "port"},
      {"https://idp.example:80:90/", "host"},
      {"https://", "host"},
      {"https:///sso", "host"},
      {"https://?x", "host"},
      {"https://idp..example/", "host"},
      {"https://idp.example./", "host"},
      {"https://.idp.example/", "host"},
      {"https://idp!.example/", "host"},
      {"https://%69dp.example/", "host"},
      {absl::StrCat("https://", std::string(64, 'a'), ".example"), "host"},
      {"https://2130706433/", "host"},
      {"https://127.1/", "host"},
      {"https://256.0.0.1/", "host"},
      {"https://[::1/", "host"},
      {"https://::1/", "host"},
      {"https://[::g]/", "host"},
      {"https://[127.0.0.1]/", "host"},
      {"https://[::1]x/", "port"},
      {"http://idp.example/", "loopback"},
      {"http://localhost.evil.example/", "loopback"},
      {"http://127.0.0.1.evil.example/", "loopback"},
      {"http://128.0.0.1/", "loopback"},
      {"http://0.0.0.0/", "loopback"},
      {"http://[::2]/", "loopback"},
      {"http://[::ffff:127.0.0.1]/", "loopback"},
  };
  for (const BadUrl& bad : cases) {
    const absl::Status status = CheckWebUrl("sso_profile.saml.acs_url", bad.url);
    ASSERT_TRUE(absl::IsInvalidArgument(status)) << bad.url;
    ASSERT_EQ(DetailsOf(status)->field_violations.size(), 1u);
    EXPECT_EQ(DetailsOf(status)->field_violations[0].first, "sso_profile.saml.acs_url");
    EXPECT_THAT(DetailsOf(status)->field_violations[0].second, ContainsRegex(bad.expectation))
        << bad.url;
  }
}

TEST(CheckEntityId, AcceptsUpTo1024Bytes) {
  for (const std::string& id :
       {std::string("https://idp.example/metadata"), std::string("urn:example:idp"),
        std::string("http://m\xc3\xbcller.example/adfs"), std::string(1024, 'x')}) {
    EXPECT_TRUE(CheckEntityId("id", id).ok()) << id;
  }
}

TEST(CheckEntityId, RefusesWhatNoIssuerCanEqual) {
  for (const std::string& id :
       {std::string(), std::string(1025, 'x'), std::string(" urn:idp"), std::string("urn:idp "),
        std::string("urn:\nidp"), std::string("urn:\x7f"), std::string("urn:\xff"),
        std::string("urn:\0idp", 8)}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckEntityId("id", id))) << id;
  }
}

TEST(FieldFaults, AreNoneWhenNothingIsWrong) {
  FieldFaults faults;
  EXPECT_TRUE(faults.Result().ok());
  faults.Add(absl::OkStatus());
  EXPECT_TRUE(faults.Result().ok());
}

TEST(FieldFaults, BecomeOneErrorThatNamesEveryField) {
  FieldFaults faults;
  faults.Add(InvalidField("a", "1", "a letter"));
  const absl::Status alone = faults.Result();
  EXPECT_EQ(alone, InvalidField("a", "1", "a letter"));

  faults.Add(absl::OkStatus());
  faults.Add(InvalidField("b", "2", "another letter"));
  faults.Add(InvalidField("c", "3", "a third"));
  const absl::Status all = faults.Result();
  EXPECT_EQ(all.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(all), reason::kInvalidField);
  EXPECT_EQ(std::string(all.message()), "a \"1\": expected a letter; and 2 more faults");
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"a", "a letter"}, {"b", "another letter"}, {"c", "a third"}};
  EXPECT_EQ(DetailsOf(all)->field_violations, expected);
}

TEST(FieldFaults, GiveWayToAnErrorThatIsAboutNoField) {
  FieldFaults faults;
  faults.Add(InvalidField("a", "1", "a letter"));
  faults.Add(absl::InternalError("no memory"));
  faults.Add(absl::InternalError("second"));
  EXPECT_EQ(faults.Result(), absl::InternalError("no memory"));
}

}  // namespace
}  // namespace gatehouse
