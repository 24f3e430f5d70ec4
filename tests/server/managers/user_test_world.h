// What tests of UserManager and UserImporter begin with.
#ifndef GATEHOUSE_TESTS_SERVER_MANAGERS_USER_TEST_WORLD_H_
#define GATEHOUSE_TESTS_SERVER_MANAGERS_USER_TEST_WORLD_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "server/managers/manager_context.h"
#include "server/managers/user_manager.h"
#include "storage/engine.h"
#include "storage/memory_engine.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/user_store.h"
#include "tests/builders/stored_organization.h"
#include "tests/builders/test_secrets.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_random.h"

namespace gatehouse {

inline EmailAddress Email(const std::string& address) {
  auto email = EmailAddress::Parse("email", address);
  EXPECT_TRUE(email.ok()) << email.status();
  return email.value_or(EmailAddress());
}

// Somebody who changes the store while a transaction is under way: calls `act`
// once, when the transaction asks for an id.
class InterruptingRandom final : public RandomSource {
 public:
  explicit InterruptingRandom(std::function<void()> act) : act_(std::move(act)) {}
  std::string Bytes(size_t count) override {
    if (const auto act = std::exchange(act_, nullptr)) act();
    return random_.Bytes(count);
  }

 private:
  std::function<void()> act_;
  FakeRandom random_;
};

// Organization "acme", which holds acme.test, and nothing else.
struct UserTestWorld {
  explicit UserTestWorld(
      std::unique_ptr<storage::Engine> engine_to_use = storage::NewMemoryEngine())
      : engine(std::move(engine_to_use)) {
    acme.Hold("acme.test");
  }

  std::unique_ptr<storage::Engine> engine;
  storage::TransactionRunner runner{engine.get()};
  FakeClock clock;
  FakeRandom random;
  ManagerContext context{
      .transactions = &runner, .clock = &clock, .random = &random, .secrets = &TestSecretBox()};
  StoredOrganization acme{&runner, "acme"};
  UserManager users{context};

  storage::SnapshotReader Reader() const { return *storage::SnapshotReader::Open(*engine); }

  // Every user of acme, by address.
  std::map<std::string, User> AllUsers() const {
    std::map<std::string, User> all;
    storage::SnapshotReader reader = Reader();
    EXPECT_TRUE(storage::UserStore::Scan(reader, acme.id(), std::nullopt, "",
                                         [&](storage::Stored<User> user) -> absl::StatusOr<bool> {
                                           all.emplace(user->email.Canonical(), *user);
                                           return true;
                                         })
                    .ok());
    return all;
  }

  // The counts that acme's commits keep are those that a recount gives.
  void ExpectCountsRight() const {
    struct Counts {
      int64_t users = 0;
      int64_t claimed = 0;
    };
    int64_t user_count = 0;
    int64_t admin_count = 0;
    std::map<DomainName, Counts> by_domain;
    for (const auto& [address, user] : AllUsers()) {
      ++user_count;
      admin_count += IsAdmin(user.role) ? 1 : 0;
      ++by_domain[user.email.domain()].users;
      by_domain[user.email.domain()].claimed += user.claimed ? 1 : 0;
    }
    storage::SnapshotReader reader = Reader();
    const auto totals = storage::OrganizationStore::Totals(reader, acme.id());
    ASSERT_TRUE(totals.ok()) << totals.status();
    EXPECT_EQ(totals->users, user_count);
    EXPECT_EQ(totals->admins, admin_count);
    int64_t indexed_admins = 0;
    ASSERT_TRUE(storage::UserStore::ForEachAdmin(reader, acme.id(),
                                                 [&](const auto&) -> absl::StatusOr<bool> {
                                                   ++indexed_admins;
                                                   return true;
                                                 })
                    .ok());
    EXPECT_EQ(indexed_admins, admin_count);
    for (const auto& [domain, counts] : by_domain) {
      const auto kept = storage::DomainStore::Counts(reader, acme.id(), domain);
      ASSERT_TRUE(kept.ok()) << kept.status();
      EXPECT_EQ(kept->users, counts.users) << domain.ascii();
      EXPECT_EQ(kept->claimed, counts.claimed) << domain.ascii();
    }
  }
};

}  // namespace gatehouse

#endif  // GATEHOUSE_TESTS_SERVER_MANAGERS_USER_TEST_WORLD_H_
