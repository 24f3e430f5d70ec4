#include "client/policy_follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "policy/errors.h"
#include "tests/client/fake_policy_server.h"
#include "tests/client/fake_timers.h"

namespace gatehouse::client {
namespace {

using ::testing::SizeIs;

absl::Duration Seconds(double seconds) { return absl::Seconds(seconds); }

// A follower of a fake server, whose first stream is open.
class PolicyFollowerTest : public ::testing::Test {
 protected:
  PolicyFollowerTest() { timers_.Advance(absl::ZeroDuration()); }

  bool HasRule(const std::string& domain) const {
    const PublishedRules* const rules = follower_.Get();
    return rules != nullptr && rules->table().Match(domain) != nullptr;
  }
  int64_t revision() const { return follower_.Get()->revision(); }
  absl::Duration Age() const {
    return absl::FromChrono(timers_.Now() - follower_.Get()->fresh_at());
  }

  FakeTimers timers_;
  FakePolicyServer server_;
  std::unique_ptr<PolicyConnection> connection_ = server_.Connect();
  PolicyFollower follower_{connection_.get(), &timers_};
};

TEST(FreshAt, CountsFromWhenTheStreamWasAskedForWhateverTheNetworkDoes) {
  const MonotonicTime asked = MonotonicTime(std::chrono::hours(5));
  const auto fresh_after = [&](absl::Duration stream_time, absl::Duration received) {
    return absl::FromChrono(
        FreshAt(asked, stream_time, asked + absl::ToChronoNanoseconds(received)) - asked);
  };
  // However late it is received.
  EXPECT_EQ(fresh_after(Seconds(10), Seconds(10)), Seconds(9.99));
  EXPECT_EQ(fresh_after(Seconds(10), Seconds(500)), Seconds(9.99));
  EXPECT_EQ(fresh_after(absl::ZeroDuration(), Seconds(500)), absl::ZeroDuration());
  // A server whose clock runs ahead, or which sends nonsense.
  EXPECT_EQ(fresh_after(Seconds(600), Seconds(10)), Seconds(9.99));
  EXPECT_EQ(fresh_after(absl::InfiniteDuration(), Seconds(10)), Seconds(9.99));
  EXPECT_EQ(fresh_after(Seconds(-600), Seconds(10)), absl::ZeroDuration());
}

TEST_F(PolicyFollowerTest, AsksForAllRulesFirst) {
  ASSERT_THAT(server_.streams, SizeIs(1));
  EXPECT_EQ(server_.last().after_revision, 0);
  EXPECT_EQ(follower_.Get(), nullptr);
}

TEST_F(PolicyFollowerTest, PublishesARevisionOnlyOnceAllOfItIsThere) {
  server_.last().Send(PolicyMessage{.rules = {EnforcedRule("a.example")}, .reset = true});
  EXPECT_EQ(follower_.Get(), nullptr);
  server_.last().Send(PolicyMessage{.revision = 7, .rules = {EnforcedRule("b.example")}});
  EXPECT_TRUE(HasRule("a.example"));
  EXPECT_TRUE(HasRule("b.example"));
  EXPECT_EQ(revision(), 7);

  server_.last().Send(PolicyMessage{.rules = {EnforcedRule("c.example")}});
  server_.last().Send(PolicyMessage{.removed = {"a.example"}});
  EXPECT_TRUE(HasRule("a.example"));
  EXPECT_FALSE(HasRule("c.example"));
  EXPECT_EQ(revision(), 7);
  server_.last().Send(PolicyMessage{.revision = 8});
  EXPECT_FALSE(HasRule("a.example"));
  EXPECT_TRUE(HasRule("c.example"));
  EXPECT_EQ(revision(), 8);
}

TEST_F(PolicyFollowerTest, TakesAHeartbeatForANewerRevisionOfTheSameRules) {
  server_.last().Send(PolicyMessage{.revision = 7, .rules = {EnforcedRule("a.example")}});
  const PublishedRules* const before = follower_.Get();
  timers_.Advance(Seconds(1));
  server_.last().Send(PolicyMessage{.revision = 9, .stream_time = Seconds(1)});
  EXPECT_EQ(follower_.Get(), before);
  EXPECT_EQ(revision(), 9);
  EXPECT_LE(Age(), absl::Milliseconds(1));
}

TEST_F(PolicyFollowerTest, ForgetsEveryRuleAtAReset) {
  server_.last().Send(PolicyMessage{.revision = 7, .rules = {EnforcedRule("a.example")}});
  server_.last().Send(PolicyMessage{.rules = {EnforcedRule("b.example")}, .reset = true});
  EXPECT_TRUE(HasRule("a.example"));
  server_.last().Send(PolicyMessage{.revision = 3});
  EXPECT_FALSE(HasRule("a.example"));
  EXPECT_TRUE(HasRule("b.example"));
  EXPECT_EQ(revision(), 3);
}

TEST_F(PolicyFollowerTest, DoesNotTakeADelayedHeartbeatForFresh) {
  server_.last().Send(PolicyMessage{.revision = 7});
  timers_.Advance(Seconds(9));
  // Made one second after the stream was opened.
  server_.last().Send(PolicyMessage{.revision = 7, .stream_time = Seconds(1)});
  EXPECT_GE(Age(), Seconds(8));
  // And so is a change that comes as late, though it is taken.
  server_.last().Send(PolicyMessage{
      .revision = 8, .stream_time = Seconds(2), .rules = {EnforcedRule("a.example")}});
  EXPECT_TRUE(HasRule("a.example"));
  EXPECT_GE(Age(), Seconds(7));
}

TEST_F(PolicyFollowerTest, AgesWhileNothingComes) {
  server_.last().Send(PolicyMessage{.revision = 7, .heartbeat_interval = Seconds(100)});
  EXPECT_EQ(Age(), absl::ZeroDuration());
  timers_.Advance(Seconds(50));
  EXPECT_EQ(Age(), Seconds(50));
}

TEST_F(PolicyFollowerTest, CountsAStreamThatWasSlowToOpenAsOldUntilAnotherReplacesIt) {
  timers_.Advance(Seconds(5));
  server_.last().Send(PolicyMessage{.revision = 7, .heartbeat_interval = Seconds(100)});
  EXPECT_EQ(Age(), Seconds(5));
  timers_.Advance(Seconds(5));
  ASSERT_THAT(server_.streams, SizeIs(2));
  EXPECT_TRUE(server_.streams[0]->cancelled);
  EXPECT_EQ(server_.last().after_revision, 7);
  server_.last().Send(PolicyMessage{.revision = 7});
  EXPECT_EQ(Age(), absl::ZeroDuration());
}

TEST_F(PolicyFollowerTest, ResumesAtTheRevisionReachedAndForgetsWhatWasBegun) {
  server_.last().Send(PolicyMessage{.revision = 7, .rules = {EnforcedRule("a.example")}});
  server_.last().Send(PolicyMessage{.rules = {EnforcedRule("half.example")}, .reset = true});
  server_.last().End(absl::UnavailableError("gone"));
  EXPECT_EQ(follower_.last_error(), absl::UnavailableError("gone"));
  timers_.Advance(Seconds(0.1));
  ASSERT_THAT(server_.streams, SizeIs(2));
  EXPECT_EQ(server_.last().after_revision, 7);
  EXPECT_TRUE(HasRule("a.example"));
  server_.last().Send(PolicyMessage{.revision = 9, .rules = {EnforcedRule("b.example")}});
  EXPECT_TRUE(HasRule("a.example"));
  EXPECT_TRUE(HasRule("b.example"));
  EXPECT_FALSE(HasRule("half.example"));
  EXPECT_EQ(follower_.last_error(), absl::OkStatus());
}

TEST_F(PolicyFollowerTest, FindsOutByItselfThatTheServerEndedItsStreamWithNoReason) {
  server_.last().End(absl::OkStatus());
  EXPECT_TRUE(absl::IsUnavailable(follower_.last_error()));
  timers_.Advance(Seconds(0.1));
  EXPECT_THAT(server_.streams, SizeIs(2));
}

TEST_F(PolicyFollowerTest, PausesLongerAfterEachFailureUpToABound) {
  double longest = 0.1;
  for (int i = 0; i < 12; ++i) {
    const size_t opened = server_.streams.size();
    server_.last().End(absl::UnavailableError("gone"));
    timers_.Advance(0.49 * Seconds(longest));
    ASSERT_THAT(server_.streams, SizeIs(opened)) << i;
    timers_.Advance(0.52 * Seconds(longest));
    ASSERT_THAT(server_.streams, SizeIs(opened + 1)) << i;
    longest = std::min(2 * longest, 10.0);
  }
  // A stream that brings rules begins again.
  server_.last().Send(PolicyMessage{.revision = 7});
  server_.last().End(absl::UnavailableError("gone"));
  const size_t opened = server_.streams.size();
  timers_.Advance(Seconds(0.1));
  EXPECT_THAT(server_.streams, SizeIs(opened + 1));
}

TEST_F(PolicyFollowerTest, GivesUpAStreamThatMissesItsHeartbeats) {
  server_.last().Send(PolicyMessage{.revision = 7, .heartbeat_interval = Seconds(2)});
  for (int i = 1; i <= 10; ++i) {
    timers_.Advance(Seconds(5.9));
    server_.last().Send(PolicyMessage{.revision = 7, .stream_time = i * Seconds(5.9)});
  }
  ASSERT_THAT(server_.streams, SizeIs(1));
  timers_.Advance(Seconds(6.1));
  EXPECT_TRUE(server_.streams[0]->cancelled);
  ASSERT_THAT(server_.streams, SizeIs(2));
  EXPECT_TRUE(absl::IsDeadlineExceeded(follower_.last_error()));
}

TEST_F(PolicyFollowerTest, GivesUpAStreamThatNeverSaysAnything) {
  timers_.Advance(Seconds(9.9));
  ASSERT_THAT(server_.streams, SizeIs(1));
  timers_.Advance(Seconds(0.2));
  EXPECT_TRUE(server_.streams[0]->cancelled);
  EXPECT_THAT(server_.streams, SizeIs(2));
}

TEST_F(PolicyFollowerTest, ReplacesAStreamBeforeTheDriftOfClocksShows) {
  server_.last().Send(PolicyMessage{.revision = 7, .heartbeat_interval = Seconds(1000)});
  timers_.Advance(absl::Minutes(7.9));
  ASSERT_THAT(server_.streams, SizeIs(1));
  for (int i = 0; i < 252 && server_.streams.size() < 2; ++i) timers_.Advance(Seconds(1));
  ASSERT_THAT(server_.streams, SizeIs(2));
  EXPECT_TRUE(server_.streams[0]->cancelled);
  EXPECT_EQ(server_.last().after_revision, 7);
  // It is no failure.
  EXPECT_EQ(follower_.last_error(), absl::OkStatus());
}

TEST_F(PolicyFollowerTest, IgnoresWhatAStreamSaysThatWasGivenUp) {
  timers_.Advance(Seconds(10.2));
  ASSERT_THAT(server_.streams, SizeIs(2));
  server_.streams[0]->Send(PolicyMessage{.revision = 7, .rules = {EnforcedRule("a.example")}});
  server_.streams[0]->End(absl::CancelledError("cancelled"));
  EXPECT_EQ(follower_.Get(), nullptr);
  timers_.Advance(Seconds(1));
  EXPECT_THAT(server_.streams, SizeIs(2));
}

TEST_F(PolicyFollowerTest, AsksForAllRulesAnewWhereItsRevisionIsNeverReached) {
  const absl::Status not_reached =
      Error(absl::StatusCode::kUnavailable, reason::kRevisionNotReached, "not yet").Build();
  server_.last().Send(PolicyMessage{.revision = 7, .rules = {EnforcedRule("a.example")}});
  server_.last().End(absl::UnavailableError("restored from a backup"));
  const MonotonicTime begin = timers_.Now();
  for (;;) {
    timers_.Advance(Seconds(10));
    if (server_.last().after_revision == 0) break;
    ASSERT_LT(timers_.Now() - begin, std::chrono::minutes(2));
    EXPECT_EQ(server_.last().after_revision, 7);
    EXPECT_TRUE(HasRule("a.example"));
    server_.last().End(not_reached);
  }
  EXPECT_GE(timers_.Now() - begin, std::chrono::seconds(30));
  // The old rules stay until the others are complete.
  server_.last().Send(PolicyMessage{.rules = {EnforcedRule("b.example")}});
  EXPECT_TRUE(HasRule("a.example"));
  server_.last().Send(PolicyMessage{.revision = 3});
  EXPECT_FALSE(HasRule("a.example"));
  EXPECT_TRUE(HasRule("b.example"));
}

TEST_F(PolicyFollowerTest, OutlivesItsCallbacks) {
  FakePolicyServer server;
  const std::unique_ptr<PolicyConnection> connection = server.Connect();
  {
    const PolicyFollower follower(connection.get(), &timers_);
    timers_.Advance(absl::ZeroDuration());
    ASSERT_THAT(server.streams, SizeIs(1));
  }
  EXPECT_TRUE(server.last().cancelled);
  server.last().Send(PolicyMessage{.revision = 7});
  server.last().End(absl::CancelledError("cancelled"));
  timers_.Advance(absl::Minutes(1));
  EXPECT_THAT(server.streams, SizeIs(1));
}

TEST_F(PolicyFollowerTest, LetsOthersWaitForRules) {
  const auto any = [](const PublishedRules&) { return true; };
  EXPECT_FALSE(follower_.WaitFor(absl::ZeroDuration(), any));
  server_.last().Send(PolicyMessage{.revision = 7});
  EXPECT_TRUE(follower_.WaitFor(absl::ZeroDuration(), any));
  EXPECT_FALSE(follower_.WaitFor(absl::ZeroDuration(),
                                 [](const PublishedRules& rules) { return rules.revision() > 7; }));
}

}  // namespace
}  // namespace gatehouse::client
