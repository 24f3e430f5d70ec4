#include "server/services/request_resource.h"

#include <gtest/gtest.h>

#include "gatehouse/v1/access_token_service.pb.h"
#include "gatehouse/v1/enforcement_service.pb.h"
#include "gatehouse/v1/sso_profile_service.pb.h"
#include "gatehouse/v1/user_service.pb.h"

namespace gatehouse {
namespace {

TEST(RequestResource, IsTheTextAtThePath) {
  v1::ListUsersRequest list;
  list.set_parent("organizations/acme");
  EXPECT_EQ(RequestResource(list, "parent"), "organizations/acme");
  v1::UpdateSsoProfileRequest update;
  update.mutable_sso_profile()->set_name("organizations/acme/ssoProfiles/okta");
  EXPECT_EQ(RequestResource(update, "sso_profile.name"), "organizations/acme/ssoProfiles/okta");
}

TEST(RequestResource, IsThereByteForByte) {
  // The gate compares it: nothing may be trimmed or cut at a NUL.
  v1::GetUserRequest request;
  for (const std::string& name :
       {std::string(" organizations/acme "), std::string("a\0b", 3), std::string(1 << 16, 'x')}) {
    request.set_name(name);
    EXPECT_EQ(RequestResource(request, "name"), name);
  }
}

TEST(RequestResource, IsEmptyWhereNothingIsSet) {
  EXPECT_EQ(RequestResource(v1::ListUsersRequest(), "parent"), "");
  EXPECT_EQ(RequestResource(v1::UpdateUserRequest(), "user.name"), "");
}

TEST(RequestResource, IsEmptyForAPathThatLeadsToNoText) {
  v1::EnforceDomainsRequest request;
  request.set_parent("organizations/acme");
  request.add_domains("acme.example");
  for (const char* path : {"", ".", "name", "parent.name", "domains", "domains.name", ".parent",
                           "parent.", "rollout", "validate_only"}) {
    EXPECT_EQ(RequestResource(request, path), "") << path;
  }
  v1::CreateAccessTokenRequest create;
  create.mutable_access_token()->set_role(v1::ACCESS_ROLE_OPERATOR);
  create.mutable_access_token()->add_organizations("organizations/acme");
  for (const char* path : {"access_token", "access_token.role", "access_token.organizations",
                           "access_token.expire_time", "access_token.expire_time.seconds"}) {
    EXPECT_EQ(RequestResource(create, path), "") << path;
  }
}

}  // namespace
}  // namespace gatehouse
