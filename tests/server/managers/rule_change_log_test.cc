#include "server/managers/rule_change_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace gatehouse {
namespace {

using Names = std::vector<std::string>;

Names Sorted(Names names) {
  std::sort(names.begin(), names.end());
  return names;
}

TEST(RuleChangeLogTest, TellsWhatChangedSince) {
  RuleChangeLog log(100);
  log.BeginAt(10);
  log.Record(12, {"a", "b"});
  log.Record(15, {"c"});
  EXPECT_EQ(Sorted(log.Since(10)), Names({"a", "b", "c"}));
  EXPECT_EQ(Sorted(log.Since(11)), Names({"a", "b", "c"}));
  EXPECT_EQ(log.Since(12), Names({"c"}));
  EXPECT_EQ(log.Since(15), Names());
  EXPECT_EQ(log.FirstAfter(10), 12u);
  EXPECT_EQ(log.FirstAfter(12), 15u);
  EXPECT_EQ(log.FirstAfter(15), 0u);
  EXPECT_FALSE(log.Covers(9));
  EXPECT_TRUE(log.Covers(10));
}

TEST(RuleChangeLogTest, KeepsOfEachDomainTheNewestChange) {
  RuleChangeLog log(2);
  log.BeginAt(1);
  for (storage::Revision revision = 2; revision < 1000; ++revision) {
    log.Record(revision, {"a", revision % 2 == 0 ? "b" : "a"});
    ASSERT_LE(log.size(), 2u);
  }
  EXPECT_TRUE(log.Covers(1)) << "it is full of one domain";
  EXPECT_EQ(Sorted(log.Since(1)), Names({"a", "b"}));
  EXPECT_EQ(log.Since(998), Names({"a"}));
}

TEST(RuleChangeLogTest, ForgetsTheOldestWhenFull) {
  RuleChangeLog log(3);
  log.BeginAt(1);
  log.Record(2, {"a", "b"});
  log.Record(4, {"c"});
  EXPECT_TRUE(log.Covers(1));
  log.Record(6, {"d"});
  EXPECT_FALSE(log.Covers(1));
  EXPECT_TRUE(log.Covers(2));
  EXPECT_EQ(Sorted(log.Since(2)), Names({"c", "d"}));
}

TEST(RuleChangeLogTest, NeverForgetsTheNewestRevision) {
  RuleChangeLog log(3);
  log.BeginAt(1);
  log.Record(2, {"old"});
  Names many;
  for (int i = 0; i < 10; ++i) many.push_back(absl::StrCat("d", i));
  log.Record(5, many);
  EXPECT_TRUE(log.Covers(2));
  EXPECT_FALSE(log.Covers(1));
  EXPECT_EQ(Sorted(log.Since(2)), many);
  log.Record(6, {"e"});
  EXPECT_FALSE(log.Covers(2));
  EXPECT_EQ(log.Since(5), Names({"e"}));
}

}  // namespace
}  // namespace gatehouse
