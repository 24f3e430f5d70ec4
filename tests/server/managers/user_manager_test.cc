#include "server/managers/user_manager.h"

#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "policy/errors.h"
#include "storage/stores/enforcement_store.h"
#include "tests/builders/test_caller.h"
#include "tests/server/managers/user_test_world.h"

namespace gatehouse {
namespace {

class UserManagerTest : public ::testing::Test {
 protected:
  absl::StatusOr<UserView> Create(const std::string& email, Role role = Role::kMember) {
    return world_.users.Create(
        TestCaller(), {.organization = world_.acme.id(), .email = Email(email), .role = role});
  }
  UserManager::UpdateCommand Change(const User& user) {
    return {.organization = user.organization, .id = user.id};
  }
  // Addresses on all pages of the list, in order; `pages` counts them.
  std::vector<std::string> ListAll(const UserManager::Filter& filter, size_t page_size,
                                   int* pages = nullptr) {
    std::vector<std::string> addresses;
    PageRequest page{.size = page_size};
    do {
      auto found = world_.users.List(world_.acme.id(), filter, page);
      EXPECT_TRUE(found.ok()) << found.status();
      if (!found.ok()) break;
      EXPECT_LE(found->items.size(), page_size);
      for (const UserView& view : found->items) addresses.push_back(view.user->email.Canonical());
      page.after = found->next;
      if (pages != nullptr) ++*pages;
    } while (!page.after.empty());
    return addresses;
  }

