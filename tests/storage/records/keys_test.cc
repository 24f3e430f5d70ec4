// The persisted bytes of every key, and what scans by prefix catch.
#include "storage/records/keys.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "storage/engine.h"

namespace gatehouse::storage::keys {
namespace {

OrganizationId Org(absl::string_view id) { return OrganizationId::FromTrusted(id); }
DomainName Name(absl::string_view name) { return DomainName::FromTrusted(name); }
EmailAddress Mail(absl::string_view local, absl::string_view domain) {
  return EmailAddress::FromTrusted(local, Name(domain));
}
const UserId kUser1 = UserId::FromTrusted("u1");
const SsoProfileId kIdp = SsoProfileId::FromTrusted("idp");

// Every kind once: its letter, its key as persisted, and the parts in it.
struct Golden {
  char kind;
  std::string key;
  std::string persisted;
  std::string first, second, third;
};

std::vector<Golden> GoldenKeys() {
  const OrganizationId acme = Org("acme");
  const DomainName domain = Name("a.test");
  const absl::Time time = absl::FromUnixMicros(0x5fca0fd08c0d1);
  return {
      {kUsedAssertion, UsedAssertion(acme, kIdp, "_a/b"), "a/acme/idp/_a/b", "acme", "idp", "_a/b"},
      {kAccessTokenUse, AccessTokenUse(AccessTokenId::FromTrusted("k1")), "b/k1", "k1", "", ""},
      {kDomainCounts, DomainCounts(acme, domain), "c/acme/a.test", "acme", "a.test", ""},
      {kDomain, Domain(acme, domain), "d/acme/a.test", "acme", "a.test", ""},
      {kEnforcement, Enforcement(acme, domain), "e/acme/a.test", "acme", "a.test", ""},
      {kSsoOverride, SsoOverride(acme, kUser1), "f/acme/u1", "acme", "u1", ""},
      {kPolicyGuard, PolicyGuard(acme), "g/acme", "acme", "", ""},
      {kDomainHolder, DomainHolder(domain), "h/a.test", "a.test", "", ""},
      {kUserAddress, UserAddress(acme, kUser1), "i/acme/u1", "acme", "u1", ""},
      {kDomainCheck, DomainCheck(acme, domain), "j/acme/a.test", "acme", "a.test", ""},
      {kProfileKey, ProfileKey(acme, kIdp), "k/acme/idp", "acme", "idp", ""},
      {kLoginActivity, LoginActivity(acme, kUser1), "l/acme/u1", "acme", "u1", ""},
      {kAccessToken, AccessToken(AccessTokenId::FromTrusted("k1")), "m/k1", "k1", "", ""},
      {kProfileWatch, ProfileWatch(acme, kIdp), "n/acme/idp", "acme", "idp", ""},
      {kOrganization, Organization(acme), "o/acme", "acme", "", ""},
      {kSsoProfile, SsoProfile(acme, kIdp), "p/acme/idp", "acme", "idp", ""},
      {kRequest, Request(acme, "r-1"), "q/acme/r-1", "acme", "r-1", ""},
      {kAdmin, Admin(acme, kUser1), "r/acme/u1", "acme", "u1", ""},
      {kConnectionTest, ConnectionTest(acme, kIdp, ConnectionTestId::FromTrusted("t1")),
       "s/acme/idp/t1", "acme", "idp", "t1"},
      {kTotals, Totals(acme), "t/acme", "acme", "", ""},
      {kUser, User(acme, Mail("jo/doe", "a.test")), "u/acme/a.test/jo/doe", "acme", "a.test",
       "jo/doe"},
      {kAuditEntry, AuditEntry(acme, 0x1f2e), "v/acme/0000000000001f2e", "acme", "0000000000001f2e",
       ""},
      {kAuditChain, AuditChain(acme), "w/acme", "acme", "", ""},
      {kExemption, Exemption(acme, kUser1), "x/acme/u1", "acme", "u1", ""},
      {kExpiry, Expiry(time, "s/acme/idp/t1"), "y/0005fca0fd08c0d1/s/acme/idp/t1",
       "0005fca0fd08c0d1", "s", "acme/idp/t1"},
      {kEnforcementCounts, EnforcementCounts(acme, domain), "z/acme/a.test", "acme", "a.test", ""},
  };
}

bool Contains(const KeyRange& range, const std::string& key) {
  return range.start <= key && (range.end.empty() || key < range.end);
}

TEST(Keys, AreTheBytesThatStoresHold) {
  for (const Golden& golden : GoldenKeys()) EXPECT_EQ(golden.key, golden.persisted);
}

TEST(Keys, OfRequestsToCreateAnOrganizationHaveAnEmptyOne) {
  EXPECT_EQ(Request(OrganizationId(), "r-1"), "q//r-1");
}

TEST(Keys, OfTheServersOwnAuditChainHaveAnEmptyOrganization) {
  EXPECT_EQ(AuditEntry(OrganizationId(), 1), "v//0000000000000001");
  EXPECT_EQ(AuditChain(OrganizationId()), "w/");
}

TEST(Keys, OfAuditEventsStandInTheOrderOfTheChain) {
  const int64_t sequences[] = {1, 9, 10, 255, 256, std::numeric_limits<int64_t>::max()};
  for (size_t i = 1; i < std::size(sequences); ++i) {
    EXPECT_LT(AuditEntry(Org("acme"), sequences[i - 1]), AuditEntry(Org("acme"), sequences[i]));
  }
}

TEST(Keys, BeginWithALetterThatNoOtherKindHas) {
  std::string letters;
  for (const Golden& golden : GoldenKeys()) letters.push_back(golden.kind);
  EXPECT_EQ(letters, "abcdefghijklmnopqrstuvwxyz");
}

TEST(Keys, AreTakenApartAsTheyWerePutTogether) {
  for (const Golden& golden : GoldenKeys()) {
    const auto parsed = Parse(golden.key);
    ASSERT_TRUE(parsed.has_value()) << golden.key;
    EXPECT_EQ(parsed->kind, golden.kind) << golden.key;
    EXPECT_EQ(parsed->first, golden.first) << golden.key;
    EXPECT_EQ(parsed->second, golden.second) << golden.key;
    EXPECT_EQ(parsed->third, golden.third) << golden.key;
  }
}

TEST(Keys, AreNotWhatOtherBytesParseAs) {
  for (absl::string_view bytes : {"", "u", "uu/acme", "/", "acme", "u\\acme"}) {
    EXPECT_FALSE(Parse(bytes).has_value()) << bytes;
  }
}

TEST(Keys, AreAllDocumented) {
  std::ifstream file("docs/storage-format.md");
  std::ostringstream text;
  text << file.rdbuf();
  ASSERT_TRUE(file) << "docs/storage-format.md cannot be read";
  for (const Golden& golden : GoldenKeys()) {
    const std::string letter(1, golden.kind);
    EXPECT_TRUE(absl::StrContains(text.str(), absl::StrCat("\n| `", letter, "` | `", letter, "/")))
        << letter;
  }
}

TEST(Keys, OfTheLongestPartsAreWithinTheEnginesLimit) {
  const OrganizationId organization = Org(std::string(63, 'o'));
  const DomainName domain = Name(std::string(253, 'd'));
  const SsoProfileId profile = SsoProfileId::FromTrusted(std::string(63, 'p'));
  const std::string assertion = UsedAssertion(organization, profile, std::string(512, 'a'));
  EXPECT_LE(Expiry(absl::InfiniteFuture(), assertion).size(), kMaxKeyBytes);
  EXPECT_LE(User(organization, EmailAddress::FromTrusted(std::string(64, 'l'), domain)).size(),
            kMaxKeyBytes);
}

TEST(KeyPrefixes, OfAnOrganizationCatchItsRecordsAndNoNeighbours) {
  for (const Golden& golden : GoldenKeys()) {
    if (golden.second.empty() || golden.kind == kExpiry) continue;  // keyed by something else
    const KeyRange range = PrefixRange(OrganizationPrefix(golden.kind, Org("acme")));
    EXPECT_TRUE(Contains(range, golden.key)) << golden.key;
    for (absl::string_view neighbour : {"acm", "acme-2", "acme2", "acmea", "acmf", "a"}) {
      std::string key = golden.key;
      key.replace(2, 4, neighbour.data(), neighbour.size());
      EXPECT_FALSE(Contains(range, key)) << key;
    }
    std::string other_kind = golden.key;
    ++other_kind[0];
    EXPECT_FALSE(Contains(range, other_kind));
  }
}

TEST(KeyPrefixes, OfADomainsUsersCatchNoUsersOfNeighbours) {
  const OrganizationId acme = Org("acme");
  const KeyRange range = PrefixRange(UsersOnDomainPrefix(acme, Name("a.b")));
  for (absl::string_view local : {"!", "jo", "a/b", "~", "\xc3\xbc", "\xf4\x8f\xbf\xbd"}) {
    EXPECT_TRUE(Contains(range, User(acme, Mail(local, "a.b")))) << local;
    for (absl::string_view domain : {"a.b.c", "a.b-c", "a.bc", "a.a", "x.a.b", "a.c", "a.b0"}) {
      EXPECT_FALSE(Contains(range, User(acme, Mail(local, domain)))) << local << "@" << domain;
    }
  }
  EXPECT_FALSE(Contains(range, User(Org("acme-2"), Mail("jo", "a.b"))));
}

TEST(KeyPrefixes, OfAProfilesTestsCatchNoTestsOfNeighbours) {
  const OrganizationId acme = Org("acme");
  const KeyRange range = PrefixRange(ConnectionTestsPrefix(acme, kIdp));
  const ConnectionTestId test = ConnectionTestId::FromTrusted("t1");
  EXPECT_TRUE(Contains(range, ConnectionTest(acme, kIdp, test)));
  for (absl::string_view profile : {"id", "idp-2", "idp2", "idpa", "idq"}) {
    EXPECT_FALSE(Contains(range, ConnectionTest(acme, SsoProfileId::FromTrusted(profile), test)))
        << profile;
  }
}

TEST(KeyPrefixes, OfAKindCatchAllOfItAndNothingElse) {
  for (const Golden& kind : GoldenKeys()) {
    const KeyRange range = PrefixRange(KindPrefix(kind.kind));
    for (const Golden& golden : GoldenKeys()) {
      EXPECT_EQ(Contains(range, golden.key), golden.kind == kind.kind) << golden.key;
    }
  }
}

TEST(ExpiryKeys, StandInTheOrderOfTime) {
  const std::vector<absl::Time> times = {
      absl::UnixEpoch(),
      absl::FromUnixMicros(1),
      absl::FromUnixMicros(0xff),
      absl::FromUnixMicros(0x100),
      absl::FromUnixSeconds(1'700'000'000),
      absl::FromUnixSeconds(253'402'300'799),
      absl::InfiniteFuture(),
  };
  for (size_t i = 0; i + 1 < times.size(); ++i) {
    // Whatever record they name.
    EXPECT_LT(Expiry(times[i], "\xff\xff"), Expiry(times[i + 1], "a")) << times[i];
  }
}

TEST(ExpiryKeys, OfATimeBefore1970CountAs1970) {
  EXPECT_EQ(Expiry(absl::InfinitePast(), "k"), Expiry(absl::UnixEpoch(), "k"));
  EXPECT_EQ(Expiry(absl::FromUnixMicros(-1), "k"), Expiry(absl::UnixEpoch(), "k"));
}

TEST(ExpiryKeys, OfOneTimeAreKeptApartByTheRecord) {
  EXPECT_NE(Expiry(absl::UnixEpoch(), "q/acme/1"), Expiry(absl::UnixEpoch(), "q/acme/2"));
}

TEST(ExpiryKeys, BeforeATimeAreThoseThatAreDue) {
  const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
  EXPECT_LT(Expiry(now - absl::Microseconds(1), "\xff"), ExpiryBefore(now));
  EXPECT_GE(Expiry(now, "a"), ExpiryBefore(now));
  EXPECT_GE(Expiry(now + absl::Microseconds(1), "a"), ExpiryBefore(now));
}

}  // namespace
}  // namespace gatehouse::storage::keys
