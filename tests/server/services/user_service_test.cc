#include "server/services/user_service.h"

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"
#include "storage/stores/login_activity_store.h"
#include "tests/builders/test_caller.h"
#include "tests/server/services/user_service_fixture.h"

namespace gatehouse {
namespace {

class UserServiceTest : public UserServiceFixture {
 protected:
  v1::User Create(const std::string& email) {
    v1::CreateUserRequest request;
    request.set_parent("organizations/acme");
    request.mutable_user()->set_email(email);
    return Call(&v1::UserService::Stub::CreateUser, request);
  }
  v1::User Update(const v1::User& user, std::initializer_list<const char*> paths) {
    return Call(&v1::UserService::Stub::UpdateUser, UpdateRequest(user, paths));
  }
  static v1::UpdateUserRequest UpdateRequest(const v1::User& user,
                                             std::initializer_list<const char*> paths) {
    v1::UpdateUserRequest request;
    *request.mutable_user() = user;
    for (const char* path : paths) request.mutable_update_mask()->add_paths(path);
    return request;
  }
};

TEST_F(UserServiceTest, ShowsAUserWhole) {
  v1::CreateUserRequest request;
  request.set_parent("organizations/acme");
  request.mutable_user()->set_email("Ann@ACME.test");
  request.mutable_user()->set_display_name("Ann");
  request.mutable_user()->set_role(v1::User::ROLE_ADMIN);
  request.mutable_user()->set_suspended(true);
  const v1::User user = Call(&v1::UserService::Stub::CreateUser, request);
  EXPECT_EQ(user.name().rfind("organizations/acme/users/u", 0), 0u);
  EXPECT_EQ(user.email(), "ann@acme.test");
  EXPECT_EQ(user.display_name(), "Ann");
  EXPECT_EQ(user.role(), v1::User::ROLE_ADMIN);
  EXPECT_TRUE(user.suspended());
  EXPECT_EQ(user.type(), v1::User::TYPE_MANAGED);
  EXPECT_EQ(user.sso_status(), v1::User::SSO_STATUS_DENIED);
  EXPECT_EQ(user.sso_status_reason(), v1::DECISION_REASON_USER_SUSPENDED);
  EXPECT_EQ(user.create_time().seconds(), 1'700'000'000);
  EXPECT_EQ(user.update_time().seconds(), 1'700'000'000);
  EXPECT_EQ(user.claim_time().seconds(), 1'700'000'000);
  EXPECT_FALSE(user.etag().empty());

  v1::GetUserRequest get;
  get.set_name(user.name());
  EXPECT_EQ(Call(&v1::UserService::Stub::GetUser, get).SerializeAsString(),
            user.SerializeAsString());
  v1::LookupUserRequest lookup;
  lookup.set_parent("organizations/acme");
  lookup.set_email("ANN@acme.test");
  EXPECT_EQ(Call(&v1::UserService::Stub::LookupUser, lookup).SerializeAsString(),
            user.SerializeAsString());
}

TEST_F(UserServiceTest, ShowsAndRemovesAUsersOwnRule) {
  const v1::User ann = Create("ann@acme.test");
  EXPECT_FALSE(ann.has_sso_override());
  v1::User change;
  change.set_name(ann.name());
  change.mutable_sso_override()->set_mode(v1::SsoOverride::MODE_EXEMPT);
  change.mutable_sso_override()->set_reason("a kiosk");
  // Without a mask it is not taken: what a program only carried along is no change.
  change.set_role(v1::User::ROLE_ADMIN);
  EXPECT_FALSE(Update(change, {}).has_sso_override());

  const v1::User exempt = Update(change, {"sso_override"});
  EXPECT_EQ(exempt.sso_override().mode(), v1::SsoOverride::MODE_EXEMPT);
  EXPECT_EQ(exempt.sso_override().reason(), "a kiosk");
  EXPECT_NE(exempt.sso_override().approver(), "");
  EXPECT_EQ(exempt.sso_override().create_time().seconds(), 1'700'000'000);
  v1::ListUsersRequest list;
  list.set_parent("organizations/acme");
  EXPECT_EQ(Call(&v1::UserService::Stub::ListUsers, list).users(0).SerializeAsString(),
            exempt.SerializeAsString());

  change.mutable_sso_override()->Clear();
  EXPECT_FALSE(Update(change, {"sso_override"}).has_sso_override());
}

TEST_F(UserServiceTest, ShowsWhatGatewaysReported) {
  const User ann = world_.acme.Add({.email = "ann@acme.test"});
  ASSERT_TRUE(world_.runner
                  .Run(TestCaller(), world_.acme.id(),
                       [&](storage::Transaction& tx) {
                         storage::LoginActivityStore::Put(
                             tx, {.organization = ann.organization,
                                  .user = ann.id,
                                  .last_sign_in_time = absl::FromUnixSeconds(30),
                                  .last_sso_sign_in_time = absl::FromUnixSeconds(20),
                                  .last_sso_profile = SsoProfileId::FromTrusted("idp")});
                         return absl::OkStatus();
                       })
                  .ok());
  v1::GetUserRequest get;
  get.set_name("organizations/acme/users/" + ann.id.value());
  const v1::LoginActivity activity = Call(&v1::UserService::Stub::GetUser, get).login_activity();
  EXPECT_EQ(activity.last_sign_in_time().seconds(), 30);
  EXPECT_EQ(activity.last_sso_sign_in_time().seconds(), 20);
  EXPECT_EQ(activity.last_sso_profile(), "organizations/acme/ssoProfiles/idp");
  EXPECT_FALSE(activity.has_last_sso_failure_time());
}

TEST_F(UserServiceTest, ShowsEveryTypeAndStatus) {
  world_.acme.Enforce("acme.test");
  const User exempt = world_.acme.Add({.email = "exempt@acme.test"});
  world_.acme.Exempt(exempt, ExemptionKind::kServiceAccount);
  world_.acme.Add({.email = "managed@acme.test"});
  world_.acme.Add({.email = "free@acme.test", .role = Role::kOwner, .claimed = false});
  v1::ListUsersRequest request;
  request.set_parent("organizations/acme");
  const auto list = Call(&v1::UserService::Stub::ListUsers, request);
  ASSERT_EQ(list.users_size(), 3);
  EXPECT_EQ(list.users(0).sso_status(), v1::User::SSO_STATUS_EXEMPT);
  EXPECT_EQ(list.users(0).sso_status_reason(), v1::DECISION_REASON_EXEMPT_SERVICE_ACCOUNT);
  EXPECT_EQ(list.users(1).sso_status(), v1::User::SSO_STATUS_NOT_ENFORCED);
  EXPECT_EQ(list.users(1).type(), v1::User::TYPE_INDEPENDENT);
  EXPECT_EQ(list.users(1).role(), v1::User::ROLE_OWNER);
  EXPECT_FALSE(list.users(1).has_claim_time());
  EXPECT_EQ(list.users(2).sso_status(), v1::User::SSO_STATUS_ENFORCED);
  EXPECT_EQ(list.users(2).sso_status_reason(), v1::DECISION_REASON_ENFORCED);
}

TEST_F(UserServiceTest, TakesTheFieldsOfTheMask) {
  v1::User user = Create("ann@acme.test");
  user.set_display_name("Ann");
  user.set_role(v1::User::ROLE_OWNER);
  user.set_suspended(true);
  user.clear_etag();
  v1::User now = Update(user, {"role"});
  EXPECT_EQ(now.role(), v1::User::ROLE_OWNER);
  EXPECT_EQ(now.display_name(), "");
  EXPECT_FALSE(now.suspended());
  now = Update(user, {"suspended", "display_name"});
  EXPECT_TRUE(now.suspended());
  EXPECT_EQ(now.display_name(), "Ann");
  user.clear_display_name();
  user.set_suspended(false);
  now = Update(user, {"suspended", "display_name"});
  EXPECT_FALSE(now.suspended());
  EXPECT_EQ(now.display_name(), "");
}

TEST_F(UserServiceTest, TakesWhatIsSetWithoutAMask) {
  v1::User user = Create("ann@acme.test");
  v1::User change;
  change.set_name(user.name());
  change.set_display_name("Ann");
  change.set_suspended(true);
  v1::User now = Update(change, {});
  EXPECT_EQ(now.display_name(), "Ann");
  EXPECT_EQ(now.role(), v1::User::ROLE_MEMBER);
  EXPECT_FALSE(now.suspended());
  change.clear_display_name();
  change.set_role(v1::User::ROLE_ADMIN);
  now = Update(change, {});
  EXPECT_EQ(now.display_name(), "Ann");
  EXPECT_EQ(now.role(), v1::User::ROLE_ADMIN);
}

TEST_F(UserServiceTest, ListsPageByPage) {
  for (const char* email : {"a@acme.test", "b@acme.test", "c@acme.test"}) Create(email);
  v1::ListUsersRequest request;
  request.set_parent("organizations/acme");
  request.set_page_size(2);
  request.set_domain("ACME.test");
  auto page = Call(&v1::UserService::Stub::ListUsers, request);
  ASSERT_EQ(page.users_size(), 2);
  request.set_page_token(page.next_page_token());
  page = Call(&v1::UserService::Stub::ListUsers, request);
  ASSERT_EQ(page.users_size(), 1);
  EXPECT_EQ(page.users(0).email(), "c@acme.test");
  EXPECT_EQ(page.next_page_token(), "");

  // A token is good for its own list only.
  const std::function<void(v1::ListUsersRequest&)> kDifferences[] = {
      [](auto& r) { r.clear_domain(); },
      [](auto& r) { r.set_type(v1::User::TYPE_MANAGED); },
      [](auto& r) { r.set_role(v1::User::ROLE_MEMBER); },
      [](auto& r) { r.set_sso_status(v1::User::SSO_STATUS_NOT_ENFORCED); },
      [](auto& r) { r.set_page_token("nonsense"); },
  };
  for (const auto& change : kDifferences) {
    v1::ListUsersRequest different = request;
    change(different);
    ExpectInvalid(Fail(&v1::UserService::Stub::ListUsers, different), "page_token");
  }
}

TEST_F(UserServiceTest, NamesTheFieldThatIsWrong) {
  const auto create = [this](const std::function<void(v1::CreateUserRequest&)>& spoil) {
    v1::CreateUserRequest request;
    request.set_parent("organizations/acme");
    request.mutable_user()->set_email("ann@acme.test");
    spoil(request);
    return Fail(&v1::UserService::Stub::CreateUser, request);
  };
  ExpectInvalid(create([](auto& r) { r.clear_parent(); }), "parent");
  ExpectInvalid(create([](auto& r) { r.set_parent("organizations/acme/users/u1"); }), "parent");
  ExpectInvalid(create([](auto& r) { r.clear_user(); }), "user.email");
  ExpectInvalid(create([](auto& r) { r.mutable_user()->set_email("a@b@c.test"); }), "user.email");
  ExpectInvalid(create([](auto& r) { r.mutable_user()->set_role(v1::User::Role(99)); }),
                "user.role");
  ExpectInvalid(create([](auto& r) { r.set_request_id(std::string(65, 'x')); }), "request_id");

  const auto list = [this](const std::function<void(v1::ListUsersRequest&)>& spoil) {
    v1::ListUsersRequest request;
    request.set_parent("organizations/acme");
    spoil(request);
    return Fail(&v1::UserService::Stub::ListUsers, request);
  };
  ExpectInvalid(list([](auto& r) { r.set_parent("acme"); }), "parent");
  ExpectInvalid(list([](auto& r) { r.set_page_size(-1); }), "page_size");
  ExpectInvalid(list([](auto& r) { r.set_domain("no_domain.test"); }), "domain");
  ExpectInvalid(list([](auto& r) { r.set_type(v1::User::Type(3)); }), "type");
  ExpectInvalid(list([](auto& r) { r.set_role(v1::User::Role(-1)); }), "role");
  ExpectInvalid(list([](auto& r) { r.set_sso_status(v1::User::SsoStatus(5)); }), "sso_status");

  v1::User user = Create("bob@acme.test");
  ExpectInvalid(Fail(&v1::UserService::Stub::UpdateUser, UpdateRequest(user, {"email"})),
                "update_mask");
  user.clear_role();
  ExpectInvalid(Fail(&v1::UserService::Stub::UpdateUser, UpdateRequest(user, {"role"})),
                "user.role");
  user.set_etag("not-ours");
  ExpectInvalid(Fail(&v1::UserService::Stub::UpdateUser, UpdateRequest(user, {})), "user.etag");
  user.set_name("organizations/acme/domains/acme.test");
  ExpectInvalid(Fail(&v1::UserService::Stub::UpdateUser, UpdateRequest(user, {})), "user.name");

  v1::GetUserRequest get;
  get.set_name("users/u1");
  ExpectInvalid(Fail(&v1::UserService::Stub::GetUser, get), "name");
  v1::LookupUserRequest lookup;
  lookup.set_parent("organizations/acme");
  ExpectInvalid(Fail(&v1::UserService::Stub::LookupUser, lookup), "email");
  v1::DeleteUserRequest remove;
  ExpectInvalid(Fail(&v1::UserService::Stub::DeleteUser, remove), "name");
}

TEST_F(UserServiceTest, DeletesTheVersionThatTheCallerSaw) {
  const v1::User user = Create("ann@acme.test");
  v1::DeleteUserRequest remove;
  remove.set_name(user.name());
  remove.set_etag("1");
  const grpc::Status status = Fail(&v1::UserService::Stub::DeleteUser, remove);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(ReasonIn(status), "ETAG_MISMATCH");
  remove.set_etag(user.etag());
  Call(&v1::UserService::Stub::DeleteUser, remove);
  EXPECT_EQ(ReasonIn(Fail(&v1::UserService::Stub::DeleteUser, remove)), "RESOURCE_NOT_FOUND");
}

TEST_F(UserServiceTest, SaysWhoStandsInTheWay) {
  world_.acme.Enforce("acme.test");
  const User admin = world_.acme.Add({.email = "a@acme.test", .role = Role::kAdmin});
  world_.acme.Exempt(admin, ExemptionKind::kTriggeringAdmin);
  v1::DeleteUserRequest remove;
  remove.set_name("organizations/acme/users/u1");
  const grpc::Status status = Fail(&v1::UserService::Stub::DeleteUser, remove);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonIn(status), "WOULD_LOCK_OUT");
  google::rpc::PreconditionFailure failure;
  ASSERT_TRUE(FindDetail(status, &failure));
  EXPECT_EQ(failure.violations(0).subject(), "organizations/acme/users/u1");
}

}  // namespace
}  // namespace gatehouse
