#include "storage/stores/enforcement_counts_store.h"

#include <functional>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/records/keys.h"
#include "storage/records/record_envelope.h"
#include "storage/records/records.pb.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/organization_store.h"
#include "tests/storage/stores/store_test_case.h"

namespace gatehouse::storage {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class EnforcementCountsTest : public StoreTestCase {};

EnforcementCounts Sample() {
  return {.decisions = {{.verdict = Verdict::kAllowPassword,
                         .observed_verdict = Verdict::kRequireSso,
                         .reason = DecisionReason::kEnforced,
                         .count = 7},
                        {.verdict = Verdict::kDeny,
                         .observed_verdict = std::nullopt,
                         .reason = DecisionReason::kUserSuspended,
                         .count = 1}},
          .enforce_revision = 5,
          .mode = EnforcementMode::kObserve,
          .sso_successes = 3,
          .sso_failures = 2,
          .since_time = absl::FromUnixSeconds(1'700'000'000)};
}

TEST_P(EnforcementCountsTest, AreReadAsTheyWereWrittenAndOutdateNoPlan) {
  SnapshotReader before = Reader();
  EXPECT_THAT(Ok(EnforcementCountsStore::Get(before, Org("acme"), Dom("acme.test"))).decisions,
              IsEmpty());
  Write([](Transaction& tx) {
    EnforcementCountsStore::Put(tx, Org("acme"), Dom("acme.test"), Sample());
    return absl::OkStatus();
  });
  SnapshotReader reader = Reader();
  const EnforcementCounts counts =
      Ok(EnforcementCountsStore::Get(reader, Org("acme"), Dom("acme.test")));
  ASSERT_THAT(counts.decisions, SizeIs(2));
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_TRUE(counts.decisions[i].IsSameKind(Sample().decisions[i]));
    EXPECT_EQ(counts.decisions[i].count, Sample().decisions[i].count);
  }
  EXPECT_EQ(counts.enforce_revision, 5u);
  EXPECT_EQ(counts.mode, EnforcementMode::kObserve);
  EXPECT_EQ(counts.sso_successes, 3);
  EXPECT_EQ(counts.sso_failures, 2);
  EXPECT_EQ(counts.since_time, Sample().since_time);
  EXPECT_EQ(Ok(PolicyGuard::Version(reader, Org("acme"))),
            Ok(PolicyGuard::Version(before, Org("acme"))));
}

TEST_P(EnforcementCountsTest, GoWithTheirEnforcement) {
  Write([](Transaction& tx) {
    EnforcementCountsStore::Put(tx, Org("acme"), Dom("acme.test"), Sample());
    return EnforcementStore::Put(
        tx, {.organization = Org("acme"), .domain = Dom("acme.test"), .profile = Pid("idp")});
  });
  Write(
      [](Transaction& tx) { return EnforcementStore::Delete(tx, Org("acme"), Dom("acme.test")); });
  EXPECT_THAT(RawKeys("z/"), IsEmpty());
}

TEST_P(EnforcementCountsTest, WithAnUnknownValueAreDataLoss) {
  using Record = v1::EnforcementCountsRecord;
  const std::vector<std::function<void(Record&)>> damages = {
      [](Record& record) { record.mutable_decisions(0)->set_verdict(9); },
      [](Record& record) { record.mutable_decisions(0)->set_verdict(0); },
      [](Record& record) { record.mutable_decisions(0)->set_observed_verdict(-1); },
      [](Record& record) { record.mutable_decisions(0)->set_reason(0); },
      [](Record& record) { record.mutable_decisions(0)->set_reason(999); },
      [](Record& record) { record.set_mode(3); },
  };
  const std::string key = keys::EnforcementCounts(Org("acme"), Dom("acme.test"));
  for (const auto& damage : damages) {
    Record record;
    record.add_decisions()->set_verdict(1);
    record.mutable_decisions(0)->set_reason(3);
    record.set_mode(1);
    WriteRaw(key, SealRecord(key, record));
    SnapshotReader sound = Reader();
    ASSERT_TRUE(EnforcementCountsStore::Get(sound, Org("acme"), Dom("acme.test")).ok());
    damage(record);
    WriteRaw(key, SealRecord(key, record));
    SnapshotReader reader = Reader();
    EXPECT_EQ(EnforcementCountsStore::Get(reader, Org("acme"), Dom("acme.test")).status().code(),
              absl::StatusCode::kDataLoss)
        << record.ShortDebugString();
  }
}

TEST(EnforcementCounts, BeginAtZeroForAnotherEnforcementOrChange) {
  EnforcementCounts counts = Sample();
  const Enforcement same{.mode = EnforcementMode::kObserve, .enforce_revision = 5};
  counts.StartDecisionsOf(same);
  counts.StartSignInsAt(Sample().since_time);
  EXPECT_THAT(counts.decisions, SizeIs(2));
  EXPECT_EQ(counts.sso_failures, 2);

  counts.StartSignInsAt(Sample().since_time + absl::Seconds(1));
  EXPECT_EQ(counts.sso_successes, 0);
  EXPECT_EQ(counts.sso_failures, 0);
  EXPECT_THAT(counts.decisions, SizeIs(2)) << "these go on";

  counts.StartDecisionsOf({.mode = EnforcementMode::kEnforce, .enforce_revision = 5});
  EXPECT_THAT(counts.decisions, IsEmpty());
  counts = Sample();
  counts.StartDecisionsOf({.mode = EnforcementMode::kObserve, .enforce_revision = 6});
  EXPECT_THAT(counts.decisions, IsEmpty());
}

GATEHOUSE_ON_EACH_ENGINE(EnforcementCountsTest);

}  // namespace
}  // namespace gatehouse::storage
