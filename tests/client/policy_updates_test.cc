#include "client/policy_updates.h"

#include <gtest/gtest.h>

#include "tests/client/fake_policy_server.h"

namespace gatehouse::client {
namespace {

TEST(PolicyUpdates, PutsTogetherWhatBelongsToOneRevision) {
  PolicyUpdates updates(/*from_nothing=*/false);
  EXPECT_FALSE(updates.Take(PolicyMessage{.rules = {EnforcedRule("a.example")}}));
  EXPECT_FALSE(updates.Take(PolicyMessage{.removed = {"b.example"}}));
  const auto update =
      updates.Take(PolicyMessage{.revision = 7, .rules = {EnforcedRule("c.example")}});
  ASSERT_TRUE(update);
  EXPECT_EQ(update->revision, 7);
  EXPECT_FALSE(update->changes.reset);
  ASSERT_EQ(update->changes.rules.size(), 3);
  EXPECT_NE(update->changes.rules.at("a.example"), nullptr);
  EXPECT_EQ(update->changes.rules.at("b.example"), nullptr);
  EXPECT_NE(update->changes.rules.at("c.example"), nullptr);
}

TEST(PolicyUpdates, BeginsAnewAfterARevision) {
  PolicyUpdates updates(/*from_nothing=*/false);
  updates.Take(PolicyMessage{.revision = 7, .rules = {EnforcedRule("a.example")}, .reset = true});
  const auto heartbeat = updates.Take(PolicyMessage{.revision = 8});
  ASSERT_TRUE(heartbeat);
  EXPECT_FALSE(heartbeat->changes.reset);
  EXPECT_TRUE(heartbeat->changes.rules.empty());
}

TEST(PolicyUpdates, TakesResetRemovalsAndRulesInThisOrder) {
  PolicyUpdates updates(/*from_nothing=*/false);
  updates.Take(PolicyMessage{.rules = {EnforcedRule("a.example")}});
  const auto update = updates.Take(PolicyMessage{.revision = 7,
                                                 .rules = {EnforcedRule("b.example")},
                                                 .removed = {"b.example"},
                                                 .reset = true});
  ASSERT_TRUE(update);
  EXPECT_TRUE(update->changes.reset);
  ASSERT_EQ(update->changes.rules.size(), 1);
  EXPECT_NE(update->changes.rules.at("b.example"), nullptr);
}

TEST(PolicyUpdates, TakesTheLastWordOnADomain) {
  PolicyUpdates updates(/*from_nothing=*/false);
  updates.Take(PolicyMessage{.removed = {"a.example"}});
  updates.Take(PolicyMessage{.rules = {EnforcedRule("a.example")}});
  const auto update = updates.Take(PolicyMessage{.revision = 7, .removed = {"a.example"}});
  EXPECT_EQ(update->changes.rules.at("a.example"), nullptr);
}

TEST(PolicyUpdates, TakesAllRulesForAllThatThereAre) {
  PolicyUpdates updates(/*from_nothing=*/true);
  EXPECT_TRUE(updates.Take(PolicyMessage{.revision = 7})->changes.reset);
  EXPECT_FALSE(updates.Take(PolicyMessage{.revision = 8})->changes.reset);
}

}  // namespace
}  // namespace gatehouse::client
