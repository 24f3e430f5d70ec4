#include "storage/commit_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/memory_engine.h"

namespace gatehouse::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Keeps the revisions it hears of.
class Recorder : public CommitListener {
 public:
  explicit Recorder(std::vector<std::string>* calls = nullptr, std::string name = "")
      : calls_(calls), name_(std::move(name)) {}

  void OnCommits(const std::vector<Change>& changes) override {
    for (const Change& change : changes) heard_.push_back(change.revision);
    if (calls_ != nullptr) calls_->push_back(name_);
  }

  // Not while it is subscribed and commits run.
  const std::vector<Revision>& heard() const { return heard_; }

 private:
  std::vector<std::string>* calls_;
  std::string name_;
  std::vector<Revision> heard_;
};

class CommitFeedTest : public ::testing::Test {
 protected:
  Revision Commit() {
    const auto revision = engine_->Commit({.writes = {{"key", absl::StrCat(next_value_++)}}});
    EXPECT_TRUE(revision.ok()) << revision.status();
    return revision.value_or(0);
  }

  std::unique_ptr<Engine> engine_ = NewMemoryEngine();
  std::atomic<int> next_value_{0};
};

TEST_F(CommitFeedTest, TellsEveryListenerInTheOrderOfSubscription) {
  CommitFeed feed(engine_.get());
  std::vector<std::string> calls;
  Recorder first(&calls, "first"), second(&calls, "second"), third(&calls, "third");
  for (Recorder* listener : {&first, &second, &third}) feed.Subscribe(listener);
  EXPECT_EQ(Commit(), 1u);
  EXPECT_EQ(Commit(), 2u);
  EXPECT_THAT(calls, ElementsAre("first", "second", "third", "first", "second", "third"));
  for (const Recorder* listener : {&first, &second, &third}) {
    EXPECT_THAT(listener->heard(), ElementsAre(1, 2));
  }
}

TEST_F(CommitFeedTest, GivesTheChangesAsTheEngineDoes) {
  class KeysOf : public CommitListener {
   public:
    void OnCommits(const std::vector<Change>& changes) override {
      for (const Change& change : changes) keys = change.keys;
    }
    std::vector<std::string> keys;
  };
  CommitFeed feed(engine_.get());
  KeysOf listener;
  feed.Subscribe(&listener);
  ASSERT_TRUE(engine_->Commit({.writes = {{"a", "1"}, {"b", "2"}}}).ok());
  EXPECT_THAT(listener.keys, ::testing::UnorderedElementsAre("a", "b"));
  EXPECT_EQ(&feed.engine(), engine_.get());
}

TEST_F(CommitFeedTest, BeginsAboveTheRevisionThatItReturns) {
  Commit();
  CommitFeed feed(engine_.get());
  Recorder early, late;
  EXPECT_EQ(feed.Subscribe(&early), 1u) << "committed before there was a feed";
  Commit();
  EXPECT_EQ(feed.Subscribe(&late), 2u);
  Commit();
  EXPECT_THAT(early.heard(), ElementsAre(2, 3));
  EXPECT_THAT(late.heard(), ElementsAre(3));
}

TEST_F(CommitFeedTest, TellsNobodyWhoHasUnsubscribed) {
  CommitFeed feed(engine_.get());
  Recorder stays, goes;
  feed.Subscribe(&goes);
  feed.Subscribe(&stays);
  Commit();
  feed.Unsubscribe(&goes);
  feed.Unsubscribe(&goes);  // of no effect
  Commit();
  EXPECT_THAT(goes.heard(), ElementsAre(1));
  EXPECT_THAT(stays.heard(), ElementsAre(1, 2));
}

TEST_F(CommitFeedTest, LetsGoOfTheEngineWhenItEnds) {
  Recorder listener;
  {
    CommitFeed feed(engine_.get());
    feed.Subscribe(&listener);
  }
  Commit();
  EXPECT_THAT(listener.heard(), IsEmpty());
}

// While others commit, each subscriber hears of exactly the commits above what
// Subscribe returned, and of each before its Commit returns.
TEST_F(CommitFeedTest, MissesNothingWhileListenersComeAndGo) {
  constexpr int kWriters = 2, kRounds = 300;
  CommitFeed feed(engine_.get());
  Recorder always;
  feed.Subscribe(&always);
  std::atomic<bool> stop{false};
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) {
    writers.emplace_back([&] {
      while (!stop) Commit();
    });
  }
  for (int round = 0; round < kRounds; ++round) {
    Recorder listener;
    const Revision from = feed.Subscribe(&listener);
    const Revision own = Commit();
    feed.Unsubscribe(&listener);
    // No lock: unsubscribed, it must not be called any more.
    const std::vector<Revision>& heard = listener.heard();
    ASSERT_FALSE(heard.empty());
    for (size_t i = 0; i < heard.size(); ++i) ASSERT_EQ(heard[i], from + 1 + i);
    ASSERT_GE(heard.back(), own);
  }
  stop = true;
  for (std::thread& writer : writers) writer.join();
  ASSERT_EQ(always.heard().size(), engine_->revision());
  for (size_t i = 0; i < always.heard().size(); ++i) ASSERT_EQ(always.heard()[i], i + 1);
}

}  // namespace
}  // namespace gatehouse::storage
