#include "server/managers/rule_pages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"

namespace gatehouse {
namespace {

using Names = std::vector<std::string>;

TEST(PackMessagesTest, FillsEachMessageToItsLimits) {
  const auto pack = [](const Names& pieces) {
    Names messages;
    for (const auto& message : PackMessages({.max_pieces = 3, .max_bytes = 10}, pieces)) {
      messages.push_back(*message);
    }
    return messages;
  };
  EXPECT_EQ(pack({}), Names());
  EXPECT_EQ(pack({"a"}), Names({"a"}));
  EXPECT_EQ(pack({"a", "b", "c", "d"}), Names({"abc", "d"}));
  EXPECT_EQ(pack({"12345", "12345", "1"}), Names({"1234512345", "1"}));
  EXPECT_EQ(pack({"a", "longer than all", "b"}), Names({"a", "longer than all", "b"}));
}

TEST(RulePagesTest, FindsWhatWasPutAndTellsWhatWasAnother) {
  RulePages pages({});
  EXPECT_EQ(pages.Find("a.test"), std::nullopt);
  EXPECT_EQ(pages.Apply({{"b.test", "B"}, {"a.test", "A"}}), Names({"a.test", "b.test"}));
  EXPECT_EQ(pages.Apply({{"a.test", "A"}, {"b.test", "C"}, {"c.test", std::nullopt}}),
            Names({"b.test"}));
  EXPECT_EQ(pages.Find("b.test"), "C");
  EXPECT_EQ(pages.size(), 2u);
  EXPECT_EQ(pages.Apply({{"a.test", std::nullopt}, {"b.test", std::nullopt}}).size(), 2u);
  EXPECT_EQ(pages.size(), 0u);
  EXPECT_TRUE(pages.Messages().empty());
}

TEST(RulePagesTest, AnEmptyPieceIsARule) {
  RulePages pages({});
  EXPECT_EQ(pages.Apply({{"a.test", ""}}), Names({"a.test"}));
  EXPECT_EQ(pages.Find("a.test"), "");
  EXPECT_EQ(pages.Apply({{"a.test", ""}}), Names());
}

TEST(RulePagesTest, KeepsThePagesThatDoNotChange) {
  RulePages pages({.max_pieces = 10});
  std::vector<RulePages::Change> all;
  for (int i = 100; i < 200; ++i) all.emplace_back(absl::StrCat("d", i), absl::StrCat("<", i, ">"));
  pages.Apply(all);
  const EncodedMessages before = pages.Messages();
  ASSERT_EQ(before.size(), 10u);
  pages.Apply({{"d155", "changed"}});
  const EncodedMessages after = pages.Messages();
  ASSERT_EQ(after.size(), 10u);
  for (size_t i = 0; i < after.size(); ++i) EXPECT_EQ(after[i] == before[i], i != 5) << i;
  EXPECT_EQ(before[5]->find("changed"), std::string::npos) << "bytes given away changed";
}

TEST(RulePagesTest, IsAMapInPagesWithinTheLimitsWhateverIsDoneToIt) {
  std::mt19937 random(1);
  const MessageLimits limits{.max_pieces = 16, .max_bytes = 300};
  RulePages pages(limits);
  std::map<std::string, std::string> model;
  size_t most_pages = 0;
  for (int round = 0; round < 400; ++round) {
    // It grows, and then shrinks to nothing.
    const unsigned removed_of_ten = round < 200 ? 2 : 9;
    std::map<std::string, std::optional<std::string>> changes;
    for (unsigned i = 0; i < 1 + random() % 30; ++i) {
      const std::string domain = absl::StrCat("d", random() % 1000, ".test");
      changes[domain] =
          random() % 10 < removed_of_ten
              ? std::nullopt
              : std::optional(absl::StrCat("[", domain, std::string(random() % 40, '.'), "]"));
    }
    Names expected;
    for (const auto& [domain, piece] : changes) {
      const auto old = model.find(domain);
      if (piece ? old == model.end() || old->second != *piece : old != model.end()) {
        expected.push_back(domain);
      }
      if (piece) {
        model[domain] = *piece;
      } else {
        model.erase(domain);
      }
    }
    std::vector<RulePages::Change> shuffled(changes.begin(), changes.end());
    std::shuffle(shuffled.begin(), shuffled.end(), random);
    ASSERT_EQ(pages.Apply(shuffled), expected);
    ASSERT_EQ(pages.size(), model.size());
    std::string all;
    for (const auto& [domain, piece] : model) {
      ASSERT_EQ(pages.Find(domain), piece);
      all += piece;
    }
    std::string sent;
    for (const auto& message : pages.Messages()) {
      EXPECT_LE(message->size(), limits.max_bytes);
      EXPECT_LE(static_cast<size_t>(std::count(message->begin(), message->end(), '[')),
                limits.max_pieces);
      EXPECT_FALSE(message->empty());
      sent += *message;
    }
    ASSERT_EQ(sent, all);
    most_pages = std::max(most_pages, pages.Messages().size());
  }
  EXPECT_GT(most_pages, 20u);
  // What became small was put together.
  EXPECT_LT(pages.Messages().size(), 2 + model.size() / 2);
}

}  // namespace
}  // namespace gatehouse
