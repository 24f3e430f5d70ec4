#include "client/cli/enum_names.h"

#include <gtest/gtest.h>

#include "gatehouse/v1/enforcement.pb.h"
#include "gatehouse/v1/login_service.pb.h"
#include "gatehouse/v1/user.pb.h"

namespace gatehouse::cli {
namespace {

TEST(ShortName, IsTheValueWithoutItsPrefix) {
  EXPECT_EQ(ShortName(v1::User::ROLE_ADMIN), "admin");
  EXPECT_EQ(ShortName(v1::VERDICT_REQUIRE_SSO), "require-sso");
  EXPECT_EQ(ShortName(v1::Exemption::KIND_BREAK_GLASS), "break-glass");
  EXPECT_EQ(ShortName(v1::User::ROLE_UNSPECIFIED), "");
  EXPECT_EQ(ShortName(static_cast<v1::User::Role>(42)), "42");
}

TEST(FromShortName, TakesAnyLetterCaseAndUnderscores) {
  const auto& type = *v1::Enforcement::UnmanagedUsers_descriptor();
  EXPECT_EQ(FromShortName(type, "require-sso"), v1::Enforcement::UNMANAGED_USERS_REQUIRE_SSO);
  EXPECT_EQ(FromShortName(type, "REQUIRE_SSO"), v1::Enforcement::UNMANAGED_USERS_REQUIRE_SSO);
  EXPECT_EQ(FromShortName(type, "unspecified"), std::nullopt);
  EXPECT_EQ(FromShortName(type, ""), std::nullopt);
  EXPECT_EQ(FromShortName(type, "sso"), std::nullopt);
}

TEST(ShortNames, AreAllButTheUnspecified) {
  EXPECT_EQ(ShortNames(*v1::User::SsoStatus_descriptor()),
            (std::vector<std::string>{"enforced", "exempt", "not-enforced", "denied"}));
}

}  // namespace
}  // namespace gatehouse::cli
