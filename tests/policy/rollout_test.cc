#include "policy/rollout.h"

#include <array>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace gatehouse {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
const absl::Time kBefore = kNow - absl::Hours(1);
const absl::Time kEarlier = kNow - absl::Hours(2);
const absl::Time kAfter = kNow + absl::Hours(1);
const absl::Time kLater = kNow + absl::Hours(2);
const absl::Time kNever = absl::InfiniteFuture();
const absl::Time kAlways = absl::InfinitePast();

EmailAddress Address(const std::string& address) {
  return EmailAddress::Parse("email", address).value();
}

UserId Uid(absl::string_view id) { return UserId::FromTrusted(id); }

// Persisted by what it means: a changed value here moves users between waves.
TEST(BucketOf, IsWhatItAlwaysWas) {
  const std::pair<const char*, int> kBuckets[] = {
      {"ann@acme.example", 36},
      {"bob@acme.example", 19},
      {"bob@acme.test", 54},
      {"josé@bücher.example", 97},
  };
  for (const auto& [address, bucket] : kBuckets) {
    EXPECT_EQ(BucketOf(Address(address)), bucket) << address;
  }
}

TEST(BucketOf, IsTheSameForEachWayToWriteAnAddress) {
  EXPECT_EQ(BucketOf(Address("Ann@ACME.example")), BucketOf(Address("ann@acme.example")));
  EXPECT_EQ(BucketOf(Address("a@bücher.example")), BucketOf(Address("a@xn--bcher-kva.example")));
}

TEST(BucketOf, SpreadsAddressesEvenly) {
  std::array<int, 100> counts{};
  constexpr int kAddresses = 100'000;
  for (int i = 0; i < kAddresses; ++i) {
    const int bucket = BucketOf(Address(absl::StrCat("user", i, "@acme.example")));
    ASSERT_GE(bucket, 0);
    ASSERT_LT(bucket, 100);
    ++counts[static_cast<size_t>(bucket)];
  }
  // 1,000 in each, with a standard deviation of about 31.5.
  for (const int count : counts) {
    EXPECT_GT(count, 840);
    EXPECT_LT(count, 1160);
  }
}

struct CoverageCase {
  std::string when;
  std::function<void(Enforcement&)> narrow;
  RolloutFacts facts;
  Coverage coverage;
  absl::Time time;
};

TEST(CoverageOf, SaysWhoIsCoveredSinceWhenAndWhoIsNotYet) {
  const auto wave = [](int percent) {
    return [=](Enforcement& e) { e.rollout.percent = percent; };
  };
  const auto start = [](absl::Time time) {
    return [=](Enforcement& e) { e.rollout.start_time = time; };
  };
  const auto proof = [](absl::Time deadline, absl::Time begin = kAlways) {
    return [=](Enforcement& e) {
      e.rollout.require_proof = true;
      e.rollout.proof_deadline = deadline;
      e.rollout.start_time = begin;
    };
  };
  const auto paused = [](std::function<void(Enforcement&)> narrow) {
    return [=](Enforcement& e) {
      narrow(e);
      e.pause = Pause{.time = kBefore};
    };
  };
  const RolloutFacts none = {}, proven = {.proof_time = kBefore}, named = {99, true};
  const CoverageCase cases[] = {
      {"no rollout", [](Enforcement&) {}, {.bucket = 99}, Coverage::kCovered, kAlways},
      {"last of the wave", wave(10), {.bucket = 9}, Coverage::kCovered, kAlways},
      {"first outside", wave(10), {.bucket = 10}, Coverage::kNotInWave, kNever},
      {"nobody by percentage", wave(0), {.bucket = 0}, Coverage::kNotInWave, kNever},
      {"named", wave(0), named, Coverage::kCovered, kAlways},
      {"before the start", start(kAfter), none, Coverage::kScheduled, kAfter},
      {"at the start", start(kNow), none, Coverage::kCovered, kNow},
      {"outside before the start", [&](Enforcement& e) { wave(0)(e), start(kAfter)(e); }, none,
       Coverage::kNotInWave, kNever},
      {"unproven", proof(kNever), none, Coverage::kAwaitingProof, kNever},
      {"unproven before the deadline", proof(kAfter), none, Coverage::kAwaitingProof, kAfter},
      {"unproven at the deadline", proof(kNow), none, Coverage::kCovered, kNow},
      {"unproven before both", proof(kLater, kAfter), none, Coverage::kAwaitingProof, kLater},
      {"proven", proof(kNever), proven, Coverage::kCovered, kBefore},
      {"proven after the deadline", proof(kEarlier), proven, Coverage::kCovered, kEarlier},
      {"proven before the start", proof(kLater, kAfter), proven, Coverage::kScheduled, kAfter},
      {"proven, start since", proof(kNever, kNow), proven, Coverage::kCovered, kNow},
      {"proof not asked for", start(kEarlier), proven, Coverage::kCovered, kEarlier},
      {"paused", paused([](Enforcement&) {}), none, Coverage::kPaused, kNever},
      {"paused past the deadline", paused(proof(kEarlier)), none, Coverage::kPaused, kNever},
      {"paused, proven", paused(start(kEarlier)), proven, Coverage::kCovered, kEarlier},
      {"paused, proven, not started", paused(start(kAfter)), proven, Coverage::kScheduled, kAfter},
      {"paused, outside", paused(wave(0)), proven, Coverage::kNotInWave, kNever},
  };
  for (const CoverageCase& c : cases) {
    Enforcement enforcement;
    c.narrow(enforcement);
    const CoverageAt at = CoverageOf(enforcement, c.facts, kNow);
    EXPECT_EQ(at.coverage, c.coverage) << c.when;
    EXPECT_EQ(at.time, c.time) << c.when;
  }
}