  UserTestWorld world_;
};

void ExpectError(const absl::Status& status, absl::StatusCode code, absl::string_view reason) {
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_EQ(ReasonOf(status), reason) << status;
}

TEST_F(UserManagerTest, CreatesAManagedUserOnAHeldDomain) {
  auto view = world_.users.Create(TestCaller(), {.organization = world_.acme.id(),
                                                 .email = Email("Ann@ACME.test"),
                                                 .display_name = "Ann",
                                                 .role = Role::kAdmin});
  ASSERT_TRUE(view.ok()) << view.status();
  const User& user = *view->user;
  EXPECT_EQ(user.email.Canonical(), "ann@acme.test");
  EXPECT_EQ(user.display_name, "Ann");
  EXPECT_EQ(user.role, Role::kAdmin);
  EXPECT_TRUE(UserId::Parse("id", user.id.value()).ok());
  EXPECT_TRUE(user.claimed);
  EXPECT_EQ(user.claim_time, world_.clock.Now());
  EXPECT_EQ(user.create_time, world_.clock.Now());
  EXPECT_EQ(view->type, UserType::kManaged);
  EXPECT_GT(view->user.mod_revision, 0u);
}

TEST_F(UserManagerTest, CreatesAnIndependentUserAnywhereElse) {
  world_.acme.Hold("lost.test", DomainState::kExpired);
  StoredOrganization other(&world_.runner, "other");
  other.Hold("other.test");
  for (const char* email : {"a@nobody.test", "a@lost.test", "a@other.test"}) {
    auto view = Create(email);
    ASSERT_TRUE(view.ok()) << view.status();
    EXPECT_EQ(view->type, UserType::kIndependent) << email;
    EXPECT_FALSE(view->user->claimed) << email;
    EXPECT_EQ(view->user->claim_time, absl::InfinitePast()) << email;
  }
}

TEST_F(UserManagerTest, RefusesAnAddressThatTheOrganizationHas) {
  auto first = Create("ann@acme.test");
  auto second = Create("ANN@acme.TEST");
  ExpectError(second.status(), absl::StatusCode::kAlreadyExists, reason::kUserExists);
  EXPECT_EQ(DetailsOf(second.status())->metadata.at("resource"),
            absl::StrCat("organizations/acme/users/", first->user->id.value()));
}

TEST_F(UserManagerTest, CaresNothingForUsersOfOtherOrganizations) {
  StoredOrganization other(&world_.runner, "other");
  const User theirs = other.Add({.email = "ann@acme.test", .role = Role::kAdmin});
  ExpectError(world_.users.Lookup(world_.acme.id(), Email("ann@acme.test")).status(),
              absl::StatusCode::kNotFound, reason::kResourceNotFound);
  ExpectError(world_.users.Get(world_.acme.id(), theirs.id).status(), absl::StatusCode::kNotFound,
              reason::kResourceNotFound);
  auto ours = Create("ann@acme.test");
  ASSERT_TRUE(ours.ok()) << ours.status();
  EXPECT_EQ(ours->user->role, Role::kMember);
}

TEST_F(UserManagerTest, RefusesAnOrganizationThatDoesNotExist) {
  const auto nowhere = OrganizationId::FromTrusted("nowhere");
  const absl::Status errors[] = {
      world_.users.Create(TestCaller(), {.organization = nowhere, .email = Email("a@b.test")})
          .status(),
      world_.users.Get(nowhere, UserId::FromTrusted("u1")).status(),
      world_.users.Lookup(nowhere, Email("a@b.test")).status(),
      world_.users.List(nowhere, {}, {}).status(),
      world_.users.Update(TestCaller(), {.organization = nowhere, .id = UserId::FromTrusted("u1")})
          .status(),
      world_.users.Delete(TestCaller(), nowhere, UserId::FromTrusted("u1"), std::nullopt),
  };
  for (const absl::Status& error : errors) {
    ExpectError(error, absl::StatusCode::kNotFound, reason::kResourceNotFound);
  }
}

TEST_F(UserManagerTest, RefusesADisplayNameThatIsTooLongOrNoText) {
  const User user = world_.acme.Add({.email = "ann@acme.test"});
  for (const std::string& name :
       {std::string(201, 'x'), std::string("two\nlines"), std::string("\xff")}) {
    auto created = world_.users.Create(
        TestCaller(),
        {.organization = world_.acme.id(), .email = Email("bob@acme.test"), .display_name = name});
    ExpectError(created.status(), absl::StatusCode::kInvalidArgument, reason::kInvalidField);
    EXPECT_EQ(DetailsOf(created.status())->field_violations.at(0).first, "user.display_name");
    UserManager::UpdateCommand change = Change(user);
    change.display_name = name;
    ExpectError(world_.users.Update(TestCaller(), change).status(),
                absl::StatusCode::kInvalidArgument, reason::kInvalidField);
  }
  EXPECT_EQ(world_.AllUsers().size(), 1u);
}

TEST_F(UserManagerTest, CreatesOnceForOneRequestId) {
  const UserManager::CreateCommand command{
      .organization = world_.acme.id(), .email = Email("ann@acme.test"), .request_id = "request-1"};
  auto first = world_.users.Create(TestCaller(), command);
  auto again = world_.users.Create(TestCaller(), command);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->user->id, first->user->id);

