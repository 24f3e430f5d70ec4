#include "policy/email_address.h"

#include <unicode/utf8.h>

#include <random>
#include <string>

#include "gtest/gtest.h"
#include "policy/errors.h"

namespace gatehouse {
namespace {

const std::string kLocal64(64, 'a');
// "@" and this make 190 bytes, so that a local part of 64 makes an address of 254.
const std::string kDomain189 =
    std::string(63, 'b') + "." + std::string(63, 'b') + "." + std::string(61, 'b');

std::string AppendCodePoint(std::string text, UChar32 c) {
  char bytes[U8_MAX_LENGTH];
  int32_t size = 0;
  U8_APPEND_UNSAFE(bytes, size, c);
  return text.append(bytes, size);
}

TEST(EmailAddress, HasOneCanonicalFormForEverySpelling) {
  struct Case {
    std::string given;
    std::string canonical;
  };
  const Case kCases[] = {
      {"alice@example.com", "alice@example.com"},
      {"Alice@Example.COM", "alice@example.com"},
      {"a@b.c", "a@b.c"},
      {"Alice.B+Tag_1@example.com", "alice.b+tag_1@example.com"},
      {"!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com"},
      {"alice@Bücher.example", "alice@xn--bcher-kva.example"},
      {"alice@ｅxample.com", "alice@example.com"},
      // Canonical equivalence: composed, decomposed, in whatever order.
      {"Zoë@example.com", "zoë@example.com"},
      {"Zoe\u0308@example.com", "zoë@example.com"},
      {"a\u0323\u0307@example.com", "ạ\u0307@example.com"},
      {"a\u0307\u0323@example.com", "ạ\u0307@example.com"},
      {"\u212Aelvin@example.com", "kelvin@example.com"},      // Kelvin sign
      {"\u212Bngström@example.com", "ångström@example.com"},  // Ångström sign
      {"각@example.com", "각@example.com"},
      {"\u1100\u1161\u11A8@example.com", "각@example.com"},  // the same in Hangul jamo
      // Full case folding.
      {"Straße@example.com", "strasse@example.com"},
      {"STRASSE@example.com", "strasse@example.com"},
      {"ΣΊΣΥΦΟΣ@example.com", "σίσυφοσ@example.com"},
      {"σίσυφος@example.com", "σίσυφοσ@example.com"},  // final sigma
      {"ﬁona@example.com", "fiona@example.com"},       // the ligature folds
      {"ΑΛΊΚΗ@example.com", "αλίκη@example.com"},
      // Iota below and a mark that stands before it in canonical order.
      {"\u1FB3\u0327@example.com", "α\u0327ι@example.com"},
      {"Α\u0327\u0345@example.com", "α\u0327ι@example.com"},
      // Turkish: dotless ı is a letter of its own, İ is i with a dot.
      {"ısı@example.com", "ısı@example.com"},
      {"İ@example.com", "i\u0307@example.com"},
      {"I@example.com", "i@example.com"},
      // Not folded: compatibility forms stay letters of their own.
      {"ａlice@example.com", "ａlice@example.com"},
      {"аlice@example.com", "аlice@example.com"},  // Cyrillic а
      {"علي@example.com", "علي@example.com"},
      {"用户@例子.example", "用户@xn--fsqu00a.example"},
      {"😀@example.com", "😀@example.com"},
      {kLocal64 + "@" + kDomain189, kLocal64 + "@" + kDomain189},
  };
  for (const Case& c : kCases) {
    const absl::StatusOr<EmailAddress> address = EmailAddress::Parse("email", c.given);
    ASSERT_TRUE(address.ok()) << c.given << ": " << address.status();
    EXPECT_EQ(address->Canonical(), c.canonical) << c.given;
    EXPECT_EQ(EmailAddress::Parse("email", address->Canonical()), address) << c.given;
    EXPECT_EQ(EmailAddress::FromTrusted(address->local(), address->domain()), *address);
  }
}

TEST(EmailAddress, KeepsApartWhatOnlyLooksAlike) {
  const EmailAddress latin = *EmailAddress::Parse("email", "alice@example.com");
  EXPECT_NE(latin, *EmailAddress::Parse("email", "аlice@example.com"));  // Cyrillic а
  EXPECT_NE(latin, *EmailAddress::Parse("email", "ａlice@example.com"));
  EXPECT_NE(latin, *EmailAddress::Parse("email", "alıce@example.com"));
  EXPECT_NE(latin, *EmailAddress::Parse("email", "alice@examp1e.com"));
  EXPECT_NE(latin, *EmailAddress::Parse("email", "a.lice@example.com"));
  EXPECT_NE(latin, *EmailAddress::Parse("email", "alice+x@example.com"));
  // ß is "ss" in a local part, which folds, but not in a domain, which does not.
  EXPECT_NE(*EmailAddress::Parse("email", "a@straße.example"),
            *EmailAddress::Parse("email", "a@strasse.example"));
}

TEST(EmailAddress, RefusesWhatIsNoAddressAndSaysWhy) {
  struct Case {
    std::string given;
    std::string expectation;
  };
  const std::string kOneAt = "an address with exactly one '@'";
  const std::string kNoQuotes = "a local part without quotes";
  const std::string kDots = "a local part without a leading, trailing or doubled dot";
  const std::string kLocalLength = "a local part of at most 64 bytes (RFC 5321)";
  const std::string kLength = "an address of at most 254 bytes (RFC 5321)";
  const Case kCases[] = {
      {"", kOneAt},
      {"alice", kOneAt},
      {"alice.example.com", kOneAt},
      {"alice@@example.com", kOneAt},
      {"alice@evil.test@example.com", kOneAt},
      {"\"alice@evil.test\"@example.com", kOneAt},
      {"alice@example.com@", kOneAt},
      {"@", "a local part before the '@'"},
      {"@example.com", "a local part before the '@'"},
      {"\"alice\"@example.com", kNoQuotes},
      {"\"\"@example.com", kNoQuotes},
      {"a\"b\"@example.com", "no '\"' in the local part"},
      {".alice@example.com", kDots},
      {"alice.@example.com", kDots},
      {"al..ice@example.com", kDots},
      {".@example.com", kDots},
      // Outside atext.
      {"al ice@example.com", "no U+0020 in the local part"},
      {" alice@example.com", "no U+0020 in the local part"},
      {"alice @example.com", "no U+0020 in the local part"},
      {"alice\t@example.com", "no U+0009 in the local part"},
      {"alice\r\nBcc: x@example.com", "no U+000D in the local part"},
      {std::string("alice\0@example.com", 18), "no U+0000 in the local part"},
      {"alice\x7f@example.com", "no U+007F in the local part"},
      {"Alice <alice@example.com", "no U+0020 in the local part"},
      {"<alice@example.com", "no '<' in the local part"},
      {"alice(comment)@example.com", "no '(' in the local part"},
      {"alice,bob@example.com", "no ',' in the local part"},
      {"alice;bob@example.com", "no ';' in the local part"},
      {"mailto:alice@example.com", "no ':' in the local part"},
      {"alice\\@example.com", "no '\\' in the local part"},
      {"[alice]@example.com", "no '[' in the local part"},
      // Beyond ASCII: what nobody sees, or what is not there.
      {"ali\u200Dce@example.com", "no U+200D in the local part"},       // joiner (Cf)
      {"ali\u200Bce@example.com", "no U+200B in the local part"},       // zero-width space (Cf)
      {"ali\u202Ece@example.com", "no U+202E in the local part"},       // direction override (Cf)
      {"ali\u00ADce@example.com", "no U+00AD in the local part"},       // soft hyphen (Cf)
      {"ali\u00A0ce@example.com", "no U+00A0 in the local part"},       // no-break space (Zs)
      {"ali\u3000ce@example.com", "no U+3000 in the local part"},       // ideographic space (Zs)
      {"ali\u2028ce@example.com", "no U+2028 in the local part"},       // line separator (Zl)
      {"ali\u0085ce@example.com", "no U+0085 in the local part"},       // next line (Cc)
      {"ali\u034Fce@example.com", "no U+034F in the local part"},       // grapheme joiner (Mn)
      {"ali\uFE0Fce@example.com", "no U+FE0F in the local part"},       // variation selector (Mn)
      {"ali\u3164ce@example.com", "no U+3164 in the local part"},       // Hangul filler (Lo)
      {"ali\U000E0061ce@example.com", "no U+E0061 in the local part"},  // tag letter (Cf)
      {"ali\uE000ce@example.com", "no U+E000 in the local part"},       // private use
      {"ali\u0378ce@example.com", "no U+0378 in the local part"},       // unassigned
      {"ali\uFFFFce@example.com", "no U+FFFF in the local part"},       // noncharacter
      // Normalization makes ASCII of these.
      {"ali\u037Ece@example.com", "no ';' in the local part, once normalized"},
      {"ali\xff"
       "ce@example.com",
       "valid UTF-8"},
      {"ali\xc0\xae@example.com", "valid UTF-8"},  // an overlong '.'
      {"ali\xed\xa0\x80@example.com", "valid UTF-8"},
      {"ali\xc3@example.com", "valid UTF-8"},
      // Domains: all of it stands in domain_name_test.
      {"alice@", "a domain name"},
      {"alice@localhost", "a domain name of at least two labels"},
      {"alice@[127.0.0.1]", "a domain name, not an IP address"},
      {"alice@[IPv6:::1]", "a domain name, not an IP address"},
      {"alice@127.0.0.1", "a domain name, not an IP address"},
      {"alice@example.com.", "a domain name without a leading, trailing or doubled dot"},
      {"alice@a_b.com", "a domain name; label \"a_b\" contains '_'"},
      {"alice@ example.com", "a domain name; label \" example\" contains U+0020"},
      {"alice@example.com>", "a domain name; label \"com>\" contains '>'"},
      {"alice@exa\xffmple.com", "a domain name; label \"exa\\xffmple\" contains invalid UTF-8"},
      // Lengths, as given and as canonical.
      {kLocal64 + "a@example.com", kLocalLength},
      {std::string(32, 'a') + "\u0149\u0149\u0149\u0149\u0149\u0149\u0149\u0149"
                              "\u0149\u0149\u0149\u0149\u0149\u0149\u0149\u0149@example.com",
       kLocalLength + ", once normalized"},  // ŉ folds to ʼn: 3 bytes for 2
      {kLocal64 + "@" + kDomain189 + "b", kLength},
      {kLocal64 + "@ü." + std::string(63, 'b') + "." + std::string(63, 'b') + "." +
           std::string(58, 'b'),
       kLength},  // 254 bytes as given, 258 as ASCII
      {std::string(1 << 20, '@'), kLength},
  };
  for (const Case& c : kCases) {
    const absl::Status status = EmailAddress::Parse("user.email", c.given).status();
    ASSERT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << Quoted(c.given);
    const ErrorDetails details = *DetailsOf(status);
    EXPECT_EQ(details.reason, reason::kInvalidField);
    EXPECT_EQ(details.field_violations.size(), 1u);
    EXPECT_EQ(details.field_violations[0].first, "user.email");
    EXPECT_EQ(details.field_violations[0].second, c.expectation) << Quoted(c.given);
  }
}

// Every code point, alone: either it is refused or its canonical form stays as
// it is. An address would otherwise have two identities, before and after a read.
TEST(EmailAddress, CanonicalFormOfEveryCodePointIsAFixedPoint) {
  int accepted = 0;
  for (UChar32 c = 1; c <= 0x10FFFF; ++c) {
    if (U_IS_SURROGATE(c)) continue;
    if (c == 0x3400) c = 0x4DBF;  // the large blocks of ideographs and syllables
    if (c == 0x4E00) c = 0x9FFF;  // hold nothing that folds
    if (c == 0x17000) c = 0x18CFF;
    if (c == 0x20000) c = 0xE0000;
    const absl::StatusOr<EmailAddress> address =
        EmailAddress::Parse("email", AppendCodePoint("a", c) + "@example.com");
    if (!address.ok()) continue;
    ++accepted;
    ASSERT_EQ(EmailAddress::Parse("email", address->Canonical()), address) << std::hex << c;
  }
  EXPECT_GT(accepted, 20'000);
}

TEST(EmailAddress, CanonicalFormOfRandomSequencesIsAFixedPoint) {
  std::mt19937 random(20240609);
  int accepted = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string local;
    for (int j = 1 + static_cast<int>(random() % 4); j > 0; --j) {
      static constexpr UChar32 kBlocks[][2] = {
          {0x41, 0x180}, {0x300, 0x70}, {0x370, 0x190}, {0x1E00, 0x200}, {0x300, 0x2000}};
      const auto& [first, size] = kBlocks[random() % 5];
      local = AppendCodePoint(local, first + static_cast<UChar32>(random() % size));
    }
    const absl::StatusOr<EmailAddress> address =
        EmailAddress::Parse("email", local + "@example.com");
    if (!address.ok()) continue;
    ++accepted;
    ASSERT_EQ(EmailAddress::Parse("email", address->Canonical()), address) << local;
  }
  EXPECT_GT(accepted, 10'000);
}

TEST(EmailAddress, IsRedactedToItsDomain) {
  EXPECT_EQ(EmailAddress::Parse("email", "Alice@Bücher.example")->Redacted(),
            "***@xn--bcher-kva.example");
}

TEST(EmailAddress, IsOrderedByLocalPartThenDomain) {
  const EmailAddress a = *EmailAddress::Parse("email", "a@b.example");
  const EmailAddress b = *EmailAddress::Parse("email", "b@a.example");
  EXPECT_LT(a, b);
  EXPECT_EQ(EmailAddress(), EmailAddress());
  EXPECT_NE(EmailAddress(), a);
}

}  // namespace
}  // namespace gatehouse
