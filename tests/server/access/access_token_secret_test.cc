#include "server/access/access_token_secret.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"

namespace gatehouse {
namespace {

TEST(AccessTokenSecret, HasAPrefixAnd256RandomBits) {
  SystemRandomSource random;
  const std::string secret = NewAccessTokenSecret(random);
  EXPECT_EQ(secret.size(), 46u);
  EXPECT_EQ(secret.substr(0, 3), "gh_");
  EXPECT_TRUE(IsAccessTokenSecret(secret));
  std::string bytes;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(secret.substr(3), &bytes));
  EXPECT_EQ(bytes.size(), 32u);
  EXPECT_NE(secret, NewAccessTokenSecret(random));
}

TEST(AccessTokenSecret, RefusesEveryOtherForm) {
  const std::string good = "gh_" + std::string(43, 'A');
  ASSERT_TRUE(IsAccessTokenSecret(good));
  for (const std::string& bad :
       {std::string(), std::string("gh_"), good.substr(1), good + "A", "GH_" + good.substr(3),
        " " + good, good + " ", "gh_" + std::string(42, 'A') + "=",
        "gh_" + std::string(42, 'A') + "+", "gh_" + std::string(42, 'A') + std::string(1, '\0'),
        "gh_" + std::string(42, 'A') + "\xc3", std::string(1 << 20, 'A')}) {
    EXPECT_FALSE(IsAccessTokenSecret(bad)) << bad.substr(0, 60);
  }
}

TEST(AccessTokenSecret, IsHashedBySha256) {
  // FIPS 180-2, appendix B.1.
  EXPECT_EQ(absl::BytesToHexString(AsText(HashAccessTokenSecret("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace gatehouse
