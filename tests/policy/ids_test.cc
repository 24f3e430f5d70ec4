#include "policy/ids.h"

#include <string>
#include <type_traits>

#include "absl/hash/hash_testing.h"
#include "gtest/gtest.h"
#include "policy/errors.h"

namespace gatehouse {
namespace {

TEST(Id, AcceptsSlugsOfTwoToSixtyThreeCharacters) {
  for (const std::string& id :
       {std::string("ab"), std::string("acme"), std::string("a-1"), std::string("a--"),
        std::string("z9"), "a" + std::string(62, 'b')}) {
    const absl::StatusOr<OrganizationId> parsed = OrganizationId::Parse("organization_id", id);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->value(), id);
    EXPECT_FALSE(parsed->empty());
  }
}

TEST(Id, RefusesEverythingElseAndNamesTheField) {
  for (const std::string& id :
       {std::string(""), std::string("a"), "a" + std::string(63, 'b'), std::string("1a"),
        std::string("-a"), std::string("Acme"), std::string("aCme"), std::string("a_b"),
        std::string("a.b"), std::string("a/b"), std::string("a b"), std::string("ab\n"),
        std::string("a\0b", 3), std::string("äb"), std::string("b\u00e4"),
        std::string("a\u0430")}) {
    const absl::Status status = OrganizationId::Parse("organization_id", id).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << id;
    ASSERT_EQ(ReasonOf(status), reason::kInvalidField) << id;
    EXPECT_EQ(DetailsOf(status)->field_violations.front().first, "organization_id");
  }
}

TEST(Id, IsEqualAndOrderedByItsValue) {
  const UserId a = UserId::FromTrusted("ua"), b = UserId::FromTrusted("ub");
  EXPECT_EQ(a, *UserId::Parse("user", "ua"));
  EXPECT_NE(a, b);
  EXPECT_LT(a, b);
  EXPECT_TRUE(UserId().empty());
  EXPECT_TRUE(absl::VerifyTypeImplementsAbslHashCorrectly({UserId(), a, b}));
}

TEST(Id, OfOneKindIsNotOfAnother) {
  static_assert(!std::is_convertible_v<UserId, OrganizationId>);
  static_assert(!std::is_constructible_v<UserId, std::string>);
}

}  // namespace
}  // namespace gatehouse