TEST(Names, FindsUsersInTheSortedList) {
  const Rollout rollout = {.users = {Uid("u1"), Uid("u3")}};
  EXPECT_TRUE(Names(rollout, Uid("u1")));
  EXPECT_TRUE(Names(rollout, Uid("u3")));
  EXPECT_FALSE(Names(rollout, Uid("u2")));
  EXPECT_FALSE(Names(Rollout(), Uid("u1")));
}

TEST(Rollout, AsksOnlyForFactsThatMakeADifference) {
  Enforcement enforcement;
  EXPECT_FALSE(AsksForBucket(enforcement) || AsksForProof(enforcement));
  enforcement.rollout.percent = 99;
  EXPECT_TRUE(AsksForBucket(enforcement));
  enforcement.rollout.require_proof = true;
  EXPECT_TRUE(AsksForProof(enforcement));
  enforcement.rollout.require_proof = false;
  enforcement.pause = Pause{};
  EXPECT_TRUE(AsksForProof(enforcement));
}

struct WidensCase {
  std::string change;
  std::function<void(Enforcement&)> from;
  std::function<void(Enforcement&)> to;
  bool there;  // whether the change widens
  bool back;   // whether its reverse does
};

TEST(Widens, SaysWhetherAChangeAddsAnybodyToTheEnforced) {
  const auto same = [](Enforcement&) {};
  const auto start = [](absl::Time time) {
    return [=](Enforcement& e) { e.rollout.start_time = time; };
  };
  const auto wave = [](int percent, std::vector<UserId> users = {}) {
    return [=](Enforcement& e) {
      e.rollout.percent = percent;
      e.rollout.users = users;
    };
  };
  const auto proof = [](absl::Time deadline) {
    return [=](Enforcement& e) {
      e.rollout.require_proof = true;
      e.rollout.proof_deadline = deadline;
    };
  };
  const auto observe = [](Enforcement& e) { e.mode = EnforcementMode::kObserve; };
  const auto observe_more = [](Enforcement& e) {
    e.mode = EnforcementMode::kObserve;
    e.match_subdomains = true;
  };
  const auto paused = [](Enforcement& e) { e.pause = Pause{}; };
  const auto below = [](Enforcement& e) { e.match_subdomains = true; };
  const auto paused_below = [=](Enforcement& e) { paused(e), below(e); };
  const WidensCase cases[] = {
      {"nothing", same, same, false, false},
      {"profile", same, [](auto& e) { e.profile = SsoProfileId::FromTrusted("b"); }, false, false},
      {"mode", same, observe, false, true},
      {"what is observed", observe, observe_more, false, false},
      {"pause", same, [](auto& e) { e.pause = Pause{}; }, false, true},
      {"what is paused", paused, paused_below, true, false},
      {"what is below, too", below, below, false, false},
      {"subdomains", same, [](auto& e) { e.match_subdomains = true; }, true, false},
      {"unmanaged", same, [](auto& e) { e.unmanaged_users = UnmanagedUsers::kRequireSso; }, true,
       false},
      {"start", start(kLater), start(kAfter), true, false},
      {"start at once", start(kAfter), same, true, false},
      {"start in the past", start(kBefore), start(kEarlier), false, false},
      {"percent", wave(10), wave(11), true, false},
      {"users", wave(10, {Uid("u1")}), wave(10, {Uid("u1"), Uid("u2")}), true, false},
      {"users of everybody", wave(100), wave(100, {Uid("u1")}), false, false},
      {"a percentage for users", wave(0, {Uid("u1")}), wave(10, {}), true, true},
      {"proof", same, proof(kNever), false, true},
      {"deadline", proof(kLater), proof(kAfter), true, false},
      {"deadline in the past", proof(kBefore), proof(kEarlier), false, false},
  };
  for (const WidensCase& c : cases) {
    Enforcement from, to;
    c.from(from);
    c.to(to);
    EXPECT_EQ(Widens(from, to, kNow), c.there) << c.change;
    EXPECT_EQ(Widens(to, from, kNow), c.back) << c.change << ", back";
  }
}

}  // namespace
}  // namespace gatehouse