  const std::function<void(UserManager::CreateCommand&)> kDifferences[] = {
      [](auto& c) { c.email = Email("bob@acme.test"); },
      [](auto& c) { c.display_name = "Ann"; },
      [](auto& c) { c.role = Role::kOwner; },
      [](auto& c) { c.suspended = true; },
  };
  for (const auto& change : kDifferences) {
    UserManager::CreateCommand different = command;
    change(different);
    ExpectError(world_.users.Create(TestCaller(), different).status(),
                absl::StatusCode::kAlreadyExists, reason::kRequestIdReused);
  }
  EXPECT_EQ(world_.AllUsers().size(), 1u);
}

TEST_F(UserManagerTest, LetsOneOfTwoThreadsHaveAnAddress) {
  constexpr int kAddresses = 200;
  std::atomic<int> created{0};
  std::atomic<int> refused{0};
  const auto create_all = [&] {
    for (int i = 0; i < kAddresses; ++i) {
      auto view = Create(absl::StrCat("user", i, "@acme.test"));
      if (view.ok()) ++created;
      if (ReasonOf(view.status()) == reason::kUserExists) ++refused;
    }
  };
  std::thread other(create_all);
  create_all();
  other.join();
  EXPECT_EQ(created, kAddresses);
  EXPECT_EQ(refused, kAddresses);
  EXPECT_EQ(world_.AllUsers().size(), static_cast<size_t>(kAddresses));
  world_.ExpectCountsRight();
}

TEST_F(UserManagerTest, DoesNotClaimOnADomainThatGoesAtTheSameTime) {
  storage::TransactionRunner another_process(world_.engine.get());
  StoredOrganization acme_elsewhere(&another_process, "acme");
  InterruptingRandom random([&] { acme_elsewhere.Hold("acme.test", DomainState::kExpired); });
  ManagerContext context = world_.context;
  context.random = &random;
  auto view = UserManager(context).Create(
      TestCaller(), {.organization = world_.acme.id(), .email = Email("ann@acme.test")});
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_FALSE(view->user->claimed);
  EXPECT_EQ(world_.AllUsers().size(), 1u);
}

TEST_F(UserManagerTest, SaysWhatASignInWouldMeet) {
  const absl::Time now = world_.clock.Now();
  struct Case {
    std::string what;
    std::function<User(StoredOrganization&)> set_up;
    UserType type;
    SsoStatus status;
    DecisionReason reason;
  };
  const auto user = [](StoredOrganization& acme) { return acme.Add({.email = "a@acme.test"}); };
  const Case kCases[] = {
      {"managed, not enforced", [=](auto& acme) { return user(acme); }, UserType::kManaged,
       SsoStatus::kNotEnforced, DecisionReason::kDomainNotEnforced},
      {"managed, enforced", [=](auto& acme) { return user(acme.Enforce("acme.test")); },
       UserType::kManaged, SsoStatus::kEnforced, DecisionReason::kEnforced},
      {"managed, observed",
       [=](auto& acme) { return user(acme.Enforce("acme.test", EnforcementMode::kObserve)); },
       UserType::kManaged, SsoStatus::kNotEnforced, DecisionReason::kEnforced},
      {"never claimed, on an enforced domain",
       [](auto& acme) {
         return acme.Enforce("acme.test").Add({.email = "a@acme.test", .claimed = false});
       },
       UserType::kIndependent, SsoStatus::kNotEnforced, DecisionReason::kIndependentUser},
      {"elsewhere",
       [](auto& acme) { return acme.Add({.email = "a@other.test", .claimed = false}); },
       UserType::kIndependent, SsoStatus::kNotEnforced, DecisionReason::kDomainNotEnforced},
      {"claimed, on a domain that is held no more",
       [=](auto& acme) { return user(acme.Hold("acme.test", DomainState::kExpired)); },
       UserType::kIndependent, SsoStatus::kNotEnforced, DecisionReason::kDomainExpired},
      {"exempt admin",
       [=](auto& acme) {
         const User exempt = user(acme.Enforce("acme.test"));
         acme.Exempt(exempt, ExemptionKind::kTriggeringAdmin);
         return exempt;
       },
       UserType::kManaged, SsoStatus::kExempt, DecisionReason::kExemptTriggeringAdmin},
      {"exempt, for some time",
       [=](auto& acme) {
         const User exempt = user(acme.Enforce("acme.test"));
         acme.Exempt(exempt, ExemptionKind::kBreakGlass, now + absl::Seconds(1));
         return exempt;
       },
       UserType::kManaged, SsoStatus::kExempt, DecisionReason::kExemptBreakGlass},
      {"exempt, until now",
       [=](auto& acme) {
         const User exempt = user(acme.Enforce("acme.test"));
         acme.Exempt(exempt, ExemptionKind::kBreakGlass, now);
         return exempt;
       },
       UserType::kManaged, SsoStatus::kEnforced, DecisionReason::kEnforced},
      {"exempt where it is only observed",
       [=](auto& acme) {
         const User exempt = user(acme.Enforce("acme.test", EnforcementMode::kObserve));
         acme.Exempt(exempt, ExemptionKind::kServiceAccount);
         return exempt;
       },
       UserType::kManaged, SsoStatus::kNotEnforced, DecisionReason::kExemptServiceAccount},
      {"suspended",
       [](auto& acme) { return acme.Add({.email = "a@acme.test", .suspended = true}); },
       UserType::kManaged, SsoStatus::kDenied, DecisionReason::kUserSuspended},
  };
  for (const Case& c : kCases) {
    UserTestWorld world;
    const User subject = c.set_up(world.acme);
    auto view = world.users.Get(world.acme.id(), subject.id);
    ASSERT_TRUE(view.ok()) << c.what << ": " << view.status();
    EXPECT_EQ(view->type, c.type) << c.what;
    EXPECT_EQ(view->sso_status(), c.status) << c.what;
    EXPECT_EQ(view->decision.reason, c.reason) << c.what;
  }
}

TEST_F(UserManagerTest, DoesNotShowTheRulesOfAnotherOrganization) {
  StoredOrganization other(&world_.runner, "other");
  other.Hold("other.test").Enforce("other.test");
  const User ours = world_.acme.Add({.email = "a@other.test"});
  auto view = world_.users.Get(world_.acme.id(), ours.id);
  EXPECT_EQ(view->type, UserType::kIndependent);
  EXPECT_EQ(view->sso_status(), SsoStatus::kNotEnforced);
  EXPECT_EQ(view->decision.reason, DecisionReason::kDomainNotEnforced);
}

TEST_F(UserManagerTest, ListsByDomainThenLocalPart) {
  for (const char* email : {"b@acme.test", "z@aaa.test", "a@acme.test", "a@zzz.test"}) {
    world_.acme.Add({.email = email});
  }
  const std::vector<std::string> expected = {"z@aaa.test", "a@acme.test", "b@acme.test",
                                             "a@zzz.test"};
  for (size_t page_size = 1; page_size <= 5; ++page_size) {
    int pages = 0;
    EXPECT_EQ(ListAll({}, page_size, &pages), expected);
    EXPECT_EQ(pages, static_cast<int>((expected.size() + page_size - 1) / page_size)) << page_size;
  }
}

TEST_F(UserManagerTest, FiltersByEveryCombination) {
  world_.acme.Hold("free.test").Enforce("acme.test");
  int number = 0;
  std::vector<User> all;
  for (const char* domain : {"acme.test", "free.test", "other.test"}) {
    for (Role role : {Role::kMember, Role::kAdmin, Role::kOwner}) {
      for (bool claimed : {false, true}) {
        for (bool suspended : {false, true}) {
          for (bool exempt : {false, true}) {
            all.push_back(world_.acme.Add({.email = absl::StrCat("u", ++number, "@", domain),
                                           .role = role,
                                           .claimed = claimed,
                                           .suspended = suspended}));
            if (exempt) world_.acme.Exempt(all.back(), ExemptionKind::kServiceAccount);
          }
        }
      }
    }
  }
  int matches = 0;
  for (const char* domain : {"", "acme.test", "free.test", "unknown.test"}) {
    for (int type = 0; type <= 2; ++type) {
      for (int role = 0; role <= 3; ++role) {
        for (int status = 0; status <= 4; ++status) {
          UserManager::Filter filter;
          if (*domain != '\0') filter.domain = DomainName::FromTrusted(domain);
          if (type != 0) filter.type = static_cast<UserType>(type);
          if (role != 0) filter.role = static_cast<Role>(role);
          if (status != 0) filter.sso_status = static_cast<SsoStatus>(status);
          std::multiset<std::string> expected;
          for (const User& user : all) {
            auto view = world_.users.Get(world_.acme.id(), user.id);
            ASSERT_TRUE(view.ok());
            if (filter.domain && user.email.domain() != *filter.domain) continue;
            if (filter.type && view->type != *filter.type) continue;
            if (filter.role && user.role != *filter.role) continue;
            if (filter.sso_status && view->sso_status() != *filter.sso_status) continue;
            expected.insert(user.email.Canonical());
          }
          const auto listed = ListAll(filter, 7);
          EXPECT_EQ(std::multiset<std::string>(listed.begin(), listed.end()), expected)
              << domain << " " << type << " " << role << " " << status;
          matches += static_cast<int>(listed.size());
        }
      }
    }
  }
  EXPECT_GT(matches, 500);
}

TEST_F(UserManagerTest, LooksAtNoMoreThanTenThousandUsersForAPage) {
  constexpr int kUsers = 25'000;
  ASSERT_TRUE(world_.runner
                  .Run(TestCaller(), world_.acme.id(),
                       [&](storage::Transaction& tx) -> absl::Status {
                         for (int i = 0; i < kUsers; ++i) {
                           const User user{
                               .organization = world_.acme.id(),
                               .id = UserId::FromTrusted(absl::StrCat("u", i)),
                               .email = Email(absl::StrCat("m", 10'000 + i, "@acme.test")),
                               .role = i == kUsers - 1 ? Role::kOwner : Role::kMember};
                           const absl::Status put = storage::UserStore::Put(tx, nullptr, user);
                           if (!put.ok()) return put;
                         }
                         return absl::OkStatus();
                       })
                  .ok());
  UserManager::Filter owners{.role = Role::kOwner};
  auto first = world_.users.List(world_.acme.id(), owners, {.size = 10});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_TRUE(first->items.empty());
  EXPECT_EQ(first->next, "acme.test/m19999");
  int pages = 0;
  EXPECT_EQ(ListAll(owners, 10, &pages), std::vector<std::string>{"m34999@acme.test"});
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(ListAll({}, 1000).size(), static_cast<size_t>(kUsers));
}

TEST_F(UserManagerTest, EndsAListThatEndsWithTheLastUserLookedAt) {
  ASSERT_TRUE(Create("a@acme.test").ok());
  ASSERT_TRUE(Create("b@acme.test").ok());
  auto page = world_.users.List(world_.acme.id(), {}, {.size = 2});
  EXPECT_EQ(page->items.size(), 2u);
  EXPECT_EQ(page->next, "");
}

TEST_F(UserManagerTest, ChangesWhatTheCommandNames) {
  const User user = world_.acme.Add({.email = "ann@acme.test", .display_name = "Ann"});
  world_.clock.Advance(absl::Hours(1));
  UserManager::UpdateCommand change = Change(user);
  change.role = Role::kAdmin;
  auto view = world_.users.Update(TestCaller(), change);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->user->role, Role::kAdmin);
  EXPECT_EQ(view->user->display_name, "Ann");
  EXPECT_EQ(view->user->update_time, world_.clock.Now());
  EXPECT_EQ(view->user->create_time, user.create_time);
  EXPECT_EQ(view->user->claim_time, user.claim_time);

  change = Change(user);
  change.display_name = "";
  change.suspended = true;
  view = world_.users.Update(TestCaller(), change);
  EXPECT_EQ(view->user->role, Role::kAdmin);
  EXPECT_EQ(view->user->display_name, "");
  EXPECT_TRUE(view->user->suspended);
  EXPECT_EQ(view->sso_status(), SsoStatus::kDenied);
  world_.ExpectCountsRight();
}

TEST_F(UserManagerTest, WritesNothingForAnUpdateThatChangesNothing) {
  const User user = world_.acme.Add({.email = "ann@acme.test", .display_name = "Ann"});
  const storage::Revision before = world_.engine->revision();
  UserManager::UpdateCommand same = Change(user);
  same.display_name = "Ann";
  same.role = Role::kMember;
  same.suspended = false;
  auto view = world_.users.Update(TestCaller(), same);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->user->update_time, user.update_time);
  EXPECT_EQ(world_.engine->revision(), before);
}

TEST_F(UserManagerTest, ChangesOnlyTheVersionThatTheCallerSaw) {
  auto created = Create("ann@acme.test");
  UserManager::UpdateCommand change = Change(*created->user);
  change.version = created->user.mod_revision;
  change.display_name = "Ann";
  ASSERT_TRUE(world_.users.Update(TestCaller(), change).ok());
  change.display_name = "Anna";
  ExpectError(world_.users.Update(TestCaller(), change).status(), absl::StatusCode::kAborted,
              reason::kEtagMismatch);
  ExpectError(world_.users.Delete(TestCaller(), world_.acme.id(), created->user->id,
                                  created->user.mod_revision),
              absl::StatusCode::kAborted, reason::kEtagMismatch);
  auto now = world_.users.Get(world_.acme.id(), created->user->id);
  EXPECT_EQ(now->user->display_name, "Ann");
  EXPECT_TRUE(
      world_.users.Delete(TestCaller(), world_.acme.id(), created->user->id, now->user.mod_revision)
          .ok());
}

TEST_F(UserManagerTest, DeletesAUserWithTheExemption) {
  const User user = world_.acme.Add({.email = "ann@acme.test", .role = Role::kAdmin});
  world_.acme.Exempt(user, ExemptionKind::kServiceAccount);
  ASSERT_TRUE(world_.users.Delete(TestCaller(), world_.acme.id(), user.id, std::nullopt).ok());
  storage::SnapshotReader reader = world_.Reader();
  EXPECT_FALSE((*storage::ExemptionStore::Find(reader, world_.acme.id(), user.id)).has_value());
  ExpectError(world_.users.Get(world_.acme.id(), user.id).status(), absl::StatusCode::kNotFound,
              reason::kResourceNotFound);
  ExpectError(world_.users.Lookup(world_.acme.id(), user.email).status(),
              absl::StatusCode::kNotFound, reason::kResourceNotFound);
  ExpectError(world_.users.Delete(TestCaller(), world_.acme.id(), user.id, std::nullopt),
              absl::StatusCode::kNotFound, reason::kResourceNotFound);
  world_.ExpectCountsRight();
  // The address is free again.
  EXPECT_TRUE(Create("ann@acme.test").ok());
}

TEST_F(UserManagerTest, KeepsTheLastWayIn) {
  world_.acme.Enforce("acme.test");
  const User admin = world_.acme.Add({.email = "ann@acme.test", .role = Role::kAdmin});
  world_.acme.Exempt(admin, ExemptionKind::kTriggeringAdmin);
  world_.acme.Add({.email = "bob@acme.test", .role = Role::kAdmin});
  UserManager::UpdateCommand demote = Change(admin);
  demote.role = Role::kMember;
  UserManager::UpdateCommand suspend = Change(admin);
  suspend.suspended = true;
  const auto refused = [&](const absl::Status& status) {
    ExpectError(status, absl::StatusCode::kFailedPrecondition, reason::kWouldLockOut);
  };
  refused(world_.users.Update(TestCaller(), demote).status());
  refused(world_.users.Update(TestCaller(), suspend).status());
  refused(world_.users.Delete(TestCaller(), world_.acme.id(), admin.id, std::nullopt));
  EXPECT_EQ(world_.AllUsers().at("ann@acme.test").role, Role::kAdmin);

  world_.acme.Exempt(world_.acme.Add({.email = "eve@acme.test"}), ExemptionKind::kBreakGlass);
  EXPECT_TRUE(world_.users.Update(TestCaller(), demote).ok());
  EXPECT_TRUE(world_.users.Delete(TestCaller(), world_.acme.id(), admin.id, std::nullopt).ok());
}

}  // namespace
}  // namespace gatehouse
