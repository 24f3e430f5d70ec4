#include "server/managers/way_in_guard.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "policy/errors.h"
#include "storage/memory_engine.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/user_store.h"
#include "tests/builders/stored_organization.h"

namespace gatehouse {
namespace {

using storage::Transaction;

constexpr auto kMember = Role::kMember;
constexpr auto kAdmin = Role::kAdmin;
constexpr auto kTrigger = ExemptionKind::kTriggeringAdmin;
constexpr auto kBreakGlass = ExemptionKind::kBreakGlass;
constexpr auto kService = ExemptionKind::kServiceAccount;

// An organization that enforces acme.test, in a store of its own.
struct World {
  std::unique_ptr<storage::Engine> engine = storage::NewMemoryEngine();
  storage::TransactionRunner runner{engine.get()};
  StoredOrganization acme{&runner, "acme"};

  World() { acme.Hold("acme.test").Enforce("acme.test"); }

  Transaction Begin() { return Transaction(*engine->NewSnapshot()); }
  absl::Status Commit(const Transaction& tx) { return engine->Commit(tx.BuildCommit()).status(); }
  bool HasWayIn() {
    auto reader = storage::SnapshotReader::Open(*engine);
    auto found = gatehouse::HasWayIn(*reader, acme.id());
    EXPECT_TRUE(found.ok()) << found.status();
    return found.value_or(false);
  }
};

// `resource`: what the error is about.
void ExpectLockOut(const absl::Status& status, const std::string& resource,
                   const std::string& what = "") {
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << what;
  EXPECT_EQ(ReasonOf(status), reason::kWouldLockOut) << what;
  const auto details = DetailsOf(status);
  ASSERT_TRUE(details.has_value()) << what;
  ASSERT_EQ(details->precondition_violations.size(), 1u) << what;
  EXPECT_EQ(details->precondition_violations[0].resource, resource) << what;
  EXPECT_NE(status.message().find("BREAK_GLASS exemption without an end"), absl::string_view::npos);
}

TEST(HasWayIn, NeedsSomebodyWhoCanAlwaysSignIn) {
  const absl::Time year_9999 = absl::FromUnixSeconds(253'000'000'000);
  struct Case {
    std::string what;
    std::function<void(StoredOrganization&)> set_up;
    bool has_way_in;
  };
  const Case kCases[] = {
      {"nobody at all", [](auto&) {}, false},
      {"a covered admin", [](auto& acme) { acme.Add({.email = "a@acme.test", .role = kAdmin}); },
       false},
      {"a covered owner",
       [](auto& acme) { acme.Add({.email = "a@acme.test", .role = Role::kOwner}); }, false},
      {"an admin elsewhere",
       [](auto& acme) { acme.Add({.email = "a@other.test", .role = kAdmin, .claimed = false}); },
       true},
      {"a member elsewhere",
       [](auto& acme) { acme.Add({.email = "a@other.test", .claimed = false}); }, false},
      {"a suspended admin elsewhere",
       [](auto& acme) {
         acme.Add({.email = "a@other.test", .role = kAdmin, .claimed = false, .suspended = true});
       },
       false},
      {"an admin on the domain who was never claimed",
       [](auto& acme) { acme.Add({.email = "a@acme.test", .role = kAdmin, .claimed = false}); },
       true},
      {"an admin on another held domain, not enforced",
       [](auto& acme) { acme.Hold("free.test").Add({.email = "a@free.test", .role = kAdmin}); },
       true},
      {"an admin on an observed domain",
       [](auto& acme) {
         acme.Hold("seen.test").Enforce("seen.test", EnforcementMode::kObserve);
         acme.Add({.email = "a@seen.test", .role = kAdmin});
       },
       true},
      {"the triggering admin",
       [](auto& acme) {
         acme.Exempt(acme.Add({.email = "a@acme.test", .role = kAdmin}), kTrigger);
       },
       true},
      {"the triggering admin, for some time",
       [=](auto& acme) {
         acme.Exempt(acme.Add({.email = "a@acme.test", .role = kAdmin}), kTrigger, year_9999);
       },
       false},
      {"the triggering admin, since demoted",
       [](auto& acme) { acme.Exempt(acme.Add({.email = "a@acme.test"}), kTrigger); }, false},
      {"a break-glass member",
       [](auto& acme) { acme.Exempt(acme.Add({.email = "a@acme.test"}), kBreakGlass); }, true},
      {"a break-glass member, for some time",
       [=](auto& acme) { acme.Exempt(acme.Add({.email = "a@acme.test"}), kBreakGlass, year_9999); },
       false},
      {"a suspended break-glass admin",
       [](auto& acme) {
         acme.Exempt(acme.Add({.email = "a@acme.test", .role = kAdmin, .suspended = true}),
                     kBreakGlass);
       },
       false},
      {"a member's service account",
       [](auto& acme) { acme.Exempt(acme.Add({.email = "a@acme.test"}), kService); }, false},
      {"an admin's service account",
       [](auto& acme) {
         acme.Exempt(acme.Add({.email = "a@acme.test", .role = kAdmin}), kService);
       },
       true},
      {"an exemption whose user is gone",
       [](auto& acme) {
         User gone;
         gone.id = UserId::FromTrusted("gone");
         acme.Exempt(gone, kBreakGlass);
       },
       false},
      {"a domain at risk", [](auto& acme) { acme.Hold("acme.test", DomainState::kAtRisk); }, false},
      {"an expired domain blocks nobody",
       [](auto& acme) { acme.Hold("acme.test", DomainState::kExpired); }, true},
      {"an enforcement that observes blocks nobody",
       [](auto& acme) { acme.Enforce("acme.test", EnforcementMode::kObserve); }, true},
      {"no enforcement blocks nobody", [](auto& acme) { acme.Release("acme.test"); }, true},
  };
  for (const Case& c : kCases) {
    World world;
    c.set_up(world.acme);
    EXPECT_EQ(world.HasWayIn(), c.has_way_in) << c.what;
  }
}

TEST(HasWayIn, FindsTheOneEnforcementThatBlocksAmongMany) {
  World world;
  world.acme.Release("acme.test");
  for (int i = 0; i < 201; ++i) {
    const std::string domain = absl::StrCat("d", 1000 + i, ".test");
    world.acme.Hold(domain).Enforce(domain, EnforcementMode::kObserve);
  }
  EXPECT_TRUE(world.HasWayIn());
  world.acme.Enforce("d1200.test");
  EXPECT_FALSE(world.HasWayIn());
}

TEST(HasWayIn, FindsTheOneWayInAmongManyExemptions) {
  World world;
  std::vector<User> users;
  for (int i = 0; i < 201; ++i) {
    users.push_back(world.acme.Add({.email = absl::StrCat("user", i, "@acme.test")}));
    world.acme.Exempt(users.back(), kService);
  }
  EXPECT_FALSE(world.HasWayIn());
  world.acme.Exempt(users[98], kBreakGlass);  // "u99": the last by id
  EXPECT_TRUE(world.HasWayIn());
}

TEST(HasWayIn, KnowsNothingOfOtherOrganizations) {
  World world;
  StoredOrganization other(&world.runner, "other");
  other.Add({.email = "a@other.test", .role = kAdmin, .claimed = false});
  EXPECT_FALSE(world.HasWayIn());
}

TEST(RequireWayIn, JudgesWhatTheTransactionWouldLeave) {
  World world;
  world.acme.Release("acme.test");
  world.acme.Add({.email = "a@acme.test", .role = kAdmin});
  Transaction tx = world.Begin();
  EXPECT_TRUE(RequireWayIn(tx, world.acme.id()).ok());
  ASSERT_TRUE(storage::EnforcementStore::Put(tx, {.organization = world.acme.id(),
                                                  .domain = DomainName::FromTrusted("acme.test"),
                                                  .profile = StoredOrganization::profile()})
                  .ok());
  ExpectLockOut(RequireWayIn(tx, world.acme.id()), "organizations/acme");
}

TEST(KeepWayIn, RefusesTheEndOfTheLastWayInOnly) {
  World world;
  const User first = world.acme.Add({.email = "a@acme.test"});
  const User second = world.acme.Add({.email = "b@acme.test"});
  world.acme.Exempt(first, kBreakGlass).Exempt(second, kBreakGlass);
  Transaction tx = world.Begin();
  const auto remove = [&](const User& user) {
    return KeepWayIn(tx, world.acme.id(),
                     [&] { return storage::ExemptionStore::Delete(tx, world.acme.id(), user.id); });
  };
  EXPECT_TRUE(remove(first).ok());
  ExpectLockOut(remove(second), "organizations/acme");
}

TEST(KeepWayIn, LetsAnOrganizationWithNoWayInGoOn) {
  World world;
  const User user = world.acme.Add({.email = "a@acme.test"});
  world.acme.Exempt(user, kService);
  Transaction tx = world.Begin();
  EXPECT_TRUE(KeepWayIn(tx, world.acme.id(), [&] {
                return storage::ExemptionStore::Delete(tx, world.acme.id(), user.id);
              }).ok());
}

TEST(KeepWayIn, ReturnsTheErrorOfTheChange) {
  World world;
  Transaction tx = world.Begin();
  const absl::Status error = absl::UnavailableError("disk");
  EXPECT_EQ(KeepWayIn(tx, world.acme.id(), [&] { return error; }), error);
}

// How a user is changed.
std::optional<User> Demoted(User user) {
  user.role = kMember;
  return user;
}
std::optional<User> Suspended(User user) {
  user.suspended = true;
  return user;
}
std::optional<User> Claimed(User user) {
  user.claimed = true;
  return user;
}
std::optional<User> Renamed(User user) {
  user.display_name = "New";
  return user;
}
std::optional<User> MadeOwner(User user) {
  user.role = Role::kOwner;
  return user;
}
std::optional<User> Deleted(const User&) { return std::nullopt; }

TEST(CheckUserChange, RefusesToEndTheLastWayIn) {
  using NewUser = StoredOrganization::NewUser;
  struct Case {
    std::string what;
    NewUser user;
    std::optional<ExemptionKind> exempt;
    std::optional<User> (*change)(User);
    bool refused;
  };
  const auto deleted = [](User user) { return Deleted(user); };
  const NewUser outside = {.email = "a@other.test", .role = kAdmin, .claimed = false};
  const NewUser unclaimed = {.email = "a@acme.test", .role = kAdmin, .claimed = false};
  const NewUser covered = {.email = "a@acme.test", .role = kAdmin};
  const NewUser member = {.email = "a@acme.test"};
  const NewUser unclaimed_member = {.email = "a@acme.test", .claimed = false};
  const NewUser suspended = {.email = "a@other.test", .role = kAdmin, .suspended = true};
  const Case kCases[] = {
      {"demote the admin elsewhere", outside, {}, Demoted, true},
      {"suspend the admin elsewhere", outside, {}, Suspended, true},
      {"delete the admin elsewhere", outside, {}, deleted, true},
      {"rename the admin elsewhere", outside, {}, Renamed, false},
      {"promote the admin elsewhere", outside, {}, MadeOwner, false},
      {"claim the unclaimed admin", unclaimed, {}, Claimed, true},
      {"claim the unclaimed admin, who is exempt", unclaimed, kTrigger, Claimed, false},
      {"demote a covered admin", covered, {}, Demoted, false},
      {"delete a covered admin", covered, {}, deleted, false},
      {"demote the exempt admin", covered, kTrigger, Demoted, true},
      {"delete the exempt admin", covered, kTrigger, deleted, true},
      {"demote the break-glass admin", covered, kBreakGlass, Demoted, false},
      {"suspend the break-glass admin", covered, kBreakGlass, Suspended, true},
      {"suspend the break-glass member", member, kBreakGlass, Suspended, true},
      {"delete the break-glass member", member, kBreakGlass, deleted, true},
      {"claim the break-glass member", unclaimed_member, kBreakGlass, Claimed, false},
      {"suspend a member", member, {}, Suspended, false},
      {"demote a suspended admin", suspended, {}, Demoted, false},
      {"delete a suspended admin", suspended, {}, deleted, false},
  };
  for (const Case& c : kCases) {
    for (const bool another : {false, true}) {
      World world;
      const User before = world.acme.Add(c.user);
      if (c.exempt) world.acme.Exempt(before, *c.exempt);
      if (another) {
        world.acme.Add({.email = "b@other.test", .role = kAdmin, .claimed = false});
      }
      Transaction tx = world.Begin();
      const std::optional<User> after = c.change(before);
      const absl::Status status = CheckUserChange(tx, before, after ? &*after : nullptr);
      if (c.refused && !another) {
        ExpectLockOut(status, "organizations/acme/users/u1", c.what);
      } else {
        EXPECT_TRUE(status.ok()) << c.what << ": " << status;
      }
      EXPECT_FALSE(tx.has_writes()) << c.what;
    }
  }
}

TEST(CheckUserChange, AllowsAnythingWhereNothingIsEnforced) {
  World world;
  world.acme.Release("acme.test");
  const User only = world.acme.Add({.email = "a@acme.test", .role = kAdmin});
  Transaction tx = world.Begin();
  EXPECT_TRUE(CheckUserChange(tx, only, nullptr).ok());
}

// Two changes, each of which leaves the other's way in, judged side by side.
TEST(CheckUserChange, LetsOnlyOneOfTwoThatRelyOnEachOtherCommit) {
  for (const bool admins : {true, false}) {
    World world;
    std::vector<User> users;
    for (const char* email : {"a@acme.test", "b@acme.test"}) {
      users.push_back(world.acme.Add({.email = email, .role = admins ? kAdmin : kMember}));
      world.acme.Exempt(users.back(), kBreakGlass);
    }
    Transaction transactions[] = {world.Begin(), world.Begin()};
    for (size_t i = 0; i < 2; ++i) {
      const User after = *Suspended(users[i]);
      ASSERT_TRUE(CheckUserChange(transactions[i], users[i], &after).ok());
      ASSERT_TRUE(storage::UserStore::Put(transactions[i], &users[i], after).ok());
    }
    EXPECT_TRUE(world.Commit(transactions[0]).ok());
    EXPECT_TRUE(absl::IsAborted(world.Commit(transactions[1]))) << admins;
  }
}

TEST(CheckUserChange, DoesNotCommitBesideANewEnforcementThatReliesOnTheUser) {
  World world;
  world.acme.Release("acme.test").Hold("other.test");
  const User user = world.acme.Add({.email = "a@acme.test"});
  world.acme.Exempt(user, kBreakGlass);
  const User after = *Suspended(user);
  Transaction suspend = world.Begin();
  ASSERT_TRUE(CheckUserChange(suspend, user, &after).ok());
  ASSERT_TRUE(storage::UserStore::Put(suspend, &user, after).ok());
  Transaction enforce = world.Begin();
  ASSERT_TRUE(
      storage::EnforcementStore::Put(enforce, {.organization = world.acme.id(),
                                               .domain = DomainName::FromTrusted("other.test"),
                                               .profile = StoredOrganization::profile()})
          .ok());
  ASSERT_TRUE(RequireWayIn(enforce, world.acme.id()).ok());
  EXPECT_TRUE(world.Commit(enforce).ok());
  EXPECT_TRUE(absl::IsAborted(world.Commit(suspend)));
}

}  // namespace
}  // namespace gatehouse
