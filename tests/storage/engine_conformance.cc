#include "tests/storage/engine_conformance.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"

namespace gatehouse::storage {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EngineConformance);

void EngineConformance::Reset(size_t change_log_commits) {
  engine_.reset();
  directories_.push_back(std::make_unique<ScopedDirectory>());
  engine_ = GetParam().open(directories_.back()->string(), change_log_commits);
}

Revision EngineConformance::Put(absl::string_view key, absl::string_view value) {
  absl::StatusOr<Revision> revision =
      engine().Commit({{}, {{std::string(key), std::string(value)}}});
  EXPECT_TRUE(revision.ok()) << revision.status();
  return revision.value_or(0);
}

Revision EngineConformance::Delete(absl::string_view key) {
  absl::StatusOr<Revision> revision = engine().Commit({{}, {{std::string(key), std::nullopt}}});
  EXPECT_TRUE(revision.ok()) << revision.status();
  return revision.value_or(0);
}

absl::StatusOr<Revision> EngineConformance::PutIf(absl::string_view key, Revision mod_revision,
                                                  absl::string_view value) {
  return engine().Commit(
      {{{std::string(key), mod_revision}}, {{std::string(key), std::string(value)}}});
}

static std::string Describe(const absl::StatusOr<std::optional<Entry>>& entry) {
  if (!entry.ok()) return entry.status().ToString();
  if (!entry->has_value()) return "absent";
  return absl::StrCat((*entry)->value, "@", (*entry)->mod_revision);
}

std::string EngineConformance::Get(absl::string_view key) { return Describe(engine().Get(key)); }

std::string EngineConformance::Get(const Snapshot& snapshot, absl::string_view key) {
  return Describe(snapshot.Get(key));
}

std::vector<std::string> EngineConformance::Scan(const KeyRange& range) {
  return Scan(*NewSnapshot(), range);
}

std::vector<std::string> EngineConformance::Scan(const Snapshot& snapshot, const KeyRange& range) {
  std::vector<std::string> found;
  absl::Status status = snapshot.Scan(
      range, [&](absl::string_view key, absl::string_view value, Revision mod_revision) {
        found.push_back(absl::StrCat(key, "=", value, "@", mod_revision));
        return true;
      });
  EXPECT_TRUE(status.ok()) << status;
  return found;
}

std::shared_ptr<const Snapshot> EngineConformance::NewSnapshot() {
  absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot = engine().NewSnapshot();
  EXPECT_TRUE(snapshot.ok()) << snapshot.status();
  return *std::move(snapshot);
}

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_P(EngineConformance, StartsEmptyAtRevisionZero) {
  EXPECT_EQ(engine().revision(), 0u);
  EXPECT_EQ(NewSnapshot()->revision(), 0u);
  EXPECT_EQ(Get("a"), "absent");
  EXPECT_THAT(Scan({"", kNoEnd}), IsEmpty());
}

TEST_P(EngineConformance, ReturnsWhatWasPutWithTheRevisionThatPutIt) {
  EXPECT_EQ(Put("a", "1"), 1u);
  EXPECT_EQ(Put("b", "2"), 2u);
  EXPECT_EQ(Put("a", "3"), 3u);
  EXPECT_EQ(Get("a"), "3@3");
  EXPECT_EQ(Get("b"), "2@2");
  EXPECT_EQ(engine().revision(), 3u);
}

TEST_P(EngineConformance, ForgetsAKeyThatWasDeleted) {
  Put("a", "1");
  EXPECT_EQ(Delete("a"), 2u);
  EXPECT_EQ(Get("a"), "absent");
  EXPECT_THAT(Scan({"", kNoEnd}), IsEmpty());
  EXPECT_EQ(Put("a", "again"), 3u);
  EXPECT_EQ(Get("a"), "again@3");
}

TEST_P(EngineConformance, GivesTheSameValuePutAgainANewModRevision) {
  Put("a", "1");
  Put("a", "1");
  EXPECT_EQ(Get("a"), "1@2");
}

TEST_P(EngineConformance, TakesNoRevisionForACommitThatChangesNothing) {
  Put("a", "1");
  EXPECT_EQ(Delete("missing"), 1u);
  EXPECT_EQ(engine().revision(), 1u);
  EXPECT_EQ(NewSnapshot()->revision(), 1u);
  EXPECT_THAT(*engine().ChangesSince(0, 10), SizeIs(1));
}

TEST_P(EngineConformance, KeepsBytesAsTheyAre) {
  const std::string key("k\0\xff\n", 4);
  const std::string value("\0\xff\x80 v\0", 6);
  Put(key, value);
  Put("empty", "");
  EXPECT_EQ((*engine().Get(key))->value, value);
  EXPECT_EQ(Get("empty"), "@2");
}

TEST_P(EngineConformance, KeepsKeysAndValuesOfTheLargestSize) {
  const std::string key(kMaxKeyBytes, 'k');
  const std::string value(kMaxValueBytes, 'v');
  Put(key, value);
  EXPECT_EQ((*engine().Get(key))->value, value);
  EXPECT_THAT(*engine().ChangesSince(0, 1), SizeIs(1));
}

TEST_P(EngineConformance, CommitsAllWritesOfARequestAtOneRevision) {
  Put("gone", "1");
  ASSERT_EQ(*engine().Commit({{}, {{"a", "1"}, {"gone", std::nullopt}, {"b", "2"}}}), 2u);
  EXPECT_THAT(Scan({"", kNoEnd}), ElementsAre("a=1@2", "b=2@2"));
}

// Snapshots.

