// Following the rules: all of them, then what changes, to however many.
#include "server/managers/policy_watch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "storage/records/keys.h"
#include "tests/server/managers/policy_watch_world.h"

namespace gatehouse {
namespace {

using storage::FailingEngine;

constexpr char kSso[] = "acme VERIFIED ENFORCE at https://idp.test/sso";

// How many of the updates brought rules or removals.
int WithPieces(const std::vector<PolicyUpdate>& updates) {
  int count = 0;
  for (const PolicyUpdate& update : updates) count += update.pieces != nullptr ? 1 : 0;
  return count;
}

TEST_F(PolicyWatchTest, GivesAllRulesAndThenWhatEachCommitChanges) {
  StoredOrganization acme(&runner_, "acme");
  acme.Hold("acme.test").Hold("other.test");
  PolicyWatch watch(&feed_, &encoding_, {.now = clock_.AsFunction()});
  const auto follower = PolicyFollower::Open(watch);
  EXPECT_EQ(follower->WaitFor(now()).rules,
            (RuleMap{{"acme.test", "acme VERIFIED"}, {"other.test", "acme VERIFIED"}}));
  const auto first = follower->updates();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_TRUE(first[0].reset);
  EXPECT_EQ(first[0].heartbeat, absl::Seconds(1));

  acme.Enforce("acme.test");
  EXPECT_EQ(follower->WaitFor(now()).rules,
            (RuleMap{{"acme.test", kSso}, {"other.test", "acme VERIFIED"}}));
  acme.Release("acme.test");
  acme.Hold("third.test", DomainState::kAtRisk);
  EXPECT_EQ(follower->WaitFor(now()).rules, (RuleMap{{"acme.test", "acme VERIFIED"},
                                                     {"other.test", "acme VERIFIED"},
                                                     {"third.test", "acme AT_RISK"}}));
  // The clock stands still: no heartbeat brought any of it.
  for (const PolicyUpdate& update : follower->updates()) EXPECT_NE(update.pieces, nullptr);
}

TEST_F(PolicyWatchTest, ForgetsTheRulesOfBeforeEvenIfThereIsNone) {
  PolicyWatch watch(&feed_, &encoding_);
  StoredOrganization acme(&runner_, "acme");
  const auto follower =
      PolicyFollower::Open(watch, {.rules = {{"gone.test", "acme VERIFIED"}}, .revision = 0});
  EXPECT_EQ(follower->WaitFor(now()).rules, RuleMap());
  EXPECT_TRUE(follower->updates()[0].reset);
}

TEST_F(PolicyWatchTest, TellsThatADomainHasNoRuleAnyMore) {
  StoredOrganization acme(&runner_, "acme");
  acme.Hold("acme.test").Hold("gone.test");
  PolicyWatch watch(&feed_, &encoding_, {.now = clock_.AsFunction()});
  const auto follower = PolicyFollower::Open(watch);
  follower->WaitFor(now());
  Remove(acme.id(), "gone.test");
  EXPECT_EQ(follower->WaitFor(now()).rules, (RuleMap{{"acme.test", "acme VERIFIED"}}));
  EXPECT_EQ(*follower->updates().back().pieces, "-gone.test\n");
}

TEST_F(PolicyWatchTest, AProfileThatChangesWhereToSignInChangesTheRulesThatSendThere) {
  StoredOrganization acme(&runner_, "acme");
  acme.Hold("acme.test").Enforce("acme.test").Hold("open.test");
  PolicyWatch watch(&feed_, &encoding_, {.now = clock_.AsFunction()});
  const auto follower = PolicyFollower::Open(watch);
  follower->WaitFor(now());
  ChangeProfile(acme.id(), [](SsoProfile& p) { p.saml.idp_sso_url = "https://new.test/sso"; });
  follower->WaitFor(now());
  EXPECT_EQ(*follower->updates().back().pieces,
            "+acme.test acme VERIFIED ENFORCE at https://new.test/sso\n");
}

TEST_F(PolicyWatchTest, CommitsThatChangeNoRuleOnlyMoveTheRevisionOfTheNextHeartbeat) {
  StoredOrganization acme(&runner_, "acme");
  acme.Hold("acme.test").Enforce("acme.test");
  PolicyWatch watch(&feed_, &encoding_, {.now = clock_.AsFunction()});
  const auto follower = PolicyFollower::Open(watch);
  follower->WaitFor(now());
  for (int i = 0; i < 100; ++i) acme.Add({.email = absl::StrCat("u", i, "@acme.test")});
  // These are looked at, and found to show nothing new.
  acme.Hold("acme.test");
  ChangeProfile(acme.id(), [](SsoProfile& p) { p.display_name = "renamed"; });
  const storage::Revision quiet = now();
  // What follows is the first that is sent.
  acme.Hold("second.test");
  follower->WaitForRules(RulesIn(engine_));
  const auto updates = follower->updates();
  ASSERT_EQ(updates.size(), 2u) << "something was sent between";
  EXPECT_EQ(*updates[1].pieces, "+second.test acme VERIFIED\n");
  EXPECT_GT(updates[1].revision, quiet);

  acme.Add({.email = "last@acme.test"});
  EXPECT_LT(follower->known().revision, now());
  clock_.Advance(absl::Seconds(1));
  follower->WaitFor(now());
  EXPECT_EQ(WithPieces(follower->updates()), 2);
  EXPECT_EQ(watch.counts().heartbeats, 1u);
  EXPECT_EQ(watch.counts().rule_updates, 2u);
}

TEST_F(PolicyWatchTest, BeatsByTheClockAndTellsHowLongTheStreamHasBeenOpen) {
  PolicyWatch watch(&feed_, &encoding_,
                    {.heartbeat = absl::Milliseconds(10), .now = clock_.AsFunction()});
  StoredOrganization acme(&runner_, "acme");
  clock_.Advance(absl::Hours(1));  // what was before the stream does not count
  const auto follower = PolicyFollower::Open(watch);
  EXPECT_EQ(follower->WaitForUpdates(1)[0].stream_time, absl::ZeroDuration());
  EXPECT_EQ(follower->updates()[0].heartbeat, absl::Milliseconds(10));
  for (size_t i = 1; i <= 5; ++i) {
    clock_.Advance(absl::Milliseconds(10));
    const PolicyUpdate beat = follower->WaitForUpdates(i + 1)[i];
    EXPECT_EQ(beat.stream_time, absl::Milliseconds(10 * i));
    EXPECT_EQ(beat.revision, now());
    EXPECT_EQ(beat.pieces, nullptr);
  }
  // It beats no sooner: a change, which comes at once, is all there is.
  clock_.Advance(absl::Milliseconds(8));
  acme.Hold("acme.test");
  follower->WaitForRules(RulesIn(engine_));
  EXPECT_EQ(follower->updates().size(), 7u);
  EXPECT_NE(follower->updates().back().pieces, nullptr);
}

TEST_F(PolicyWatchTest, BringsSeveralChangesOfADomainAsOne) {
  StoredOrganization acme(&runner_, "acme");
  acme.Hold("acme.test").Hold("second.test").Hold("gone.test");
  PolicyWatch watch(&feed_, &encoding_, {.now = clock_.AsFunction()});
  const auto slow = PolicyFollower::Open(watch, {}, /*reads=*/false);
  const auto quick = PolicyFollower::Open(watch);
  slow->WaitForUpdates(1);
  for (int i = 0; i < 20; ++i) acme.Enforce("acme.test").Release("acme.test");
  acme.Enforce("acme.test").Enforce("second.test");
  Remove(acme.id(), "gone.test");
  quick->WaitFor(now());
  slow->ReadOn();
  EXPECT_EQ(slow->WaitFor(now()).rules, RulesIn(engine_));
  const auto updates = slow->updates();
  ASSERT_EQ(updates.size(), 2u);
  const std::vector<std::string> lines =
      absl::StrSplit(*updates[1].pieces, '\n', absl::SkipEmpty());
  EXPECT_EQ(std::set<std::string>(lines.begin(), lines.end()),
            (std::set<std::string>{absl::StrCat("+acme.test ", kSso),
                                   absl::StrCat("+second.test ", kSso), "-gone.test"}));
  EXPECT_EQ(lines.size(), 3u);
}

TEST_F(PolicyWatchTest, MessagesAreBoundedAndOnlyTheLastOneIsAState) {
  StoredOrganization acme(&runner_, "acme");
  for (int i = 0; i < 10; ++i) acme.Hold(absl::StrCat("d", i, ".test"));
  PolicyWatch watch(&feed_, &encoding_, {.message = {.max_pieces = 3}, .now = clock_.AsFunction()});
  const auto follower = PolicyFollower::Open(watch);
  const KnownRules first = follower->WaitFor(now());
  EXPECT_EQ(first.rules, RulesIn(engine_));
  follower->Close();
  for (int i = 0; i < 10; i += 2) acme.Enforce(absl::StrCat("d", i, ".test"));
  // The watch takes commits in as it hears of them: all of them, before a stream
  // that is to get them as one state.
  PolicyFollower::Open(watch)->WaitFor(now());
  const auto again = PolicyFollower::Open(watch, first);
  EXPECT_EQ(again->WaitFor(now()).rules, RulesIn(engine_));
  for (const auto& [updates, reset, least] :
       {std::tuple(follower->updates(), true, 4u), std::tuple(again->updates(), false, 2u)}) {
    EXPECT_GE(updates.size(), least);
    for (size_t i = 0; i < updates.size(); ++i) {
      ASSERT_NE(updates[i].pieces, nullptr);
      EXPECT_LE(std::count(updates[i].pieces->begin(), updates[i].pieces->end(), '\n'), 3);
      EXPECT_EQ(updates[i].revision != 0, i + 1 == updates.size());
      EXPECT_EQ(updates[i].reset, reset && i == 0);
    }
  }
}

TEST_F(PolicyWatchTest, ResumesFromItsLogWithoutReadingTheStore) {
  StoredOrganization acme(&runner_, "acme");
  acme.Hold("acme.test").Hold("other.test");
  PolicyWatch watch(&feed_, &encoding_, {.now = clock_.AsFunction()});
  const auto follower = PolicyFollower::Open(watch);
  const KnownRules before = follower->WaitFor(now());
  acme.Enforce("acme.test");
  const KnownRules between = follower->WaitFor(now());
  Remove(acme.id(), "other.test");
  const KnownRules after = follower->WaitFor(now());

  const int reads = engine_.calls(FailingEngine::Method::kNewSnapshot);
  const struct {
    KnownRules known;
    std::string pieces;
  } cases[] = {
      {before, "two"},
      {between, "-other.test\n"},
      {after, ""},
  };
  for (const auto& c : cases) {
    const auto resumed = PolicyFollower::Open(watch, c.known);
    const PolicyUpdate first = resumed->WaitForUpdates(1)[0];
    EXPECT_FALSE(first.reset);
    EXPECT_EQ(first.revision, now()) << "it is no state at once";
    EXPECT_EQ(resumed->WaitFor(now()).rules, after.rules);
    if (c.pieces != "two") {
      EXPECT_EQ(first.pieces == nullptr ? "" : *first.pieces, c.pieces);
    }
    resumed->Close();
  }
  EXPECT_EQ(engine_.calls(FailingEngine::Method::kNewSnapshot), reads);
}

TEST_F(PolicyWatchTest, BeginsAnewWhereItsLogDoesNotReach) {
  StoredOrganization acme(&runner_, "acme");
  acme.Hold("old.test");
  const storage::Revision before_start = now() - 1;
  PolicyWatch watch(&feed_, &encoding_, {.max_log = 2, .now = clock_.AsFunction()});
  const auto follower = PolicyFollower::Open(watch);
  const storage::Revision at_start = follower->WaitFor(now()).revision;
  for (int i = 0; i < 3; ++i) {
    acme.Hold(absl::StrCat("d", i, ".test"));
    follower->WaitForRules(RulesIn(engine_));
  }
  const RuleMap wrong = {{"not-in-the-store.test", "x"}};
  for (const storage::Revision after : {storage::Revision{0}, before_start, at_start}) {
    const auto resumed = PolicyFollower::Open(watch, {wrong, after});
    EXPECT_TRUE(resumed->WaitForUpdates(1)[0].reset) << after;
    EXPECT_EQ(resumed->WaitFor(now()).rules, RulesIn(engine_)) << after;
  }
}

TEST_F(PolicyWatchTest, DropsAReaderForWhomTooMuchWaitsAndHarmsNobodyElse) {
  StoredOrganization acme(&runner_, "acme");
  PolicyWatch watch(&feed_, &encoding_, {.max_log = 5, .now = clock_.AsFunction()});
  const auto quick = PolicyFollower::Open(watch);
  const auto stuck = PolicyFollower::Open(watch, {}, /*reads=*/false);
  stuck->WaitForUpdates(1);
  // However often few domains change, few wait.
  for (int i = 0; i < 20; ++i) {
    acme.Hold("acme.test", i % 2 == 0 ? DomainState::kAtRisk : DomainState::kVerified);
    quick->WaitForRules(RulesIn(engine_));
  }
  EXPECT_EQ(watch.counts().streams, 2u);
  for (int i = 0; i < 6; ++i) {
    acme.Hold(absl::StrCat("d", i, ".test"));
    quick->WaitForRules(RulesIn(engine_));
  }
  const absl::Status ended = stuck->WaitForEnd();
  EXPECT_EQ(ended.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(ended), reason::kWatchTooSlow);
  EXPECT_EQ(watch.counts().ended_too_slow, 1u);
  EXPECT_EQ(watch.counts().streams, 1u);
  EXPECT_EQ(quick->known().rules, RulesIn(engine_));
  // It goes on from where it was.
  const auto again = PolicyFollower::Open(watch, stuck->known());
  EXPECT_EQ(again->WaitFor(now()).rules, RulesIn(engine_));
}

TEST_F(PolicyWatchTest, DropsAReaderThatTakesNothingForTooLong) {
  StoredOrganization acme(&runner_, "acme");
  PolicyWatch watch(&feed_, &encoding_,
                    {.heartbeat = absl::Milliseconds(10),
                     .max_wait = absl::Seconds(30),
                     .now = clock_.AsFunction()});
  const auto quick = PolicyFollower::Open(watch);
  const auto stuck = PolicyFollower::Open(watch, {}, /*reads=*/false);
  stuck->WaitForUpdates(1);
  clock_.Advance(absl::Seconds(30));
  acme.Hold("acme.test");
  quick->WaitForRules(RulesIn(engine_));
  EXPECT_EQ(watch.counts().streams, 2u) << "dropped too soon";
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(ReasonOf(stuck->WaitForEnd()), reason::kWatchTooSlow);
  EXPECT_EQ(watch.counts().streams, 1u);
}

TEST_F(PolicyWatchTest, AChangeLargerThanTheLogStillReachesWhoeverReads) {
  StoredOrganization acme(&runner_, "acme");
  for (int i = 0; i < 50; ++i) {
    acme.Hold(absl::StrCat("d", i, ".test")).Enforce(absl::StrCat("d", i, ".test"));
  }
  PolicyWatch watch(&feed_, &encoding_,
                    {.max_log = 10, .message = {.max_pieces = 7}, .now = clock_.AsFunction()});
  const auto follower = PolicyFollower::Open(watch);
  follower->WaitFor(now());
  ChangeProfile(acme.id(), [](SsoProfile& p) { p.saml.idp_sso_url = "https://new.test/sso"; });
  EXPECT_EQ(follower->WaitFor(now()).rules, RulesIn(engine_));
}

TEST_F(PolicyWatchTest, AThousandWatchersAtOnceAllSeeTheFinalState) {
  StoredOrganization acme(&runner_, "acme");
  for (int i = 0; i < 20; ++i) acme.Hold(absl::StrCat("d", i, ".test"));
  PolicyWatch watch(&feed_, &encoding_, {.message = {.max_pieces = 8}});
  std::vector<std::shared_ptr<PolicyFollower>> followers;
  for (int i = 0; i < 1000; ++i) followers.push_back(PolicyFollower::Open(watch));
  for (int i = 0; i < 20; ++i) {
    acme.Enforce(absl::StrCat("d", i, ".test"));
    if (i % 3 == 0) Remove(acme.id(), absl::StrCat("d", 19 - i, ".test"));
  }
  const RuleMap expected = RulesIn(engine_);
  std::set<const std::string*> last;
  for (const auto& follower : followers) {
    ASSERT_EQ(follower->WaitFor(now()).rules, expected);
    for (const PolicyUpdate& update : follower->updates()) last.insert(update.pieces.get());
  }
  // All of them share what was encoded: far fewer messages than were sent.
  EXPECT_LT(last.size(), 1000u);
  EXPECT_EQ(watch.counts().streams, 1000u);
}

TEST_F(PolicyWatchTest, EndsTheStreamsWhileTheStoreCannotBeReadAndLosesNothing) {
  StoredOrganization acme(&runner_, "acme");
  acme.Hold("acme.test");
  PolicyWatch watch(&feed_, &encoding_,
                    {.heartbeat = absl::Milliseconds(10), .now = clock_.AsFunction()});
  const auto before = PolicyFollower::Open(watch);
  const KnownRules known = before->WaitFor(now());
  engine_.FailAlways(FailingEngine::Method::kSnapshotGet, absl::UnavailableError("disk"));
  ASSERT_TRUE(engine_
                  .Commit({.conditions = {},
                           .writes = {{std::string(1, storage::keys::kDomainHolder) + "/acme.test",
                                       std::nullopt}}})
                  .ok());
  EXPECT_EQ(before->WaitForEnd().code(), absl::StatusCode::kUnavailable);
  const auto meanwhile = PolicyFollower::Open(watch, known);
  EXPECT_EQ(meanwhile->WaitForEnd().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(meanwhile->updates().empty()) << "told a state that it does not know";
  engine_.Heal();
  // The retry may still be the one that fails.
  for (;;) {
    const auto after = PolicyFollower::Open(watch, known);
    if (after->WaitForUpdates(1).empty()) continue;
    EXPECT_EQ(after->WaitFor(now()).rules, RuleMap());
    EXPECT_FALSE(after->updates()[0].reset);
    break;
  }
}

TEST_F(PolicyWatchTest, EndsEveryStreamAtShutdown) {
  PolicyWatch watch(&feed_, &encoding_);
  const auto reading = PolicyFollower::Open(watch);
  const auto stuck = PolicyFollower::Open(watch, {}, /*reads=*/false);
  stuck->WaitForUpdates(1);
  watch.Shutdown();
  for (const auto& follower : {reading, stuck}) {
    const absl::Status ended = follower->WaitForEnd();
    EXPECT_EQ(ended.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf(ended), reason::kShuttingDown);
  }
  EXPECT_EQ(watch.counts().streams, 0u);
  const auto late = watch.Open(0, std::make_shared<PolicyFollower>());
  EXPECT_EQ(ReasonOf(late.status()), reason::kShuttingDown);
}

TEST_F(PolicyWatchTest, RefusesWhatCannotBeFollowed) {
  PolicyWatch watch(&feed_, &encoding_, {.max_streams = 1});
  const auto open = [&](int64_t after) {
    return watch.Open(after, std::make_shared<PolicyFollower>()).status();
  };
  EXPECT_EQ(open(-1).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(open(1).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(open(1)), reason::kRevisionNotReached);
  const auto follower = PolicyFollower::Open(watch);
  EXPECT_EQ(open(0).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(open(0)), reason::kOverloaded);
  follower->Close();
  EXPECT_EQ(watch.counts().streams, 0u);
  PolicyFollower::Open(watch);
}

}  // namespace
}  // namespace gatehouse
