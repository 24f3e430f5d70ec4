// Users: by address, by id, in order, counted, and the index of admins.
#include "storage/stores/user_store.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "storage/records/keys.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/organization_store.h"
#include "tests/builders/test_caller.h"
#include "tests/storage/stores/store_test_case.h"

namespace gatehouse::storage {
namespace {

class UserStoreTest : public StoreTestCase {
 protected:
  static User Make(absl::string_view id, absl::string_view local, absl::string_view domain,
                   Role role = Role::kMember, bool claimed = false) {
    return {.organization = Org("acme"),
            .id = Uid(id),
            .email = Mail(local, domain),
            .role = role,
            .claimed = claimed};
  }
  void Add(const User& user) {
    Write([&](Transaction& tx) { return UserStore::Put(tx, nullptr, user); });
  }
  void Replace(const User& before, const User& after) {
    Write([&](Transaction& tx) { return UserStore::Put(tx, &before, after); });
  }
  void Remove(const User& user) {
    Write([&](Transaction& tx) { return UserStore::Delete(tx, user); });
  }

  std::vector<std::string> Scan(const std::optional<DomainName>& domain, const std::string& after,
                                size_t limit = 1000) {
    SnapshotReader reader = Reader();
    std::vector<std::string> seen;
    EXPECT_TRUE(UserStore::Scan(reader, Org("acme"), domain, after,
                                [&](Stored<User> user) -> absl::StatusOr<bool> {
                                  seen.push_back(UserStore::Cursor(*user));
                                  return seen.size() < limit;
                                })
                    .ok());
    return seen;
  }
  std::vector<std::string> Admins() {
    SnapshotReader reader = Reader();
    std::vector<std::string> seen;
    EXPECT_TRUE(UserStore::ForEachAdmin(reader, Org("acme"),
                                        [&](Stored<User> user) -> absl::StatusOr<bool> {
                                          seen.push_back(user->id.value());
                                          return true;
                                        })
                    .ok());
    return seen;
  }
  // "users claimed" on a domain.
  std::string Counts(absl::string_view domain) {
    SnapshotReader reader = Reader();
    const DomainCounts counts = Ok(DomainStore::Counts(reader, Org("acme"), Dom(domain)));
    return absl::StrCat(counts.users, " ", counts.claimed);
  }
  // "users admins" of the organization.
  std::string Totals() {
    SnapshotReader reader = Reader();
    const OrganizationTotals totals = Ok(OrganizationStore::Totals(reader, Org("acme")));
    return absl::StrCat(totals.users, " ", totals.admins);
  }
};

TEST_P(UserStoreTest, FindsAUserByAddressAndById) {
  const User user = Make("u1", "jo/doe", "a.test", Role::kAdmin, true);
  Add(user);
  SnapshotReader reader = Reader();
  for (const auto& found : {Ok(UserStore::Find(reader, Org("acme"), Uid("u1"))),
                            Ok(UserStore::FindByEmail(reader, Org("acme"), user.email)),
                            Ok(FindUserNow(engine(), Org("acme"), user.email))}) {
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ((*found)->organization.value(), "acme");
    EXPECT_EQ((*found)->id, user.id);
    EXPECT_EQ((*found)->email, user.email);
    EXPECT_EQ((*found)->role, Role::kAdmin);
    EXPECT_TRUE((*found)->claimed);
    EXPECT_EQ(found->mod_revision, engine().revision());
  }
}

TEST_P(UserStoreTest, FindsNobodyElse) {
  Add(Make("u1", "jo", "a.test"));
  SnapshotReader reader = Reader();
  for (const EmailAddress& email :
       {Mail("j", "a.test"), Mail("joe", "a.test"), Mail("jo", "b.test"), Mail("jo", "sub.a.test"),
        Mail("", "a.test")}) {
    EXPECT_FALSE(Ok(UserStore::FindByEmail(reader, Org("acme"), email)).has_value());
    EXPECT_FALSE(Ok(FindUserNow(engine(), Org("acme"), email)).has_value());
  }
  EXPECT_FALSE(Ok(UserStore::Find(reader, Org("acme"), Uid("u2"))).has_value());
  EXPECT_FALSE(Ok(UserStore::Find(reader, Org("acme-2"), Uid("u1"))).has_value());
  EXPECT_FALSE(Ok(FindUserNow(engine(), Org("acme-2"), Mail("jo", "a.test"))).has_value());
}

TEST_P(UserStoreTest, ScansByDomainThenLocalPart) {
  Add(Make("u1", "z", "a.b"));
  Add(Make("u2", "a", "a.b.c"));
  Add(Make("u3", "a/b", "a.b"));
  Add(Make("u4", "a", "a.b"));
  Add(Make("u5", "a", "b.a"));
  User elsewhere = Make("u1", "a", "a.b");
  elsewhere.organization = Org("acme-2");
  Add(elsewhere);
  // By bytes: '.' < '/', so a longer name comes before the shorter one's users.
  const std::vector<std::string> all = {"a.b.c/a", "a.b/a", "a.b/a/b", "a.b/z", "b.a/a"};
  EXPECT_EQ(Scan(std::nullopt, ""), all);
  EXPECT_EQ(Scan(Dom("a.b"), ""), (std::vector<std::string>{"a.b/a", "a.b/a/b", "a.b/z"}));
  EXPECT_EQ(Scan(Dom("a.b.c"), ""), (std::vector<std::string>{"a.b.c/a"}));
  EXPECT_TRUE(Scan(Dom("a"), "").empty());
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(Scan(std::nullopt, all[i]),
              std::vector<std::string>(all.begin() + static_cast<ptrdiff_t>(i) + 1, all.end()));
  }
  EXPECT_EQ(Scan(Dom("a.b"), "a.b/a"), (std::vector<std::string>{"a.b/a/b", "a.b/z"}));
  EXPECT_EQ(Scan(Dom("a.b"), "a.b/deleted-since"), (std::vector<std::string>{"a.b/z"}));
  EXPECT_TRUE(Scan(Dom("a.b"), "a.b/z").empty());
  EXPECT_EQ(Scan(std::nullopt, "", 2), (std::vector<std::string>{"a.b.c/a", "a.b/a"}));
}

TEST_P(UserStoreTest, PassesOnWhatAVisitorFailsWith) {
  Add(Make("u1", "a", "a.test", Role::kOwner));
  SnapshotReader reader = Reader();
  const auto fail = [](Stored<User>) -> absl::StatusOr<bool> {
    return absl::CancelledError("enough");
  };
  EXPECT_EQ(UserStore::Scan(reader, Org("acme"), std::nullopt, "", fail),
            absl::CancelledError("enough"));
  EXPECT_EQ(UserStore::ForEachAdmin(reader, Org("acme"), fail), absl::CancelledError("enough"));
}

TEST_P(UserStoreTest, CountsInTheCommitsThatChangeUsers) {
  const User member = Make("u1", "a", "a.test");
  const User claimed = Make("u1", "a", "a.test", Role::kMember, true);
  const User owner = Make("u1", "a", "a.test", Role::kOwner, true);
  EXPECT_EQ(Counts("a.test") + ", " + Totals(), "0 0, 0 0");
  Add(member);
  EXPECT_EQ(Counts("a.test") + ", " + Totals(), "1 0, 1 0");
  Replace(member, claimed);
  EXPECT_EQ(Counts("a.test") + ", " + Totals(), "1 1, 1 0");
  Replace(claimed, owner);
  EXPECT_EQ(Counts("a.test") + ", " + Totals(), "1 1, 1 1");
  Add(Make("u2", "b", "b.test", Role::kAdmin));
  EXPECT_EQ(Counts("a.test") + ", " + Counts("b.test") + ", " + Totals(), "1 1, 1 0, 2 2");
  Remove(owner);
  EXPECT_EQ(Counts("a.test") + ", " + Counts("b.test") + ", " + Totals(), "0 0, 1 0, 1 1");
}

TEST_P(UserStoreTest, LeavesTheCountsAloneWhenNothingCountedChanges) {
  const User user = Make("u1", "a", "a.test", Role::kAdmin, true);
  Add(user);
  const Revision before = engine().revision();
  User renamed = user;
  renamed.display_name = "Jo";
  renamed.suspended = true;
  Replace(user, renamed);
  SnapshotReader reader = Reader();
  // The revision is what plans remember of a population.
  EXPECT_EQ(Ok(DomainStore::Counts(reader, Org("acme"), Dom("a.test"))).mod_revision, before);
  EXPECT_EQ(Ok(reader.Get(keys::Totals(Org("acme"))))->mod_revision, before);
}

TEST_P(UserStoreTest, ChangesThePopulationsRevisionWithEachUserThatComesOrGoes) {
  const auto population = [&] {
    SnapshotReader reader = Reader();
    return Ok(DomainStore::Counts(reader, Org("acme"), Dom("a.test"))).mod_revision;
  };
  EXPECT_EQ(population(), 0u);
  const User a = Make("u1", "a", "a.test"), b = Make("u2", "b", "a.test");
  Add(a);
  EXPECT_EQ(population(), engine().revision());
  // One goes and one comes: the number is the same, the population is not.
  Write([&](Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(UserStore::Delete(tx, a));
    return UserStore::Put(tx, nullptr, b);
  });
  EXPECT_EQ(population(), engine().revision());
  EXPECT_EQ(Counts("a.test"), "1 0");
  Remove(b);
  EXPECT_EQ(population(), engine().revision());
}

TEST_P(UserStoreTest, IndexesAdminsAndOwnersById) {
  const User admin = Make("u2", "a", "a.test", Role::kAdmin);
  const User owner = Make("u1", "b", "b.test", Role::kOwner);
  Add(admin);
  Add(owner);
  Add(Make("u3", "c", "a.test"));
  EXPECT_EQ(Admins(), (std::vector<std::string>{"u1", "u2"}));
  User demoted = admin;
  demoted.role = Role::kMember;
  Replace(admin, demoted);
  EXPECT_EQ(Admins(), (std::vector<std::string>{"u1"}));
  Replace(demoted, admin);
  EXPECT_EQ(Admins(), (std::vector<std::string>{"u1", "u2"}));
  Remove(owner);
  EXPECT_EQ(Admins(), (std::vector<std::string>{"u2"}));
  Remove(admin);
  EXPECT_TRUE(RawKeys("r/").empty());
}

TEST_P(UserStoreTest, StopsAmongAdminsWhenTold) {
  for (int i = 1; i <= 3; ++i) {
    Add(Make(absl::StrCat("u", i), absl::StrCat("a", i), "a.test", Role::kAdmin));
  }
  SnapshotReader reader = Reader();
  int visited = 0;
  EXPECT_TRUE(UserStore::ForEachAdmin(reader, Org("acme"), [&](auto) -> absl::StatusOr<bool> {
                return ++visited < 2;
              }).ok());
  EXPECT_EQ(visited, 2);
}

TEST_P(UserStoreTest, SeesInATransactionTheAdminsThatItMade) {
  const User old_admin = Make("u1", "a", "a.test", Role::kAdmin);
  Add(old_admin);
  Write([&](Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(UserStore::Delete(tx, old_admin));
    RETURN_IF_ERROR(UserStore::Put(tx, nullptr, Make("u2", "b", "a.test", Role::kOwner)));
    std::vector<std::string> seen;
    RETURN_IF_ERROR(
        UserStore::ForEachAdmin(tx, Org("acme"), [&](Stored<User> user) -> absl::StatusOr<bool> {
          seen.push_back(user->id.value());
          return true;
        }));
    EXPECT_EQ(seen, (std::vector<std::string>{"u2"}));
    return absl::OkStatus();
  });
}

TEST_P(UserStoreTest, PassesOverAnAdminOfARehearsalWhoIsDeletedMeanwhile) {
  const User member = Make("u1", "a", "a.test");
  Add(member);
  Add(Make("u2", "b", "a.test", Role::kAdmin));
  Transaction rehearsal(*engine().NewSnapshot());
  User promoted = member;
  promoted.role = Role::kAdmin;
  ASSERT_TRUE(UserStore::Put(rehearsal, &member, promoted).ok());
  Remove(member);
  rehearsal.MoveTo(*engine().NewSnapshot());
  std::vector<std::string> seen;
  ASSERT_TRUE(UserStore::ForEachAdmin(rehearsal, Org("acme"),
                                      [&](Stored<User> user) -> absl::StatusOr<bool> {
                                        seen.push_back(user->id.value());
                                        return true;
                                      })
                  .ok());
  EXPECT_EQ(seen, (std::vector<std::string>{"u2"}));
}

TEST_P(UserStoreTest, LeavesNothingOfADeletedUser) {
  const User user = Make("u1", "a", "a.test", Role::kOwner, true);
  Add(user);
  Remove(user);
  for (const char* prefix : {"u/", "i/", "r/"}) EXPECT_TRUE(RawKeys(prefix).empty()) << prefix;
}

TEST_P(UserStoreTest, CallsCountsBelowZeroDamage) {
  const User user = Make("u1", "a", "a.test", Role::kAdmin, true);
  for (const std::string& key :
       {keys::DomainCounts(Org("acme"), Dom("a.test")), keys::Totals(Org("acme"))}) {
    Add(user);
    WriteRaw(key, std::nullopt);
    const auto revision = runner().Run(
        TestCaller(), Org("acme"), [&](Transaction& tx) { return UserStore::Delete(tx, user); });
    EXPECT_EQ(revision.status().code(), absl::StatusCode::kDataLoss) << key;
    EXPECT_EQ(ReasonOf(revision.status()), reason::kStoreCorrupt);
    for (const auto& [left, value] : Raw()) WriteRaw(left, std::nullopt);
  }
}

TEST_P(UserStoreTest, CallsAnIdThatNamesAnotherUsersAddressDamage) {
  Add(Make("u1", "a", "a.test"));
  Add(Make("u2", "b", "a.test"));
  const std::string address = Raw().at("i/acme/u1");
  // The user's record is gone, though its id is known.
  WriteRaw("u/acme/a.test/a", std::nullopt);
  SnapshotReader reader = Reader();
  EXPECT_EQ(UserStore::Find(reader, Org("acme"), Uid("u1")).status().code(),
            absl::StatusCode::kDataLoss);
  // Another user stands there now.
  Add(Make("u3", "a", "a.test"));
  SnapshotReader later = Reader();
  EXPECT_EQ(UserStore::Find(later, Org("acme"), Uid("u1")).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_TRUE(Ok(UserStore::Find(later, Org("acme"), Uid("u3"))).has_value());
}

TEST_P(UserStoreTest, KeepsItsBooksThroughRandomChangesByTwoServers) {
  TransactionRunner other_server(&engine());
  const auto change = [&](TransactionRunner& server, std::mt19937& random) {
    const int n = static_cast<int>(random() % 8);
    const User wanted =
        Make(absl::StrCat("u", n), absl::StrCat("l", n), n % 2 ? "a.test" : "b.test",
             static_cast<Role>(1 + random() % 3), random() % 2 == 0);
    const bool remove = random() % 3 == 0;
    const auto revision =
        server.Run(TestCaller(), Org("acme"), [&](Transaction& tx) -> absl::Status {
          ASSIGN_OR_RETURN(auto before, UserStore::FindByEmail(tx, Org("acme"), wanted.email));
          if (!remove) return UserStore::Put(tx, before ? &before->value : nullptr, wanted);
          return before ? UserStore::Delete(tx, **before) : absl::OkStatus();
        });
    // The one that gave up wrote nothing, and there is nothing to check but the books.
    EXPECT_TRUE(revision.ok() || absl::IsAborted(revision.status())) << revision.status();
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      std::mt19937 random(i);
      for (int round = 0; round < 60; ++round) {
        change(i % 2 == 0 ? runner() : other_server, random);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  std::map<std::string, int> users, claimed;
  int total = 0;
  std::vector<std::string> admins;
  SnapshotReader reader = Reader();
  ASSERT_TRUE(UserStore::Scan(reader, Org("acme"), std::nullopt, "",
                              [&](Stored<User> user) -> absl::StatusOr<bool> {
                                ++total;
                                ++users[user->email.domain().ascii()];
                                claimed[user->email.domain().ascii()] += user->claimed;
                                if (IsAdmin(user->role)) admins.push_back(user->id.value());
                                return true;
                              })
                  .ok());
  std::sort(admins.begin(), admins.end());
  EXPECT_EQ(Admins(), admins);
  EXPECT_EQ(Totals(), absl::StrCat(total, " ", admins.size()));
  for (const char* domain : {"a.test", "b.test"}) {
    EXPECT_EQ(Counts(domain), absl::StrCat(users[domain], " ", claimed[domain])) << domain;
  }
  EXPECT_EQ(RawKeys("i/").size(), static_cast<size_t>(total));
}

GATEHOUSE_ON_EACH_ENGINE(UserStoreTest);

}  // namespace
}  // namespace gatehouse::storage
