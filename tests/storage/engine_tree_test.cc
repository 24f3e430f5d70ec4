#include "storage/engine_tree.h"

#include <map>
#include <random>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace gatehouse::storage {
namespace {

std::map<std::string, Revision> Contents(const EntryTree& tree, const KeyRange& range = {}) {
  std::map<std::string, Revision> contents;
  std::string last;
  tree.Scan(range, [&](const std::string& key, const Entry& entry) {
    EXPECT_TRUE(contents.empty() || last < key);
    last = key;
    contents[key] = entry.mod_revision;
    return true;
  });
  return contents;
}

TEST(EntryTree, DoesAsAMapDoesAndLeavesOlderTreesAsTheyWere) {
  std::minstd_rand random(7);
  EntryTree tree;
  std::map<std::string, Revision> model;
  std::vector<std::pair<EntryTree, std::map<std::string, Revision>>> versions;
  for (Revision i = 1; i <= 3000; ++i) {
    const std::string key = absl::StrCat("k", random() % 200);
    if (random() % 3 == 0) {
      tree = tree.Erase(key);
      model.erase(key);
    } else {
      tree = tree.Put(key, Entry{"v", i});
      model[key] = i;
    }
    const Entry* found = tree.Find(key);
    ASSERT_EQ(found != nullptr, model.count(key) == 1);
    if (found != nullptr) {
      ASSERT_EQ(found->mod_revision, i);
    }
    if (i % 100 == 0) versions.emplace_back(tree, model);
  }
  for (const auto& [old_tree, old_model] : versions) {
    ASSERT_EQ(Contents(old_tree), old_model);
    const KeyRange range{"k15", "k7"};
    ASSERT_EQ(Contents(old_tree, range),
              (std::map<std::string, Revision>(old_model.lower_bound(range.start),
                                               old_model.lower_bound(range.end))));
  }
}

TEST(EntryTree, StaysShallowWhenKeysComeInOrder) {
  EntryTree tree;
  // Deep recursion (a list of 200,000 nodes) would overflow the stack here or when it is destroyed.
  for (int i = 0; i < 200'000; ++i) tree = tree.Put(absl::StrCat(1'000'000 + i), Entry{"", 1});
  EXPECT_EQ(Contents(tree).size(), 200'000u);
}

TEST(EntryTree, ErasesNothingWhenTheKeyIsAbsent) {
  EntryTree tree = EntryTree().Put("a", Entry{"1", 1});
  EXPECT_EQ(Contents(tree.Erase("b")).size(), 1u);
  EXPECT_TRUE(Contents(EntryTree().Erase("b")).empty());
}

}  // namespace
}  // namespace gatehouse::storage
