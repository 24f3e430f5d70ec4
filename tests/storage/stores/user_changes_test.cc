// Which users a commit changed, as the commit itself tells.
#include "storage/stores/user_changes.h"

#include <string>
#include <utility>
#include <vector>

#include "storage/stores/organization_store.h"
#include "storage/stores/user_store.h"
#include "tests/storage/stores/store_test_case.h"

namespace gatehouse::storage {
namespace {

class UserChangesTest : public StoreTestCase, private CommitListener {
 protected:
  void SetUp() override {
    StoreTestCase::SetUp();
    engine().SetListener(this);
  }
  void TearDown() override { engine().SetListener(nullptr); }

  static User Make(absl::string_view id, absl::string_view local) {
    return {.organization = Org("acme"), .id = Uid(id), .email = Mail(local, "a.test")};
  }
  void Add(const User& user) {
    Write([&](Transaction& tx) { return UserStore::Put(tx, nullptr, user); });
  }

  // Of all commits since the last call.
  std::vector<Change> Heard() { return std::exchange(heard_, {}); }

  static std::vector<std::string> Locals(const UserChanges& changes) {
    std::vector<std::string> locals;
    for (const auto& address : changes.Addresses()) {
      EXPECT_EQ(address.organization, Org("acme"));
      EXPECT_EQ(address.email.domain(), Dom("a.test"));
      locals.push_back(address.email.local());
    }
    return locals;
  }

 private:
  void OnCommits(const std::vector<Change>& changes) override {
    heard_.insert(heard_.end(), changes.begin(), changes.end());
  }

  std::vector<Change> heard_;
};

TEST_P(UserChangesTest, TellsNewUsersFromThoseThatWereThere) {
  const User old = Make("u1", "old");
  Add(old);
  {
    const std::vector<Change> heard = Heard();
    const UserChanges changes(heard);
    EXPECT_EQ(Locals(changes), std::vector<std::string>({"old"}));
    EXPECT_TRUE(changes.MayBeNew(old));
  }
  const User created = Make("u2", "created");
  Write([&](Transaction& tx) -> absl::Status {
    User suspended = old;
    suspended.suspended = true;
    if (absl::Status put = UserStore::Put(tx, &old, suspended); !put.ok()) return put;
    return UserStore::Put(tx, nullptr, created);
  });
  const std::vector<Change> heard = Heard();
  const UserChanges changes(heard);
  EXPECT_EQ(Locals(changes), std::vector<std::string>({"created", "old"}));
  EXPECT_TRUE(changes.MayBeNew(created));
  EXPECT_FALSE(changes.MayBeNew(old));
}

TEST_P(UserChangesTest, NamesAnAddressOnceAndTheDeletedToo) {
  const User user = Make("u1", "user/with.slash");
  Add(user);
  Write([&](Transaction& tx) { return UserStore::Delete(tx, user); });
  // Made anew, with another id.
  const User again = Make("u2", "user/with.slash");
  Add(again);
  const std::vector<Change> heard = Heard();
  const UserChanges changes(heard);
  EXPECT_EQ(Locals(changes), std::vector<std::string>({"user/with.slash"}));
  EXPECT_TRUE(changes.MayBeNew(again));
}

TEST_P(UserChangesTest, AreNoneInCommitsThatChangeOtherThings) {
  Write([](Transaction& tx) { return PolicyGuard::Touch(tx, Org("acme")); });
  const std::vector<Change> heard = Heard();
  EXPECT_FALSE(heard.empty());
  EXPECT_TRUE(UserChanges(heard).empty());
}

TEST_P(UserChangesTest, NamesKeysInTheOrderOfAScan) {
  for (const char* local : {"b", "a-1", "a", "a+1", "c"}) Add(Make(local, local));
  const std::vector<Change> heard = Heard();
  std::vector<std::string> named;
  for (const auto& address : UserChanges(heard).Addresses()) named.emplace_back(address.key);
  SnapshotReader reader = Reader();
  std::vector<std::string> scanned;
  ASSERT_TRUE(UserStore::ScanAll(reader, "", [&](absl::string_view key, const User& user) {
                EXPECT_EQ(key, UserStore::KeyOf(user));
                scanned.emplace_back(key);
                return true;
              }).ok());
  EXPECT_EQ(named, scanned);
  // And from a key on.
  std::vector<std::string> rest;
  ASSERT_TRUE(UserStore::ScanAll(reader, scanned[1], [&](absl::string_view key, const User&) {
                rest.emplace_back(key);
                return rest.size() < 2;
              }).ok());
  EXPECT_EQ(rest, std::vector<std::string>(scanned.begin() + 2, scanned.begin() + 4));
}

GATEHOUSE_ON_EACH_ENGINE(UserChangesTest);

}  // namespace
}  // namespace gatehouse::storage
