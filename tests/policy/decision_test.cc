// What Decide() answers, rule by rule.
#include "policy/decision.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "policy/domain.h"
#include "policy/enforcement.h"
#include "tests/policy/decision_facts.h"

namespace gatehouse {
namespace {

constexpr auto kAllow = Verdict::kAllowPassword;
constexpr auto kSso = Verdict::kRequireSso;
constexpr auto kDeny = Verdict::kDeny;
constexpr auto kSignIn = LoginAction::kSignIn;
constexpr auto kReset = LoginAction::kPasswordReset;
constexpr auto kChange = LoginAction::kEmailChange;
constexpr auto kPending = DomainState::kPending;
constexpr auto kVerified = DomainState::kVerified;
constexpr auto kAtRisk = DomainState::kAtRisk;
constexpr auto kExpired = DomainState::kExpired;

constexpr std::nullopt_t kNone = std::nullopt;

// Of managed users only, or of everybody; enforced, or observed.
const Enforcement kManaged = Enforced();
const Enforcement kEverybody = Enforced(EnforcementMode::kEnforce, UnmanagedUsers::kRequireSso);
const Enforcement kWatched = Enforced(EnforcementMode::kObserve);
const Enforcement kAllWatched = Enforced(EnforcementMode::kObserve, UnmanagedUsers::kRequireSso);

const UserFacts kUser = Managed();
const UserFacts kLaterUser = Managed(kClaimedAfter);
const UserFacts kIndependent = {.claimed = false};
const UserFacts kSuspended = {.claimed = true, .suspended = true};
const UserFacts kSuspendedIndependent = {.claimed = false, .suspended = true};

const absl::Time kSoon = kNow + absl::Nanoseconds(1);
const Exemption kTrigger = Exempt(ExemptionKind::kTriggeringAdmin);
const Exemption kGlass = Exempt(ExemptionKind::kBreakGlass);
const Exemption kService = Exempt(ExemptionKind::kServiceAccount);
const Exemption kGlassSoonOver = Exempt(ExemptionKind::kBreakGlass, kSoon);
const Exemption kGlassOver = Exempt(ExemptionKind::kBreakGlass, kNow);

struct Answer {
  Verdict verdict;
  DecisionReason reason;
  std::optional<Verdict> observed = kNone;
  std::optional<absl::Time> since = kNone;
  absl::Time until = kForever;
  std::optional<absl::Time> scheduled = kNone;
};

struct Case {
  std::string when;
  Facts facts;  // state, enforcement, user, exemption
  LoginAction action;
  Answer answer;
};

void ExpectAll(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    SCOPED_TRACE(c.when);
    const Decision decision = Decide(c.facts.Inputs(), c.action, kNow);
    EXPECT_EQ(decision.verdict, c.answer.verdict);
    EXPECT_EQ(decision.reason, c.answer.reason);
    EXPECT_EQ(decision.observed_verdict, c.answer.observed);
    EXPECT_EQ(decision.enforced_since, c.answer.since);
    EXPECT_EQ(decision.valid_until, c.answer.until);
    EXPECT_EQ(decision.enforcement_scheduled_at, c.answer.scheduled);
  }
}

TEST(Decide, AllowsAPasswordWhereNoHeldDomainIsEnforced) {
  constexpr auto kReason = DecisionReason::kDomainNotEnforced;
  ExpectAll({
      {"no claim", {kNone, kNone, kNone, kNone}, kSignIn, {kAllow, kReason}},
      {"no claim, stray rule", {kNone, kManaged, kUser, kNone}, kSignIn, {kAllow, kReason}},
      {"pending", {kPending, kNone, kNone, kNone}, kSignIn, {kAllow, kReason}},
      {"pending, stray rule", {kPending, kManaged, kUser, kNone}, kSignIn, {kAllow, kReason}},
      {"verified", {kVerified, kNone, kUser, kNone}, kSignIn, {kAllow, kReason}},
      {"verified, reset", {kVerified, kNone, kUser, kNone}, kReset, {kAllow, kReason}},
      {"verified, change", {kVerified, kNone, kNone, kNone}, kChange, {kAllow, kReason}},
      {"at risk", {kAtRisk, kNone, kUser, kNone}, kSignIn, {kAllow, kReason}},
  });
}

TEST(Decide, EndsTheEnforcementWithTheClaim) {
  constexpr auto kReason = DecisionReason::kDomainExpired;
  ExpectAll({
      {"expired", {kExpired, kNone, kNone, kNone}, kSignIn, {kAllow, kReason}},
      {"rule on record", {kExpired, kManaged, kUser, kNone}, kSignIn, {kAllow, kReason}},
      {"observed before", {kExpired, kWatched, kUser, kNone}, kSignIn, {kAllow, kReason}},
      {"everybody's rule", {kExpired, kEverybody, kNone, kNone}, kReset, {kAllow, kReason}},
      {"change", {kExpired, kManaged, kNone, kNone}, kChange, {kAllow, kReason}},
      {"suspended before", {kExpired, kManaged, kSuspended, kNone}, kSignIn, {kAllow, kReason}},
  });
}

TEST(Decide, SendsAManagedUserOfAnEnforcedDomainToSso) {
  const Answer kEnforced = {kSso, DecisionReason::kEnforced, kNone, kEnforcedAt};
  const Answer kEnforcedLater = {kSso, DecisionReason::kEnforced, kNone, kClaimedAfter};
  const Answer kObserved = {kAllow, DecisionReason::kEnforced, kSso, kEnforcedAt};
  ExpectAll({
      {"sign-in", {kVerified, kManaged, kUser, kNone}, kSignIn, kEnforced},
      {"reset", {kVerified, kManaged, kUser, kNone}, kReset, kEnforced},
      {"at risk", {kAtRisk, kManaged, kUser, kNone}, kSignIn, kEnforced},
      {"everybody's rule", {kVerified, kEverybody, kUser, kNone}, kSignIn, kEnforced},
      {"managed later", {kVerified, kManaged, kLaterUser, kNone}, kSignIn, kEnforcedLater},
      {"observed", {kVerified, kWatched, kUser, kNone}, kSignIn, kObserved},
      {"observed, reset", {kVerified, kWatched, kUser, kNone}, kReset, kObserved},
  });
}

TEST(Decide, LetsNobodyTakeAnAddressOfAnEnforcedDomain) {
  const Answer kRefused = {kDeny, DecisionReason::kEmailChangeToEnforcedDomain};
  const Answer kObserved = {kAllow, DecisionReason::kEmailChangeToEnforcedDomain, kDeny};
  ExpectAll({
      {"unknown address", {kVerified, kManaged, kNone, kNone}, kChange, kRefused},
      {"managed user's", {kVerified, kManaged, kUser, kNone}, kChange, kRefused},
      {"at risk", {kAtRisk, kManaged, kNone, kNone}, kChange, kRefused},
      {"everybody's rule", {kVerified, kEverybody, kNone, kNone}, kChange, kRefused},
      {"independent user's", {kVerified, kManaged, kIndependent, kNone}, kChange, kRefused},
      {"exempt user's", {kVerified, kManaged, kUser, kService}, kChange, kRefused},
      {"observed", {kVerified, kWatched, kNone, kNone}, kChange, kObserved},
  });
}

TEST(Decide, NeverEnforcesIndependentUsers) {
  const Answer kFree = {kAllow, DecisionReason::kIndependentUser};
  const Answer kObserved = {kAllow, DecisionReason::kIndependentUser, kAllow};
  ExpectAll({
      {"sign-in", {kVerified, kManaged, kIndependent, kNone}, kSignIn, kFree},
      {"reset", {kVerified, kManaged, kIndependent, kNone}, kReset, kFree},
      {"everybody's rule", {kVerified, kEverybody, kIndependent, kNone}, kSignIn, kFree},
      {"observed", {kVerified, kWatched, kIndependent, kNone}, kSignIn, kObserved},
      {"exempt as well", {kVerified, kManaged, kIndependent, kGlassSoonOver}, kSignIn, kFree},
  });
}

TEST(Decide, AllowsAPasswordWhileAnExemptionLasts) {
  const Answer kTriggered = {kAllow, DecisionReason::kExemptTriggeringAdmin};
  const Answer kBroken = {kAllow, DecisionReason::kExemptBreakGlass};
  const Answer kServed = {kAllow, DecisionReason::kExemptServiceAccount};
  const Answer kUntilSoon = {kAllow, DecisionReason::kExemptBreakGlass, kNone, kNone, kSoon};
  const Answer kObserved = {kAllow, DecisionReason::kExemptBreakGlass, kAllow, kNone, kSoon};
  const Answer kEnforced = {kSso, DecisionReason::kEnforced, kNone, kEnforcedAt};
  const Answer kUnknown = {kSso, DecisionReason::kUnmanagedAddressEnforced, kNone, kEnforcedAt};
  const Exemption no_such_kind = Exempt(static_cast<ExemptionKind>(99));
  ExpectAll({
      {"triggering admin", {kVerified, kManaged, kUser, kTrigger}, kSignIn, kTriggered},
      {"break glass", {kVerified, kManaged, kUser, kGlass}, kReset, kBroken},
      {"service account", {kVerified, kManaged, kUser, kService}, kReset, kServed},
      {"last nanosecond", {kVerified, kManaged, kUser, kGlassSoonOver}, kSignIn, kUntilSoon},
      {"its end", {kVerified, kManaged, kUser, kGlassOver}, kSignIn, kEnforced},
      {"observed", {kVerified, kWatched, kUser, kGlassSoonOver}, kSignIn, kObserved},
      {"of no known kind", {kVerified, kManaged, kUser, no_such_kind}, kSignIn, kEnforced},
      {"of nobody", {kVerified, kEverybody, kNone, kGlass}, kSignIn, kUnknown},
  });
}

TEST(Decide, TreatsAnUnknownAddressAsTheEnforcementSays) {
  const Answer kPassword = {kAllow, DecisionReason::kUnmanagedAddress};
  const Answer kPasswordObserved = {kAllow, DecisionReason::kUnmanagedAddress, kAllow};
  constexpr auto kReason = DecisionReason::kUnmanagedAddressEnforced;
  const Answer kEnforced = {kSso, kReason, kNone, kEnforcedAt};
  const Answer kObserved = {kAllow, kReason, kSso, kEnforcedAt};
  const Enforcement no_such_users =
      Enforced(EnforcementMode::kEnforce, static_cast<UnmanagedUsers>(99));
  ExpectAll({
      {"password", {kVerified, kManaged, kNone, kNone}, kSignIn, kPassword},
      {"password, reset", {kVerified, kManaged, kNone, kNone}, kReset, kPassword},
      {"password, observed", {kVerified, kWatched, kNone, kNone}, kSignIn, kPasswordObserved},
      {"SSO", {kVerified, kEverybody, kNone, kNone}, kSignIn, kEnforced},
      {"SSO, reset", {kVerified, kEverybody, kNone, kNone}, kReset, kEnforced},
      {"SSO, observed", {kVerified, kAllWatched, kNone, kNone}, kSignIn, kObserved},
      {"no known value", {kVerified, no_such_users, kNone, kNone}, kSignIn, kEnforced},
  });
}

TEST(Decide, DeniesASuspendedUserOfTheHolder) {
  const Answer kRefused = {kDeny, DecisionReason::kUserSuspended};
  const Answer kObserved = {kDeny, DecisionReason::kUserSuspended, kDeny};
  ExpectAll({
      {"enforced", {kVerified, kManaged, kSuspended, kNone}, kSignIn, kRefused},
      {"not enforced", {kVerified, kNone, kSuspended, kNone}, kSignIn, kRefused},
      {"independent", {kVerified, kManaged, kSuspendedIndependent, kNone}, kReset, kRefused},
      {"at risk", {kAtRisk, kNone, kSuspended, kNone}, kSignIn, kRefused},
      {"exempt", {kVerified, kManaged, kSuspended, kGlass}, kSignIn, kRefused},
      {"change", {kVerified, kManaged, kSuspended, kNone}, kChange, kRefused},
      {"observed", {kVerified, kWatched, kSuspended, kNone}, kSignIn, kObserved},
  });
}

// The answer to somebody not covered yet; `from` of a time that will come.
Answer NotYet(DecisionReason reason, absl::Time from) {
  return {kAllow, reason, kNone, kNone, from, from == kForever ? kNone : std::optional(from)};
}

template <typename Change>
Enforcement RolledOut(Change change, Enforcement enforcement = kManaged) {
  change(enforcement);
  return enforcement;
}

TEST(Decide, LetsEverybodyInUntilTheEnforcementStarts) {
  const auto at = [](absl::Time start) {
    return [=](Enforcement& e) { e.rollout.start_time = start; };
  };
  const Enforcement soon = RolledOut(at(kSoon)), now = RolledOut(at(kNow));
  const Enforcement soon_everybody = RolledOut(at(kSoon), kEverybody);
  const Enforcement soon_watched = RolledOut(at(kSoon), kWatched);
  const Answer kWaits = NotYet(DecisionReason::kEnforcementScheduled, kSoon);
  const Answer kObserved = {kAllow, DecisionReason::kEnforcementScheduled, kAllow, kNone, kSoon};
  const Answer kStarted = {kSso, DecisionReason::kEnforced, kNone, kNow};
  const Answer kRefused = {kDeny, DecisionReason::kEmailChangeToEnforcedDomain};
  const Answer kExemptNow = {kAllow, DecisionReason::kExemptBreakGlass, kNone, kNone, kSoon};
  ExpectAll({
      {"the last moment", {kVerified, soon, kUser, kNone}, kSignIn, kWaits},
      {"reset", {kVerified, soon, kUser, kNone}, kReset, kWaits},
      {"unknown address", {kVerified, soon_everybody, kNone, kNone}, kSignIn, kWaits},
      {"observed", {kVerified, soon_watched, kUser, kNone}, kSignIn, kObserved},
      {"the start", {kVerified, now, kUser, kNone}, kSignIn, kStarted},
      {"change", {kVerified, soon, kUser, kNone}, kChange, kWaits},
      {"change, unknown address", {kVerified, soon, kNone, kNone}, kChange, kWaits},
      {"change, exempt for good", {kVerified, soon, kUser, kGlass}, kChange, kExemptNow},
      {"change at the start", {kVerified, now, kUser, kNone}, kChange, kRefused},
  });
}

TEST(Decide, EnforcesWhoIsInTheWave) {
  const Enforcement half = RolledOut([](Enforcement& e) { e.rollout.percent = 50; });
  const Enforcement half_everybody =
      RolledOut([](Enforcement& e) { e.rollout.percent = 50; }, kEverybody);
  const Enforcement named = RolledOut([](Enforcement& e) { e.rollout.percent = 0; });
  const Answer kEnforced = {kSso, DecisionReason::kEnforced, kNone, kEnforcedAt};
  const Answer kUnknown = {kSso, DecisionReason::kUnmanagedAddressEnforced, kNone, kEnforcedAt};
  const Answer kOutside = NotYet(DecisionReason::kNotInWave, kForever);
  const Answer kFree = {kAllow, DecisionReason::kIndependentUser};
  const Answer kRefused = {kDeny, DecisionReason::kEmailChangeToEnforcedDomain};
  const RolloutFacts in = {.bucket = 49}, out = {.bucket = 50}, by_name = {50, true};
  ExpectAll({
      {"inside", {kVerified, half, kUser, kNone, kNone, in}, kSignIn, kEnforced},
      {"outside", {kVerified, half, kUser, kNone, kNone, out}, kSignIn, kOutside},
      {"by name", {kVerified, half, kUser, kNone, kNone, by_name}, kSignIn, kEnforced},
      {"by name alone", {kVerified, named, kUser, kNone, kNone, by_name}, kReset, kEnforced},
      {"not by name", {kVerified, named, kUser, kNone, kNone, {.bucket = 0}}, kSignIn, kOutside},
      {"unknown, inside", {kVerified, half_everybody, kNone, kNone, kNone, in}, kSignIn, kUnknown},
      {"unknown, outside", {kVerified, half_everybody, kNone, kNone, kNone, out}, kReset, kOutside},
      {"independent", {kVerified, half, kIndependent, kNone, kNone, in}, kSignIn, kFree},
      {"change outside", {kVerified, half, kUser, kNone, kNone, out}, kChange, kRefused},
  });
}

TEST(Decide, WaitsForAProofUntilItsDeadline) {
  const auto until = [](absl::Time deadline) {
    return [=](Enforcement& e) {
      e.rollout.require_proof = true;
      e.rollout.proof_deadline = deadline;
    };
  };
  const Enforcement open = RolledOut(until(kForever)), soon = RolledOut(until(kSoon));
  const Enforcement over = RolledOut(until(kNow)), everybody = RolledOut(until(kSoon), kEverybody);
  const Answer kAwaits = NotYet(DecisionReason::kAwaitingSsoSignIn, kSoon);
  const Answer kAwaitsForever = NotYet(DecisionReason::kAwaitingSsoSignIn, kForever);
  const Answer kByDeadline = {kSso, DecisionReason::kEnforced, kNone, kNow};
  const absl::Time recently = kNow - absl::Hours(1);
  const Answer kByProof = {kSso, DecisionReason::kEnforced, kNone, recently};
  const RolloutFacts none = {}, proven = {.proof_time = recently};
  ExpectAll({
      {"no deadline", {kVerified, open, kUser, kNone, kNone, none}, kSignIn, kAwaitsForever},
      {"before it", {kVerified, soon, kUser, kNone, kNone, none}, kSignIn, kAwaits},
      {"unknown address", {kVerified, everybody, kNone, kNone, kNone, none}, kSignIn, kAwaits},
      {"at it", {kVerified, over, kUser, kNone, kNone, none}, kSignIn, kByDeadline},
      {"proven", {kVerified, open, kUser, kNone, kNone, proven}, kSignIn, kByProof},
      {"proven before the deadline",
       {kVerified, over, kUser, kNone, kNone, proven},
       kReset,
       kByProof},
  });
}

TEST(Decide, StandsStillForTheUnprovenWhilePaused) {
  const auto paused = [](Enforcement& e) { e.pause = Pause{.time = kNow}; };
  const auto gated = [](Enforcement& e) {
    e.pause = Pause{.time = kNow};
    e.rollout.require_proof = true;
    e.rollout.proof_deadline = kEnforcedAt;
  };
  const Enforcement plain = RolledOut(paused), everybody = RolledOut(paused, kEverybody);
  const Enforcement late = RolledOut(gated);
  const Answer kPaused = NotYet(DecisionReason::kEnforcementPaused, kForever);
  const Answer kEnforced = {kSso, DecisionReason::kEnforced, kNone, kEnforcedAt};
  const Answer kRefused = {kDeny, DecisionReason::kEmailChangeToEnforcedDomain};
  const RolloutFacts none = {}, proven = {.proof_time = kNow - absl::Hours(1)};
  ExpectAll({
      {"unproven", {kVerified, plain, kUser, kNone, kNone, none}, kSignIn, kPaused},
      {"unknown address", {kVerified, everybody, kNone, kNone, kNone, none}, kSignIn, kPaused},
      {"past the deadline", {kVerified, late, kUser, kNone, kNone, none}, kReset, kPaused},
      {"proven", {kVerified, plain, kUser, kNone, kNone, proven}, kSignIn, kEnforced},
      {"change", {kVerified, plain, kUser, kNone, kNone, none}, kChange, kRefused},
  });
}

TEST(Decide, PutsAUsersOwnRuleAboveTheDomains) {
  const SsoOverride sso = OwnRule(SsoOverrideMode::kRequireSso);
  const SsoOverride late = OwnRule(SsoOverrideMode::kRequireSso, kClaimedAfter);
  const SsoOverride off = OwnRule(SsoOverrideMode::kExempt);
  const Answer kOff = {kAllow, DecisionReason::kOverrideExempt};
  const Answer kOffObserved = {kAllow, DecisionReason::kOverrideExempt, kAllow};
  const Answer kOwn = {kSso, DecisionReason::kOverrideRequireSso, kNone, kEnforcedAt};
  const Answer kOwnLate = {kSso, DecisionReason::kOverrideRequireSso, kNone, kClaimedAfter};
  const Answer kOwnObserved = {kSso, DecisionReason::kOverrideRequireSso, kSso, kEnforcedAt};
  const Answer kWayIn = {kAllow, DecisionReason::kExemptBreakGlass};
  const Answer kFree = {kAllow, DecisionReason::kIndependentUser};
  const Answer kNoRule = {kAllow, DecisionReason::kDomainNotEnforced};
  const Answer kRefused = {kDeny, DecisionReason::kUserSuspended};
  const Answer kNobody = {kDeny, DecisionReason::kEmailChangeToEnforcedDomain};
  const Answer kUnknown = {kAllow, DecisionReason::kUnmanagedAddress};
  const Enforcement paused = RolledOut([](Enforcement& e) { e.pause = Pause{.time = kNow}; });
  ExpectAll({
      {"kept off", {kVerified, kManaged, kUser, kNone, off}, kSignIn, kOff},
      {"kept off, independent", {kVerified, kManaged, kIndependent, kNone, off}, kReset, kOff},
      {"kept off, observed", {kVerified, kWatched, kUser, kNone, off}, kSignIn, kOffObserved},
      {"kept off, no enforcement", {kVerified, kNone, kUser, kNone, off}, kSignIn, kOff},
      {"kept off, exempt", {kVerified, kManaged, kUser, kGlass, off}, kSignIn, kOff},
      {"kept off, suspended", {kVerified, kManaged, kSuspended, kNone, off}, kSignIn, kRefused},
      {"kept off, change", {kVerified, kManaged, kUser, kNone, off}, kChange, kNobody},
      {"SSO", {kVerified, kManaged, kUser, kNone, sso}, kSignIn, kOwn},
      {"SSO since its making", {kVerified, kManaged, kUser, kNone, late}, kReset, kOwnLate},
      {"SSO since the claim", {kVerified, kManaged, kLaterUser, kNone, sso}, kReset, kOwnLate},
      {"SSO, no enforcement", {kVerified, kNone, kUser, kNone, sso}, kSignIn, kOwn},
      {"SSO, change, no enforcement", {kVerified, kNone, kUser, kNone, sso}, kChange, kOwn},
      {"SSO, observed", {kVerified, kWatched, kUser, kNone, sso}, kSignIn, kOwnObserved},
      {"SSO, paused", {kVerified, paused, kUser, kNone, sso}, kSignIn, kOwn},
      {"SSO, exempt", {kVerified, kManaged, kUser, kGlass, sso}, kSignIn, kWayIn},
      {"SSO, exempt, no enforcement", {kVerified, kNone, kUser, kGlass, sso}, kSignIn, kWayIn},
      {"SSO, exempt before", {kVerified, kNone, kUser, kGlassOver, sso}, kSignIn, kOwn},
      {"SSO, independent", {kVerified, kManaged, kIndependent, kNone, sso}, kSignIn, kFree},
      {"SSO, suspended", {kVerified, kNone, kSuspended, kNone, sso}, kSignIn, kRefused},
      {"exempt, no rule at all", {kVerified, kNone, kUser, kGlass, kNone}, kSignIn, kNoRule},
      {"of nobody", {kVerified, kManaged, kNone, kNone, sso}, kSignIn, kUnknown},
      {"not held", {kPending, kNone, kUser, kNone, sso}, kSignIn, kNoRule},
  });
}

TEST(IsExempt, IsTrueOfEachWayToBeKeptOffAndOfNothingElse) {
  for (int number = 1; number <= 17; ++number) {
    const auto reason = static_cast<DecisionReason>(number);
    const bool exempt = Name(reason).substr(0, 7) == "EXEMPT_" || Name(reason) == "OVERRIDE_EXEMPT";
    EXPECT_EQ(IsExempt(reason), exempt) << Name(reason);
  }
}

TEST(Decide, EnforcesInAModeThatItDoesNotKnow) {
  const Enforcement no_such_mode = Enforced(static_cast<EnforcementMode>(99));
  const Answer kEnforced = {kSso, DecisionReason::kEnforced, kNone, kEnforcedAt};
  ExpectAll({{"sign-in", {kVerified, no_such_mode, kUser, kNone}, kSignIn, kEnforced}});
}

}  // namespace
}  // namespace gatehouse
