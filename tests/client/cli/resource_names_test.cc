#include "client/cli/resource_names.h"

#include <gtest/gtest.h>

#include "client/cli/errors.h"

namespace gatehouse::cli {
namespace {

TEST(OrganizationName, TakesAnIdOrAFullName) {
  EXPECT_EQ(OrganizationName("acme").value(), "organizations/acme");
  EXPECT_EQ(OrganizationName("organizations/acme").value(), "organizations/acme");
}

TEST(OrganizationName, RefusesOtherNames) {
  for (const char* text : {"", "/", "organizations/", "organizations/a/b", "a/b",
                           "organizations/a/domains/b.example"}) {
    EXPECT_TRUE(IsUsageError(OrganizationName(text).status())) << text;
  }
}

TEST(ChildName, CompletesAShortId) {
  EXPECT_EQ(ChildName("okta", "ssoProfiles", "organizations/acme").value(),
            "organizations/acme/ssoProfiles/okta");
}

TEST(ChildName, LeavesAFullNameAlone) {
  EXPECT_EQ(ChildName("organizations/x/users/u1", "users", "organizations/acme").value(),
            "organizations/x/users/u1");
  EXPECT_EQ(ChildName("organizations/x/users/u1", "users", "").value(), "organizations/x/users/u1");
}

TEST(ChildName, RefusesOtherNames) {
  for (const char* text :
       {"", "a/b", "organizations/acme", "organizations/acme/domains/d.example",
        "organizations//users/u1", "organizations/acme/users/", "organizations/acme/users/u1/x"}) {
    EXPECT_TRUE(IsUsageError(ChildName(text, "users", "organizations/acme").status())) << text;
  }
}

TEST(ChildName, AsksForTheOrganizationOfAShortId) {
  const absl::Status status = ChildName("u1", "users", "").status();
  EXPECT_TRUE(IsUsageError(status));
  EXPECT_NE(status.message().find("--org"), absl::string_view::npos);
}

}  // namespace
}  // namespace gatehouse::cli
