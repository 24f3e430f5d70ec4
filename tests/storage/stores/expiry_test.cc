// What is remembered for a while: requests, used assertions, connection tests.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/records/keys.h"
#include "storage/stores/expiry_queue.h"
#include "storage/stores/request_store.h"
#include "storage/stores/sso_profile_store.h"
#include "tests/storage/stores/store_test_case.h"

namespace gatehouse::storage {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
constexpr absl::Duration kTick = absl::Microseconds(1);

class ExpiryTest : public StoreTestCase {
 protected:
  // A record that may go at `time`.
  void Put(const std::string& key, absl::Time time) {
    Write([&](Transaction& tx) {
      tx.Put(key, "record");
      ExpiryQueue::Add(tx, key, time);
      return absl::OkStatus();
    });
  }
  int Sweep(absl::Time now, int limit) {
    int swept = 0;
    Write([&](Transaction& tx) -> absl::Status {
      ASSIGN_OR_RETURN(swept, ExpiryQueue::Sweep(tx, now, limit));
      return absl::OkStatus();
    });
    return swept;
  }
  std::optional<CompletedRequest> FindRequest(const OrganizationId& organization,
                                              absl::string_view id) {
    SnapshotReader reader = Reader();
    return Ok(RequestStore::Find(reader, organization, id));
  }
  bool IsUsed(absl::string_view organization, absl::string_view profile,
              absl::string_view assertion) {
    SnapshotReader reader = Reader();
    return Ok(
        ConnectionTestStore::IsAssertionUsed(reader, Org(organization), Pid(profile), assertion));
  }
};

TEST_P(ExpiryTest, KeepsARecordUntilItsTimeHasCome) {
  Put("z/1", kNow);
  EXPECT_EQ(Sweep(kNow - kTick, 10), 0);
  EXPECT_EQ(RawKeys("z/").size(), 1u);
  EXPECT_EQ(Sweep(kNow + kTick, 10), 1);
  // Neither the record nor the note about it is left.
  EXPECT_TRUE(Raw().empty());
  EXPECT_EQ(Sweep(kNow + kTick, 10), 0);
}

TEST_P(ExpiryTest, SweepsTheOldestFirstUpToTheLimit) {
  Put("z/c", kNow + 3 * kTick);
  Put("z/a", kNow + 1 * kTick);
  Put("z/d", kNow + 1000 * kTick);
  Put("z/b", kNow + 2 * kTick);
  EXPECT_EQ(Sweep(kNow + 10 * kTick, 2), 2);
  EXPECT_EQ(RawKeys("z/"), (std::vector<std::string>{"z/c", "z/d"}));
  EXPECT_EQ(Sweep(kNow + 10 * kTick, 2), 1);
  EXPECT_EQ(RawKeys("z/"), (std::vector<std::string>{"z/d"}));
  EXPECT_EQ(RawKeys("y/").size(), 1u);
}

TEST_P(ExpiryTest, KeepsRecordsApartThatExpireTogether) {
  Put("z/a", kNow);
  Put("z/b", kNow);
  EXPECT_EQ(Sweep(kNow + kTick, 10), 2);
  EXPECT_TRUE(Raw().empty());
}

TEST_P(ExpiryTest, SweepsTheNoteOfARecordThatIsGoneAlready) {
  Put("z/a", kNow);
  WriteRaw("z/a", std::nullopt);
  EXPECT_EQ(Sweep(kNow + kTick, 10), 1);
  EXPECT_TRUE(Raw().empty());
}

TEST_P(ExpiryTest, SweepsWhatTheSameTransactionAdded) {
  Write([&](Transaction& tx) -> absl::Status {
    tx.Put("z/a", "record");
    ExpiryQueue::Add(tx, "z/a", kNow);
    ASSIGN_OR_RETURN(int swept, ExpiryQueue::Sweep(tx, kNow + kTick, 10));
    EXPECT_EQ(swept, 1);
    return absl::OkStatus();
  });
  EXPECT_TRUE(Raw().empty());
}

TEST_P(ExpiryTest, ForgetsWhatExpiredFasterThanItIsAdded) {
  for (int i = 0; i < 20; ++i) Put(absl::StrCat("z/", i), kNow);
  for (int i = 0; i < 20; ++i) {
    Put(absl::StrCat("new/", i), kNow + absl::Hours(1));
    Sweep(kNow + kTick, 2);
  }
  EXPECT_TRUE(RawKeys("z/").empty());
  EXPECT_EQ(RawKeys("new/").size(), 20u);
}

TEST_P(ExpiryTest, RemembersARequestForADay) {
  const CompletedRequest done{.fingerprint = std::string("\x00\xff", 2), .resource = "acme"};
  Write([&](Transaction& tx) {
    RequestStore::Put(tx, OrganizationId(), "r/1", done, kNow);
    RequestStore::Put(tx, Org("acme"), "r/1", {.fingerprint = "f", .resource = "u1"}, kNow);
    return absl::OkStatus();
  });
  const auto creation = FindRequest(OrganizationId(), "r/1");
  ASSERT_TRUE(creation.has_value());
  EXPECT_EQ(creation->fingerprint, done.fingerprint);
  EXPECT_EQ(creation->resource, "acme");
  EXPECT_EQ(FindRequest(Org("acme"), "r/1")->resource, "u1");
  EXPECT_FALSE(FindRequest(Org("acme-2"), "r/1").has_value());
  EXPECT_FALSE(FindRequest(Org("acme"), "r").has_value());
  EXPECT_FALSE(FindRequest(Org("acme"), "r/11").has_value());
  EXPECT_EQ(Sweep(kNow + absl::Hours(24), 10), 0);
  EXPECT_EQ(Sweep(kNow + absl::Hours(24) + kTick, 10), 2);
  EXPECT_FALSE(FindRequest(OrganizationId(), "r/1").has_value());
  EXPECT_TRUE(Raw().empty());
}

TEST_P(ExpiryTest, RemembersAUsedAssertionForAsLongAsItIsTold) {
  Write([&](Transaction& tx) {
    ConnectionTestStore::PutUsedAssertion(tx, Org("acme"), Pid("idp"), "_a/b", kNow);
    return absl::OkStatus();
  });
  EXPECT_TRUE(IsUsed("acme", "idp", "_a/b"));
  EXPECT_FALSE(IsUsed("acme", "idp", "_a"));
  EXPECT_FALSE(IsUsed("acme", "idp", "_a/b/"));
  EXPECT_FALSE(IsUsed("acme", "idp-2", "_a/b"));
  EXPECT_FALSE(IsUsed("acme-2", "idp", "_a/b"));
  EXPECT_EQ(Sweep(kNow, 10), 0);
  EXPECT_EQ(Sweep(kNow + kTick, 10), 1);
  EXPECT_FALSE(IsUsed("acme", "idp", "_a/b"));
}

TEST_P(ExpiryTest, TakesTheLongestAssertionId) {
  const OrganizationId organization = Org(std::string(63, 'o'));
  const std::string id(ConnectionTestStore::kMaxAssertionIdBytes, 'a');
  Write([&](Transaction& tx) {
    ConnectionTestStore::PutUsedAssertion(tx, organization, Pid(std::string(63, 'p')), id, kNow);
    return absl::OkStatus();
  });
  EXPECT_TRUE(IsUsed(organization.value(), std::string(63, 'p'), id));
}

TEST_P(ExpiryTest, OfTwoCompletionsWithOneAssertionOneCommits) {
  Transaction first(*engine().NewSnapshot()), second(*engine().NewSnapshot());
  for (Transaction* tx : {&first, &second}) {
    EXPECT_FALSE(Ok(ConnectionTestStore::IsAssertionUsed(*tx, Org("acme"), Pid("idp"), "_1")));
    ConnectionTestStore::PutUsedAssertion(*tx, Org("acme"), Pid("idp"), "_1", kNow);
  }
  EXPECT_TRUE(engine().Commit(first.BuildCommit()).ok());
  EXPECT_EQ(engine().Commit(second.BuildCommit()).status().code(), absl::StatusCode::kAborted);
}

TEST_P(ExpiryTest, RemembersAConnectionTestForThirtyDaysAfterItsStart) {
  ConnectionTest test{.organization = Org("acme"),
                      .profile = Pid("idp"),
                      .id = ConnectionTestId::FromTrusted("t1"),
                      .create_time = kNow};
  const auto find = [&](absl::string_view profile) {
    SnapshotReader reader = Reader();
    return Ok(ConnectionTestStore::Find(reader, Org("acme"), Pid(profile), test.id));
  };
  const auto put = [&] {
    Write([&](Transaction& tx) {
      ConnectionTestStore::Put(tx, test);
      return absl::OkStatus();
    });
  };
  put();
  EXPECT_EQ((*find("idp"))->state, ConnectionTestState::kPending);
  EXPECT_FALSE(find("idp-2").has_value());
  test.state = ConnectionTestState::kPassed;
  put();
  EXPECT_EQ((*find("idp"))->state, ConnectionTestState::kPassed);
  EXPECT_EQ((*find("idp"))->id, test.id);
  EXPECT_EQ(RawKeys("y/").size(), 1u);
  EXPECT_EQ(Sweep(kNow + absl::Hours(24 * 30), 10), 0);
  EXPECT_EQ(Sweep(kNow + absl::Hours(24 * 30) + kTick, 10), 1);
  EXPECT_FALSE(find("idp").has_value());
}

GATEHOUSE_ON_EACH_ENGINE(ExpiryTest);

}  // namespace
}  // namespace gatehouse::storage
