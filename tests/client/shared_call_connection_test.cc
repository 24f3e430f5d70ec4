#include "client/shared_call_connection.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/client/fake_calls.h"
#include "tests/client/fake_timers.h"

namespace gatehouse::client {
namespace {

using Outcome = std::optional<absl::StatusOr<LoginDecision>>;

class SharedCallConnectionTest : public ::testing::Test {
 protected:
  static CheckLoginCall Call(absl::Duration timeout = absl::Seconds(1)) {
    return {.email = "a@b.example", .timeout = timeout};
  }
  // Its outcome, once it is there.
  std::shared_ptr<Outcome> Check(const CheckLoginCall& call) {
    auto outcome = std::make_shared<Outcome>();
    connection_->AsyncCheckLogin(call, [outcome](auto result) {
      EXPECT_FALSE(outcome->has_value());
      *outcome = std::move(result);
    });
    return outcome;
  }

  FakeTimers timers_;
  FakeCalls calls_;
  std::unique_ptr<LoginConnection> connection_ =
      MakeSharedCallConnection(calls_.Connect(), &timers_);
};

TEST_F(SharedCallConnectionTest, SharesOneCallAmongTheSameChecks) {
  const auto first = Check(Call()), second = Check(Call()), third = Check(Call());
  EXPECT_EQ(calls_.size(), 1);
  EXPECT_FALSE(first->has_value() || second->has_value() || third->has_value());
  calls_.Answer(0, LoginDecision{.revision = 7});
  for (const auto& outcome : {first, second, third}) EXPECT_EQ((**outcome)->revision, 7);
  EXPECT_EQ(timers_.pending(), 0);
}

TEST_F(SharedCallConnectionTest, MakesANewCallOnceTheLastIsAnswered) {
  Check(Call());
  calls_.Answer(0, LoginDecision{.revision = 7});
  const auto later = Check(Call());
  EXPECT_EQ(calls_.size(), 2);
  EXPECT_FALSE(later->has_value());
  calls_.Answer(1, LoginDecision{.revision = 8});
  EXPECT_EQ((**later)->revision, 8);
}

TEST_F(SharedCallConnectionTest, SharesNothingAmongDifferentChecks) {
  CheckLoginCall other_email = Call(), other_action = Call(), other_revision = Call();
  other_email.email = "b@b.example";
  other_action.action = LoginAction::kPasswordReset;
  other_revision.min_revision = 5;
  for (const CheckLoginCall& call : {Call(), other_email, other_action, other_revision}) {
    Check(call);
  }
  ASSERT_EQ(calls_.size(), 4);
  EXPECT_EQ(calls_.call(1).email, "b@b.example");
  EXPECT_EQ(calls_.call(2).action, LoginAction::kPasswordReset);
  EXPECT_EQ(calls_.call(3).min_revision, 5);
  for (size_t i = 0; i < 4; ++i) calls_.Answer(i, LoginDecision());
}

TEST_F(SharedCallConnectionTest, LetsEachCheckEndByItsOwnTimeout) {
  const auto patient = Check(Call(absl::Seconds(2)));
  const auto hasty = Check(Call(absl::Seconds(1)));
  timers_.Advance(absl::Seconds(1));
  ASSERT_TRUE(hasty->has_value());
  EXPECT_TRUE(absl::IsDeadlineExceeded((*hasty)->status()));
  EXPECT_FALSE(patient->has_value());
  calls_.Answer(0, LoginDecision{.revision = 7});
  EXPECT_EQ((**patient)->revision, 7);
}

TEST_F(SharedCallConnectionTest, AsksAgainForThoseWhoHaveTimeWhenTheFirstHasNoneLeft) {
  const auto first = Check(Call(absl::Seconds(1)));
  const auto second = Check(Call(absl::Seconds(2)));
  const auto third = Check(Call(absl::Seconds(3)));
  timers_.Advance(absl::Seconds(1));
  calls_.Answer(0, absl::DeadlineExceededError("slow"));
  EXPECT_TRUE(absl::IsDeadlineExceeded((*first)->status()));
  EXPECT_FALSE(second->has_value());
  ASSERT_EQ(calls_.size(), 2);
  EXPECT_EQ(calls_.call(1).timeout, absl::Seconds(2));
  EXPECT_EQ(calls_.call(1).email, "a@b.example");
  // Who comes now joins it.
  const auto fourth = Check(Call(absl::Seconds(1)));
  EXPECT_EQ(calls_.size(), 2);
  calls_.Answer(1, LoginDecision{.revision = 8});
  for (const auto& outcome : {second, third, fourth}) EXPECT_EQ((**outcome)->revision, 8);
}

TEST_F(SharedCallConnectionTest, DoesNotAskAgainAfterAServerThatGivesUpEarly) {
  const auto first = Check(Call(absl::Seconds(1))), second = Check(Call(absl::Seconds(2)));
  calls_.Answer(0, absl::DeadlineExceededError("the server's own"));
  EXPECT_TRUE(absl::IsDeadlineExceeded((*first)->status()));
  EXPECT_TRUE(absl::IsDeadlineExceeded((*second)->status()));
  EXPECT_EQ(calls_.size(), 1);
}

TEST_F(SharedCallConnectionTest, SharesErrorsToo) {
  const auto first = Check(Call()), second = Check(Call());
  calls_.Answer(0, absl::UnavailableError("down"));
  EXPECT_EQ((*first)->status(), absl::UnavailableError("down"));
  EXPECT_EQ((*second)->status(), absl::UnavailableError("down"));
}

TEST_F(SharedCallConnectionTest, SharesAmongThreadsThatWait) {
  std::vector<std::thread> threads;
  std::vector<int64_t> revisions(4);
  threads.emplace_back([&] { revisions[0] = connection_->CheckLogin(Call())->revision; });
  calls_.WaitForCalls(1);
  for (int i = 1; i < 4; ++i) {
    threads.emplace_back([&, i] { revisions[i] = connection_->CheckLogin(Call())->revision; });
  }
  // Each that waits has a timer.
  while (timers_.pending() < 3) std::this_thread::yield();
  EXPECT_EQ(calls_.size(), 1);
  calls_.Answer(0, LoginDecision{.revision = 7});
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(revisions, std::vector<int64_t>(4, 7));
}

TEST_F(SharedCallConnectionTest, LetsAThreadThatWaitsEndByItsOwnTimeout) {
  const auto first = Check(Call(absl::Seconds(9)));
  absl::Status outcome;
  std::thread hasty([&] { outcome = connection_->CheckLogin(Call(absl::Seconds(1))).status(); });
  while (timers_.pending() < 1) std::this_thread::yield();
  timers_.Advance(absl::Seconds(1));
  hasty.join();
  EXPECT_TRUE(absl::IsDeadlineExceeded(outcome));
  calls_.Answer(0, LoginDecision());
}

TEST_F(SharedCallConnectionTest, WaitsForItsCallbacksAtItsEnd) {
  const auto first = Check(Call()), second = Check(Call());
  std::thread answer([&] { calls_.Answer(0, LoginDecision{.revision = 7}); });
  connection_.reset();
  EXPECT_EQ((**first)->revision, 7);
  EXPECT_EQ((**second)->revision, 7);
  answer.join();
}

}  // namespace
}  // namespace gatehouse::client
