#include "client/hedged_connection.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "tests/client/fake_calls.h"
#include "tests/client/fake_timers.h"

namespace gatehouse::client {
namespace {

using Outcome = std::optional<absl::StatusOr<LoginDecision>>;

constexpr absl::Duration kDelay = absl::Milliseconds(20);

class HedgedConnectionTest : public ::testing::Test {
 protected:
  HedgedConnectionTest() {
    for (int i = 0; i < 19; ++i) CheckAtOnce();
  }

  std::shared_ptr<Outcome> Check(absl::Duration timeout = absl::Milliseconds(100)) {
    auto outcome = std::make_shared<Outcome>();
    connection_->AsyncCheckLogin({.email = "a@b.example", .timeout = timeout},
                                 [outcome](auto result) {
                                   EXPECT_FALSE(outcome->has_value());
                                   *outcome = std::move(result);
                                 });
    return outcome;
  }
  void CheckAtOnce() {
    Check();
    calls_.Answer(calls_.size() - 1, LoginDecision());
  }

  FakeTimers timers_;
  FakeCalls calls_;
  std::unique_ptr<LoginConnection> connection_ =
      MakeHedgedConnection(calls_.Connect(), kDelay, &timers_);
  const size_t first_ = 19;  // of the calls that a test makes
};

TEST_F(HedgedConnectionTest, AsksOnceWhereTheAnswerIsQuick) {
  const auto outcome = Check();
  timers_.Advance(absl::Milliseconds(19));
  calls_.Answer(first_, LoginDecision{.revision = 7});
  EXPECT_EQ((**outcome)->revision, 7);
  timers_.Advance(absl::Seconds(1));
  EXPECT_EQ(calls_.size(), first_ + 1);
  EXPECT_EQ(timers_.pending(), 0);
}

TEST_F(HedgedConnectionTest, TakesTheFirstAnswerAndCancelsTheOtherCall) {
  for (const size_t winner : {0, 1}) {
    while (calls_.size() % 20 != 19) CheckAtOnce();
    const size_t first = calls_.size();
    const auto outcome = Check();
    timers_.Advance(kDelay);
    ASSERT_EQ(calls_.size(), first + 2);
    EXPECT_EQ(calls_.call(first + 1).email, "a@b.example");
    EXPECT_EQ(calls_.call(first + 1).timeout, absl::Milliseconds(80));
    EXPECT_FALSE(outcome->has_value());
    calls_.Answer(first + winner, LoginDecision{.revision = 7});
    EXPECT_EQ((**outcome)->revision, 7);
    EXPECT_TRUE(calls_.cancelled(first + 1 - winner));
    EXPECT_FALSE(calls_.cancelled(first + winner));
    calls_.Answer(first + 1 - winner, absl::CancelledError("cancelled"));
    for (int i = 0; i < 20; ++i) CheckAtOnce();
  }
}

TEST_F(HedgedConnectionTest, WaitsForTheOtherCallWhereOneFindsNoServer) {
  const auto outcome = Check();
  timers_.Advance(kDelay);
  calls_.Answer(first_ + 1, absl::UnavailableError("down"));
  EXPECT_FALSE(outcome->has_value());
  calls_.Answer(first_, LoginDecision{.revision = 7});
  EXPECT_EQ((**outcome)->revision, 7);
}

TEST_F(HedgedConnectionTest, ReturnsTheErrorOnceBothFindNoServer) {
  const auto outcome = Check();
  timers_.Advance(kDelay);
  calls_.Answer(first_, absl::UnavailableError("down"));
  EXPECT_FALSE(outcome->has_value());
  calls_.Answer(first_ + 1, absl::DeadlineExceededError("slow"));
  EXPECT_TRUE(absl::IsDeadlineExceeded((*outcome)->status()));
}

TEST_F(HedgedConnectionTest, ReturnsAnErrorAtOnceWhereNoOtherCallIsUnderWay) {
  const auto outcome = Check();
  calls_.Answer(first_, absl::UnavailableError("down"));
  EXPECT_TRUE(absl::IsUnavailable((*outcome)->status()));
  timers_.Advance(absl::Seconds(1));
  EXPECT_EQ(calls_.size(), first_ + 1);
}

TEST_F(HedgedConnectionTest, TakesAnyOtherErrorForAnAnswer) {
  const auto outcome = Check();
  timers_.Advance(kDelay);
  calls_.Answer(first_ + 1, absl::DataLossError("damaged"));
  EXPECT_TRUE(absl::IsDataLoss((*outcome)->status()));
  EXPECT_TRUE(calls_.cancelled(first_));
  calls_.Answer(first_, LoginDecision());
}

TEST_F(HedgedConnectionTest, AsksOnceWhereTheTimeoutIsShorterThanTheDelay) {
  Check(kDelay);
  EXPECT_EQ(timers_.pending(), 0);
  calls_.Answer(first_, LoginDecision());
}

TEST_F(HedgedConnectionTest, NeverAsksASecondTimeForMoreThanOneInTwenty) {
  size_t checks = 19;
  for (int i = 0; i < 500; ++i) {
    Check();
    ++checks;
    timers_.Advance(kDelay);
    ASSERT_LE(calls_.size() - checks, checks / 20);
  }
  EXPECT_EQ(calls_.size() - checks, checks / 20);
  for (size_t i = 19; i < calls_.size(); ++i) calls_.Answer(i, LoginDecision());
}

TEST_F(HedgedConnectionTest, SavesUpForNoMoreThanTenInARow) {
  for (int i = 0; i < 1000; ++i) CheckAtOnce();
  const size_t before = calls_.size();
  for (int i = 0; i < 19; ++i) {
    Check();
    timers_.Advance(kDelay);
  }
  EXPECT_EQ(calls_.size() - before, 19 + 10);
  for (size_t i = before; i < calls_.size(); ++i) calls_.Answer(i, LoginDecision());
}

TEST_F(HedgedConnectionTest, LetsAThreadWait) {
  std::thread waits([&] {
    EXPECT_EQ(
        connection_->CheckLogin({.email = "a@b.example", .timeout = absl::Seconds(1)})->revision,
        7);
  });
  calls_.WaitForCalls(first_ + 1);
  timers_.Advance(kDelay);
  calls_.Answer(first_ + 1, LoginDecision{.revision = 7});
  waits.join();
  calls_.Answer(first_, absl::CancelledError("cancelled"));
}

TEST_F(HedgedConnectionTest, WaitsForItsCallbacksAtItsEnd) {
  const auto outcome = Check();
  timers_.Advance(kDelay);
  std::thread answer([&] {
    calls_.Answer(first_, LoginDecision{.revision = 7});
    calls_.Answer(first_ + 1, absl::CancelledError("cancelled"));
  });
  connection_.reset();
  EXPECT_EQ((**outcome)->revision, 7);
  answer.join();
}

}  // namespace
}  // namespace gatehouse::client
