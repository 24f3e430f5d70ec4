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

TEST(Decide, EnforcesInAModeThatItDoesNotKnow) {
  const Enforcement no_such_mode = Enforced(static_cast<EnforcementMode>(99));
  const Answer kEnforced = {kSso, DecisionReason::kEnforced, kNone, kEnforcedAt};
  ExpectAll({{"sign-in", {kVerified, no_such_mode, kUser, kNone}, kSignIn, kEnforced}});
}

}  // namespace
}  // namespace gatehouse
