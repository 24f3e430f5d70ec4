#include "client/published_rules.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/published.h"

namespace gatehouse::client {
namespace {

// A table of one rule, which names its revision.
std::shared_ptr<const PublishedRules> Rules(int64_t revision) {
  auto rule = std::make_shared<v1::DomainRule>();
  rule->set_domain("a.example");
  rule->set_organization(absl::StrCat(revision));
  return std::make_shared<PublishedRules>(DomainRuleTable().With({.rules = {{"a.example", rule}}}),
                                          revision, MonotonicTime());
}

TEST(PublishedRules, OnlyGrowsNewer) {
  const MonotonicTime time = MonotonicTime(std::chrono::seconds(5));
  PublishedRules rules(DomainRuleTable(), 7, time);
  rules.Confirm(9, time + std::chrono::seconds(1));
  rules.Confirm(8, time);
  EXPECT_EQ(rules.revision(), 9);
  EXPECT_EQ(rules.fresh_at(), time + std::chrono::seconds(1));
}

TEST(PublishedRules, HasNoneAtFirst) {
  const Published<PublishedRules> cell;
  EXPECT_EQ(cell.Get(), nullptr);
}

TEST(PublishedRules, KeepsCellsApartOnOneThread) {
  Published<PublishedRules> one, other;
  one.Set(Rules(1));
  other.Set(Rules(2));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(one.Get()->revision(), 1);
    EXPECT_EQ(other.Get()->revision(), 2);
  }
}

TEST(PublishedRules, ShowsEachReaderWholeTablesThatNeverGrowOlder) {
  Published<PublishedRules> cell;
  cell.Set(Rules(1));
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      int64_t last = 0;
      while (!done) {
        const PublishedRules* const rules = cell.Get();
        EXPECT_EQ(rules->table().Match("a.example")->organization(),
                  absl::StrCat(rules->revision()));
        EXPECT_GE(rules->revision(), last);
        last = rules->revision();
      }
    });
  }
  for (int64_t revision = 2; revision <= 2000; ++revision) cell.Set(Rules(revision));
  EXPECT_EQ(cell.Get()->revision(), 2000);
  done = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace gatehouse::client
