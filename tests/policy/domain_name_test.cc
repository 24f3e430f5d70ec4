#include "policy/domain_name.h"

#include <unicode/utf8.h>

#include <random>
#include <string>
#include <vector>

#include "absl/hash/hash_testing.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/errors.h"

namespace gatehouse {
namespace {

using ::testing::HasSubstr;

const std::string kLabel63(63, 'a');
const std::string kName253 =
    kLabel63 + "." + kLabel63 + "." + kLabel63 + "." + std::string(61, 'a');

TEST(DomainName, HasOneAsciiFormForEverySpelling) {
  struct Case {
    std::string given;
    std::string ascii;
    std::string unicode;
  };
  const Case kCases[] = {
      {"example.com", "example.com", "example.com"},
      {"EXAMPLE.Com", "example.com", "example.com"},
      {"a.b", "a.b", "a.b"},
      {"1.a", "1.a", "1.a"},
      {"a-b-c.com", "a-b-c.com", "a-b-c.com"},
      {"1e3.x1", "1e3.x1", "1e3.x1"},
      {"Bücher.example", "xn--bcher-kva.example", "bücher.example"},
      {"bu\u0308cher.example", "xn--bcher-kva.example", "bücher.example"},  // not NFC
      {"xn--bcher-kva.example", "xn--bcher-kva.example", "bücher.example"},
      {"XN--BCHER-KVA.example", "xn--bcher-kva.example", "bücher.example"},
      // Non-transitional: ß and ς are letters of their own.
      {"faß.de", "xn--fa-hia.de", "faß.de"},
      // The capital ẞ is "ss" up to Unicode 15.0. From 15.1 on it is ß: an ICU
      // that says so changes who is who, which a migration must then answer for.
      {"FAẞ.de", "fass.de", "fass.de"},
      {"fass.de", "fass.de", "fass.de"},
      {"βόλος.gr", "xn--nxasmm1c.gr", "βόλος.gr"},
      {"βόλοσ.gr", "xn--nxasmq6b.gr", "βόλοσ.gr"},
      {"ΒΌΛΟΣ.gr", "xn--nxasmq6b.gr", "βόλοσ.gr"},
      // Compatibility forms map to plain letters; so does the Kelvin sign.
      {"ｅｘａｍｐｌｅ.com", "example.com", "example.com"},
      {"𝐞𝐱𝐚𝐦𝐩𝐥𝐞.com", "example.com", "example.com"},
      {"\u212Aelvin.com", "kelvin.com", "kelvin.com"},
      {"ⓔxample.com", "example.com", "example.com"},
      // Turkish letters do not.
      {"ısı.com", "xn--s-ekab.com", "ısı.com"},
      {"İ.com", "xn--i-9bb.com", "i\u0307.com"},
      // UTS 46 drops what cannot be seen.
      {"exam\u00ADple.com", "example.com", "example.com"},
      {"exam\u200Bple.com", "example.com", "example.com"},
      {"exam\uFE0Fple.com", "example.com", "example.com"},
      // Every full stop of UTS 46.
      {"a\u3002b\uFF0Ec\uFF61de", "a.b.c.de", "a.b.c.de"},
      // Right to left, joiners and middle dots where they belong.
      {"אב1.com", "xn--1-zhcd.com", "אב1.com"},
      {"क्\u200Dष.com", "xn--11b2ezcw70k.com", "क्\u200Dष.com"},
      {"l·l.cat", "xn--ll-0ea.cat", "l·l.cat"},
      {"☃.net", "xn--n3h.net", "☃.net"},
      {kLabel63 + ".com", kLabel63 + ".com", kLabel63 + ".com"},
      {kName253, kName253, kName253},
  };
  for (const Case& c : kCases) {
    const absl::StatusOr<DomainName> name = DomainName::Parse("domain", c.given);
    ASSERT_TRUE(name.ok()) << c.given << ": " << name.status();
    EXPECT_EQ(name->ascii(), c.ascii);
    EXPECT_EQ(name->Unicode(), c.unicode);
    EXPECT_EQ(DomainName::Parse("domain", name->ascii()), name) << c.given;
    EXPECT_EQ(DomainName::Parse("domain", name->Unicode()), name) << c.given;
  }
}

TEST(DomainName, RefusesWhatIsNoDomainAndSaysWhy) {
  struct Case {
    std::string given;
    std::string expectation;  // what the error expects
  };
  const std::string kDots = "a domain name without a leading, trailing or doubled dot";
  const std::string kNoIp = "a domain name, not an IP address";
  const Case kCases[] = {
      {"", "a domain name"},
      {"com", "a domain name of at least two labels"},
      {"münchen", "a domain name of at least two labels"},
      {".", kDots},
      {"..", kDots},
      {".example.com", kDots},
      {"example.com.", kDots},
      {"example.com\u3002", kDots},
      {"EXAMPLE.com.", kDots},
      {"com.", kDots},
      {"example..com", kDots},
      {"example.\uFF0Ecom", kDots},
      // IP literals, as inet_aton() and URL parsers read them too.
      {"127.0.0.1", kNoIp},
      {"127.1", kNoIp},
      {"１２７.０.０.１", kNoIp},
      {"example.123", kNoIp},
      {"127.0.0.0x7f", kNoIp},
      {"127.0X1", kNoIp},
      {"example.0x", kNoIp},
      {"[127.0.0.1]", kNoIp},
      {"[IPv6:2001:db8::1]", kNoIp},
      {"2001:db8::1.com", "a domain name; label \"2001:db8::1\" contains ':'"},
      // Characters.
      {"a_b.com", "a domain name; label \"a_b\" contains '_'"},
      {"A_B.com", "a domain name; label \"A_B\" contains '_'"},
      {"_dmarc.example.com", "a domain name; label \"_dmarc\" contains '_'"},
      {"a b.com", "a domain name; label \"a b\" contains U+0020"},
      {" example.com", "a domain name; label \" example\" contains U+0020"},
      {"example.com\n", "a domain name; label \"com\\u{000A}\" contains U+000A"},
      {std::string("a\0.com", 6), "a domain name; label \"a\\u{0000}\" contains U+0000"},
      {"*.com", "a domain name; label \"*\" contains '*'"},
      {"ex@mple.com", "a domain name; label \"ex@mple\" contains '@'"},
      {"\uFF20.com", "a domain name; label \"\uFF20\" contains U+FF20"},
      {"a/b.com", "a domain name; label \"a/b\" contains '/'"},
      {"a\uFF0Fb.com", "a domain name; label \"a\uFF0Fb\" contains U+FF0F"},
      {"%61.com", "a domain name; label \"%61\" contains '%'"},
      {"a\u2024b.com", "a domain name; label \"a\u2024b\" contains U+2024"},  // one dot leader
      {"a\u2488b.com", "a domain name; label \"a\u2488b\" contains U+2488"},  // "1."
      {"≠.com", "a domain name; label \"≠\" contains U+2260"},
      {"=\u0338.com", "a domain name; label \"=\u0338\" contains '='"},
      {"a\u202Eb.com", "a domain name; label \"a\\u{202E}b\" contains U+202E"},
      {"a\uE000.com", "a domain name; label \"a\\u{E000}\" contains U+E000"},
      {"a\u0378.com", "a domain name; label \"a\\u{0378}\" contains U+0378"},  // unassigned
      {"a\xff.com", "a domain name; label \"a\\xff\" contains invalid UTF-8"},
      {"a\xc0\xae.com", "a domain name; label \"a\\xc0\\xae\" contains invalid UTF-8"},
      {"a\xed\xa0\x80.com", "a domain name; label \"a\\xed\\xa0\\x80\" contains invalid UTF-8"},
      {"\u0301a.com", "a domain name; label \"\u0301a\" starts with a combining mark"},
      {"\u200B.com", "a domain name; label \"\\u{200B}\" contains nothing visible"},
      {"a.\u00AD", "a domain name; label \"\\u{00AD}\" contains nothing visible"},
      // Hyphens.
      {"-a.com", "a domain name; label \"-a\" starts with a hyphen"},
      {"a-.com", "a domain name; label \"a-\" ends with a hyphen"},
      {"a.-", "a domain name; label \"-\" starts with a hyphen"},
      {"ab--c.com", "a domain name; label \"ab--c\" has hyphens in third and fourth place"},
      {"a---b.com", "a domain name; label \"a---b\" has hyphens in third and fourth place"},
      {"--a.com", "a domain name; label \"--a\" starts with a hyphen"},
      // Punycode that is broken, or of what it must not encode.
      {"xn--.com", "a domain name; label \"xn--\" is not the Punycode of a valid label"},
      {"xn--a.com", "a domain name; label \"xn--a\" is not the Punycode of a valid label"},
      {"xn--abc-.com", "a domain name; label \"xn--abc-\" is not the Punycode of a valid label"},
      {"xn--\u00FC.com", "a domain name; label \"xn--\u00FC\" is not valid Punycode"},
      {"xn--bcher-kv!.com", "a domain name; label \"xn--bcher-kv!\" is not valid Punycode"},
      {"xn--99999999999.com", "a domain name; label \"xn--99999999999\" is not valid Punycode"},
      {"xn--bcher-2pa.com",  // Ü, which an A-label never holds
       "a domain name; label \"xn--bcher-2pa\" is not the Punycode of a valid label"},
      // Bidi, joiners and digits.
      {"אa.com", "a domain name; label \"אa\" mixes directions of writing (RFC 5893)"},
      {"aא.com", "a domain name; label \"aא\" mixes directions of writing (RFC 5893)"},
      {"1.אב", "a domain name; its labels mix directions of writing (RFC 5893)"},
      {"a\u200Db.com",
       "a domain name; label \"a\\u{200D}b\" contains a joiner (U+200C or U+200D) out of place "
       "(RFC 5892)"},
      {"a\u200Cb.com",
       "a domain name; label \"a\\u{200C}b\" contains a joiner (U+200C or U+200D) out of place "
       "(RFC 5892)"},
      {"a·b.com", "a domain name; label \"a·b\" contains punctuation out of place (RFC 5892)"},
      {"ا\u0661\u06F1.com",
       "a domain name; label \"ا\u0661\u06F1\" mixes two sets of Arabic digits (RFC 5892)"},
      // Lengths.
      {kLabel63 + "a.com",
       "a domain name; label \"" + kLabel63 + "a\" is longer than 63 bytes in ASCII form"},
      {kName253 + "a", "a domain name of at most 253 bytes in ASCII form"},
      {kName253 + ".a", "a domain name of at most 253 bytes in ASCII form"},
      {std::string(1013, 'a'), "a domain name of at most 253 bytes"},
      {std::string(1 << 20, '.'), "a domain name of at most 253 bytes"},
  };
  for (const Case& c : kCases) {
    const absl::Status status = DomainName::Parse("domain", c.given).status();
    ASSERT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << Quoted(c.given);
    const ErrorDetails details = *DetailsOf(status);
    EXPECT_EQ(details.reason, reason::kInvalidField);
    EXPECT_EQ(details.field_violations.size(), 1u);
    EXPECT_EQ(details.field_violations[0].first, "domain");
    EXPECT_EQ(details.field_violations[0].second, c.expectation) << Quoted(c.given);
  }
}

TEST(DomainName, MeasuresALabelInItsAsciiForm) {
  // "xn--", 55 letters, "-" and three digits for the place of the ü.
  const std::string longest = std::string(55, 'a') + "ü.com";
  const absl::StatusOr<DomainName> name = DomainName::Parse("domain", longest);
  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_EQ(name->ascii().find('.'), 63u) << name->ascii();
  EXPECT_THAT(std::string(DomainName::Parse("domain", "a" + longest).status().message()),
              HasSubstr("is longer than 63 bytes in ASCII form"));
}

// UTS 46 is about what DNS can hold, not about what a reader confuses: letters
// of another script that look alike make another, valid name. Nothing is lost by
// that here: an organization must prove the name it claims in the DNS, and a
// lookalike decides nothing about the original.
TEST(DomainName, KeepsLookalikesOfOtherScriptsApart) {
  const DomainName latin = *DomainName::Parse("domain", "apple.com");
  const DomainName mixed = *DomainName::Parse("domain", "аpple.com");     // Cyrillic а
  const DomainName cyrillic = *DomainName::Parse("domain", "аррӏе.com");  // all Cyrillic
  const DomainName greek = *DomainName::Parse("domain", "αpple.com");
  const DomainName slash = *DomainName::Parse("domain", "apple.com\u2044login.example");
  EXPECT_EQ(mixed.ascii(), "xn--pple-43d.com");
  EXPECT_EQ(cyrillic.ascii(), "xn--80ak6aa92e.com");
  EXPECT_EQ(greek.ascii(), "xn--pple-zld.com");
  EXPECT_EQ(slash.Parent()->Parent(), std::nullopt);  // U+2044 is a symbol in a label
  EXPECT_NE(latin, mixed);
  EXPECT_NE(latin, cyrillic);
  EXPECT_NE(latin, greek);
}

// Names written by hand or by chance, over the characters that rules care about.
std::string RandomAscii(std::mt19937& random) {
  static constexpr absl::string_view kCharacters = "abnxz019-.-.x-XN_ @";
  const bool long_name = random() % 16 == 0;
  std::string name(1 + random() % (long_name ? 280 : 12), ' ');
  for (char& c : name) {
    c = long_name ? "abc."[random() % 40 == 0 ? 3 : random() % 3]
                  : kCharacters[random() % kCharacters.size()];
  }
  return random() % 4 == 0 ? "xn--" + name : name;
}

// A full stop beyond ASCII means the same to UTS 46 and takes the long way, so
// both ways must agree on every name.
TEST(DomainName, ShortWayForAsciiAgreesWithUts46) {
  std::mt19937 random(20240607);
  int accepted = 0, refused = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::string name = RandomAscii(random);
    const absl::StatusOr<DomainName> direct = DomainName::Parse("domain", name);
    const std::string detour = absl::StrReplaceAll(name, {{".", "\u3002"}});
    const absl::StatusOr<DomainName> mapped = DomainName::Parse("domain", detour);
    ASSERT_EQ(direct.ok(), mapped.ok()) << name << " " << direct.status() << mapped.status();
    if (direct.ok()) {
      ASSERT_EQ(*direct, *mapped) << name;
      ++accepted;
    } else {
      ++refused;
    }
  }
  EXPECT_GT(accepted, 3'000);
  EXPECT_GT(refused, 10'000);
}

// Two spellings are one name only if the canonical form is a fixed point.
TEST(DomainName, CanonicalFormIsAFixedPoint) {
  std::mt19937 random(20240608);
  int accepted = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string name;
    for (int j = 1 + static_cast<int>(random() % 4); j > 0; --j) {
      const UChar32 c = static_cast<UChar32>(random() % (random() % 2 == 0 ? 0x600 : 0x20000));
      if (U_IS_SURROGATE(c)) continue;
      char bytes[U8_MAX_LENGTH];
      int32_t size = 0;
      U8_APPEND_UNSAFE(bytes, size, c);
      name.append(bytes, size);
    }
    const absl::StatusOr<DomainName> parsed = DomainName::Parse("domain", name + ".example");
    if (!parsed.ok()) continue;
    ++accepted;
    ASSERT_EQ(DomainName::Parse("domain", parsed->ascii()), parsed) << name;
    ASSERT_EQ(DomainName::Parse("domain", parsed->Unicode()), parsed) << name;
  }
  EXPECT_GT(accepted, 10'000);
}

TEST(DomainName, ParentDropsTheFirstLabelAndKeepsTwo) {
  const DomainName name = *DomainName::Parse("domain", "a.b.example");
  ASSERT_TRUE(name.Parent().has_value());
  EXPECT_EQ(name.Parent()->ascii(), "b.example");
  EXPECT_FALSE(name.Parent()->Parent().has_value());
  EXPECT_FALSE(DomainName().Parent().has_value());
}

TEST(DomainName, IsEqualAndOrderedByItsAsciiForm) {
  const DomainName a = DomainName::FromTrusted("a.example"),
                   b = DomainName::FromTrusted("b.example");
  EXPECT_LT(a, b);
  EXPECT_TRUE(DomainName().empty());
  EXPECT_FALSE(a.empty());
  EXPECT_TRUE(absl::VerifyTypeImplementsAbslHashCorrectly({DomainName(), a, b}));
}

TEST(DomainName, OfADamagedRecordIsShownAsItIs) {
  EXPECT_EQ(DomainName::FromTrusted("xn--a.example").Unicode(), "xn--a.example");
  EXPECT_EQ(DomainName().Unicode(), "");
}

}  // namespace
}  // namespace gatehouse
