#include "policy/ascii_address.h"

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "policy/email_address.h"

namespace gatehouse {
namespace {

// What the long way makes of an address: UTS 46 takes an ideographic full stop
// for a dot, and the short way does not know it.
absl::StatusOr<EmailAddress> ParseTheLongWay(const std::string& address) {
  const size_t at = address.find('@');
  if (at == std::string::npos) return EmailAddress::Parse("email", address);
  return EmailAddress::Parse(
      "email", absl::StrCat(address.substr(0, at),
                            absl::StrReplaceAll(address.substr(at), {{".", "\u3002"}})));
}

void ExpectAsTheLongWay(const std::string& address) {
  AsciiAddressBuffer buffer;
  const auto ascii = ParseAsciiAddress(address, buffer);
  if (!ascii) return;
  const auto expected = ParseTheLongWay(address);
  ASSERT_TRUE(expected.ok()) << address << ": " << expected.status();
  EXPECT_EQ(ascii->local, expected->local()) << address;
  EXPECT_EQ(ascii->domain, expected->domain().ascii()) << address;
  EXPECT_EQ(EmailAddress::Parse("email", address).value(), *expected) << address;
}

TEST(AsciiAddress, TakesWhatAddressesLookLike) {
  const std::string label(63, 'l');
  for (const std::string& address : std::vector<std::string>{
           "alice@acme.example", "Alice.Liddell+news@Mail.ACME.Example", "a@b.co",
           "o'brien_1@x-1.test", "!#$%&'*+-/=?^_`{|}~@a.test", "1@2.3x.a4",
           absl::StrCat(std::string(64, 'a'), "@", label, ".test"), "a@abc--d.test"}) {
    AsciiAddressBuffer buffer;
    EXPECT_TRUE(ParseAsciiAddress(address, buffer)) << address;
    ExpectAsTheLongWay(address);
  }
}

TEST(AsciiAddress, LeavesEverythingElse) {
  const std::string long_domain =
      absl::StrCat(std::string(63, 'a'), ".", std::string(63, 'b'), ".", std::string(63, 'c'), ".");
  for (const std::string& address :
       std::vector<std::string>{"",
                                "@",
                                "a",
                                "a@",
                                "@b.test",
                                "a@b",
                                "a@@b.test",
                                "a@b@c.test",
                                "a b@c.test",
                                ".a@b.test",
                                "a.@b.test",
                                "a..b@c.test",
                                "\"a\"@b.test",
                                "a(b)@c.test",
                                "a@.b.test",
                                "a@b..test",
                                "a@b.test.",
                                "a@-b.test",
                                "a@b-.test",
                                "a@b.-test",
                                "a@b_c.test",
                                "a@xn--mnchen-3ya.test",
                                "a@b.xn--p1ai",
                                "a@ab--c.te--st",
                                "a@1.2.3.4",
                                "a@b.0x10",
                                "a@b.1",
                                "a@[127.0.0.1]",
                                "a\0@b.test",
                                "a@b.test\n",
                                "\x7f@b.test",
                                "ä@b.test",
                                "a@ä.test",
                                std::string("a\0b@c.test", 10),
                                std::string(65, 'a') + "@b.test",
                                absl::StrCat("a@", std::string(64, 'b'), ".test"),
                                absl::StrCat("ab@", long_domain, std::string(60, 'd'))}) {
    AsciiAddressBuffer buffer;
    EXPECT_FALSE(ParseAsciiAddress(address, buffer)) << address;
  }
}

TEST(AsciiAddress, AgreesWithTheLongWayOnHostileInput) {
  const std::string alphabet = "aZ09.-_@+\"'\\ \t[]x:%\x7f\xc3\xa4";
  std::mt19937 random(1);
  auto text = [&](size_t most) {
    std::string made;
    for (size_t left = random() % (most + 1); left > 0; --left) {
      // Mostly what may pass.
      made += random() % 8 == 0 ? alphabet[random() % alphabet.size()] : "abZ1-."[random() % 6];
    }
    return made;
  };
  int taken = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::string address = absl::StrCat(text(12), random() % 10 == 0 ? "" : "@", text(14));
    AsciiAddressBuffer buffer;
    taken += ParseAsciiAddress(address, buffer).has_value() ? 1 : 0;
    ASSERT_NO_FATAL_FAILURE(ExpectAsTheLongWay(address));
  }
  EXPECT_GT(taken, 1'000);
}

}  // namespace
}  // namespace gatehouse