TEST_P(EngineConformance, SnapshotDoesNotSeeLaterCommits) {
  Put("a", "1");
  Put("b", "1");
  auto before = NewSnapshot();
  Put("a", "2");
  Delete("b");
  Put("c", "3");
  auto after = NewSnapshot();
  EXPECT_EQ(before->revision(), 2u);
  EXPECT_THAT(Scan(*before, {"", kNoEnd}), ElementsAre("a=1@1", "b=1@2"));
  EXPECT_EQ(Get(*before, "a"), "1@1");
  EXPECT_EQ(Get(*before, "c"), "absent");
  EXPECT_EQ(after->revision(), 5u);
  EXPECT_THAT(Scan(*after, {"", kNoEnd}), ElementsAre("a=2@3", "c=3@5"));
}

TEST_P(EngineConformance, SnapshotsOutliveManyLaterCommitsInAnyOrderOfRelease) {
  std::vector<std::shared_ptr<const Snapshot>> snapshots;
  for (int i = 0; i < 50; ++i) {
    Put("k", absl::StrCat(i));
    snapshots.push_back(NewSnapshot());
  }
  for (size_t i : {10u, 0u, 30u}) snapshots[i].reset();
  for (size_t i = 0; i < snapshots.size(); ++i) {
    if (snapshots[i] == nullptr) continue;
    EXPECT_EQ(snapshots[i]->revision(), i + 1);
    EXPECT_EQ(Get(*snapshots[i], "k"), absl::StrCat(i, "@", i + 1));
  }
}

// Scans.

TEST_P(EngineConformance, ScansARangeFromItsStartToBeforeItsEndInByteOrder) {
  for (absl::string_view key : {"b", "a", "\xff", "c", "ba", "\x01"}) Put(key, "v");
  EXPECT_THAT(Scan({"b", "c"}), ElementsAre("b=v@1", "ba=v@5"));
  EXPECT_THAT(Scan({"aa", "bb"}), ElementsAre("b=v@1", "ba=v@5"));
  EXPECT_THAT(Scan({"", "b"}), ElementsAre("\x01=v@6", "a=v@2"));
  EXPECT_THAT(Scan({"c", kNoEnd}), ElementsAre("c=v@4", "\xff=v@3"));
  EXPECT_THAT(Scan({"", kNoEnd}), SizeIs(6));
}

TEST_P(EngineConformance, ScansNothingInAnEmptyOrReversedRange) {
  Put("b", "v");
  EXPECT_THAT(Scan({"b", "b"}), IsEmpty());
  EXPECT_THAT(Scan({"c", "a"}), IsEmpty());
  EXPECT_THAT(Scan({"c", kNoEnd}), IsEmpty());
  EXPECT_THAT(Scan({"", std::string(1, '\0')}), IsEmpty());
}

TEST_P(EngineConformance, StopsAScanWhenTheVisitorSaysSo) {
  for (absl::string_view key : {"a", "b", "c"}) Put(key, "v");
  std::vector<std::string> seen;
  ASSERT_TRUE(NewSnapshot()
                  ->Scan({"", kNoEnd},
                         [&](absl::string_view key, absl::string_view, Revision) {
                           seen.emplace_back(key);
                           return seen.size() < 2;
                         })
                  .ok());
  EXPECT_THAT(seen, ElementsAre("a", "b"));
}

TEST_P(EngineConformance, ScansAPrefixWhoseLastBytesAre0xff) {
  const std::string high = "\xff\xff";
  for (const std::string& key : {std::string("a\xff"), std::string("a\xff\xff"), std::string("b"),
                                 std::string("\xff"), high, high + "z"}) {
    Put(key, "v");
  }
  EXPECT_THAT(Scan(PrefixRange("a\xff")), ElementsAre("a\xff=v@1", "a\xff\xff=v@2"));
  EXPECT_THAT(Scan(PrefixRange(high)), ElementsAre("\xff\xff=v@5", "\xff\xffz=v@6"));
  EXPECT_THAT(Scan(PrefixRange("b")), ElementsAre("b=v@3"));
}

TEST_P(EngineConformance, ScansManyKeysInOrderWhateverTheOrderOfInsertion) {
  constexpr size_t kKeys = 2000;
  CommitRequest request;
  for (size_t i = 0; i < kKeys; ++i) {
    // 1237 and kKeys have no common factor: each key once, scattered.
    request.writes.push_back({absl::StrCat("k", 10000 + i * 1237 % kKeys), "v"});
  }
  ASSERT_TRUE(engine().Commit(request).ok());
  request.writes.clear();
  for (size_t i = 0; i < kKeys; i += 2) {
    request.writes.push_back({absl::StrCat("k", 10000 + i), std::nullopt});
  }
  ASSERT_TRUE(engine().Commit(request).ok());
  std::vector<std::string> expected;
  for (size_t i = 1; i < kKeys; i += 2) expected.push_back(absl::StrCat("k", 10000 + i, "=v@1"));
  EXPECT_EQ(Scan(PrefixRange("k")), expected);
}

TEST_P(EngineConformance, ShowsNoneOfItsOwnKeys) {
  Put("a", "1");
  for (absl::string_view name : {"", "format", "revision", "log_start"}) {
    EXPECT_EQ(Get(absl::StrCat(absl::string_view("\0", 1), name)), "absent");
    EXPECT_EQ(Get(*NewSnapshot(), absl::StrCat(absl::string_view("\0", 1), name)), "absent");
  }
  EXPECT_EQ(Get(""), "absent");
  EXPECT_THAT(Scan({"", kNoEnd}), ElementsAre("a=1@1"));
}

}  // namespace
}  // namespace gatehouse::storage
