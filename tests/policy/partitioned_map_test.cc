#include "policy/partitioned_map.h"

#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace gatehouse {
namespace {

using Changes = std::vector<std::pair<std::string, std::shared_ptr<const int>>>;

TEST(PartitionedMap, IsAMapThroughRandomChangesAndLeavesEarlierOnesAlone) {
  std::mt19937 random(1);
  PartitionedMap<int> map;
  std::map<std::string, int> expected;
  for (int step = 0; step < 2'000; ++step) {
    const PartitionedMap<int> before = map;
    const std::map<std::string, int> expected_before = expected;
    Changes changes;
    for (int i = 0; i < 3; ++i) {
      const std::string key = absl::StrCat("k", random() % 400);
      if (random() % 3 == 0) {
        changes.emplace_back(key, nullptr);
        expected.erase(key);
      } else {
        changes.emplace_back(key, std::make_shared<const int>(step));
        expected[key] = step;
      }
    }
    map = map.With(changes);
    ASSERT_EQ(map.size(), expected.size());
    ASSERT_EQ(before.size(), expected_before.size());
    for (const auto& [key, value] : changes) {
      const auto known = expected.find(key);
      const int* const found = map.Find(key);
      ASSERT_EQ(found != nullptr, known != expected.end());
      if (found != nullptr) {
        ASSERT_EQ(*found, known->second);
      }
      const auto known_before = expected_before.find(key);
      const int* const found_before = before.Find(key);
      ASSERT_EQ(found_before != nullptr, known_before != expected_before.end());
      if (found_before != nullptr) {
        ASSERT_EQ(*found_before, known_before->second);
      }
    }
  }
  for (const auto& [key, value] : expected) EXPECT_EQ(*map.Find(key), value);
  EXPECT_EQ(map.Find("none"), nullptr);
}

}  // namespace
}  // namespace gatehouse
