#include "policy/way_in.h"

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "policy/decision.h"
#include "policy/enforcement.h"
#include "policy/user.h"

namespace gatehouse {
namespace {

enum class On { kNoDomain, kHeld, kObserved, kEnforced };
enum class Who { kManaged, kIndependent, kSuspended };

struct Exempt {
  ExemptionKind kind;
  bool ends = false;
};

struct Case {
  std::string user;
  On on;
  Who who;
  Role role;
  std::optional<Exempt> exempt;
  WayIn way_in;
};

WayIn WayInOfCase(const Case& c) {
  Enforcement enforcement;
  if (c.on == On::kObserved) enforcement.mode = EnforcementMode::kObserve;
  const UserFacts user = {.claimed = c.who != Who::kIndependent,
                          .suspended = c.who == Who::kSuspended};
  Exemption exemption;
  DecisionInputs inputs;
  if (c.on != On::kNoDomain) inputs.domain_state = DomainState::kVerified;
  if (c.on == On::kObserved || c.on == On::kEnforced) inputs.enforcement = &enforcement;
  inputs.user = &user;
  if (c.exempt.has_value()) {
    exemption.kind = c.exempt->kind;
    // Far ahead or not, it ends.
    if (c.exempt->ends) exemption.expire_time = absl::FromUnixSeconds(100'000'000'000);
    inputs.exemption = &exemption;
  }
  return WayInOf(inputs, c.role);
}

TEST(WayIn, IsLastingAndDoesNotNeedTheIdp) {
  constexpr auto kMember = Role::kMember;
  constexpr auto kAdmin = Role::kAdmin;
  constexpr auto kOwner = Role::kOwner;
  constexpr Exempt kTrigger = {ExemptionKind::kTriggeringAdmin};
  constexpr Exempt kBreakGlass = {ExemptionKind::kBreakGlass};
  constexpr Exempt kService = {ExemptionKind::kServiceAccount};
  constexpr Exempt kTriggerEnds = {ExemptionKind::kTriggeringAdmin, true};
  constexpr Exempt kBreakGlassEnds = {ExemptionKind::kBreakGlass, true};
  const Case kCases[] = {
      {"enforced admin", On::kEnforced, Who::kManaged, kAdmin, {}, WayIn::kNone},
      {"enforced owner", On::kEnforced, Who::kManaged, kOwner, {}, WayIn::kNone},
      {"enforced member", On::kEnforced, Who::kManaged, kMember, {}, WayIn::kNone},
      {"admin elsewhere", On::kNoDomain, Who::kIndependent, kAdmin, {}, WayIn::kUncoveredAdmin},
      {"admin on an unenforced domain",
       On::kHeld,
       Who::kManaged,
       kAdmin,
       {},
       WayIn::kUncoveredAdmin},
      {"independent owner on the domain",
       On::kEnforced,
       Who::kIndependent,
       kOwner,
       {},
       WayIn::kUncoveredAdmin},
      {"member elsewhere", On::kNoDomain, Who::kIndependent, kMember, {}, WayIn::kNone},
      {"observed admin", On::kObserved, Who::kManaged, kAdmin, {}, WayIn::kUncoveredAdmin},
      {"observed admin whose exemption ends", On::kObserved, Who::kManaged, kAdmin, kTriggerEnds,
       WayIn::kUncoveredAdmin},
      {"suspended admin", On::kHeld, Who::kSuspended, kAdmin, {}, WayIn::kNone},
      {"suspended admin elsewhere", On::kNoDomain, Who::kSuspended, kAdmin, {}, WayIn::kNone},
      {"suspended admin, exempt", On::kEnforced, Who::kSuspended, kAdmin, kTrigger, WayIn::kNone},
      {"triggering admin", On::kEnforced, Who::kManaged, kAdmin, kTrigger, WayIn::kExemptAdmin},
      {"triggering owner", On::kEnforced, Who::kManaged, kOwner, kTrigger, WayIn::kExemptAdmin},
      {"triggering admin, since demoted", On::kEnforced, Who::kManaged, kMember, kTrigger,
       WayIn::kNone},
      {"triggering admin until an end", On::kEnforced, Who::kManaged, kAdmin, kTriggerEnds,
       WayIn::kNone},
      {"admin's service account", On::kEnforced, Who::kManaged, kAdmin, kService,
       WayIn::kExemptAdmin},
      {"member's service account", On::kEnforced, Who::kManaged, kMember, kService, WayIn::kNone},
      {"exempt admin elsewhere", On::kNoDomain, Who::kIndependent, kAdmin, kTrigger,
       WayIn::kUncoveredAdmin},
      {"break-glass admin", On::kEnforced, Who::kManaged, kAdmin, kBreakGlass, WayIn::kBreakGlass},
      {"break-glass member", On::kEnforced, Who::kManaged, kMember, kBreakGlass,
       WayIn::kBreakGlass},
      {"break-glass independent", On::kEnforced, Who::kIndependent, kMember, kBreakGlass,
       WayIn::kBreakGlass},
      {"break-glass until an end", On::kEnforced, Who::kManaged, kAdmin, kBreakGlassEnds,
       WayIn::kNone},
      {"break-glass member until an end, unenforced", On::kHeld, Who::kManaged, kMember,
       kBreakGlassEnds, WayIn::kNone},
      {"suspended break-glass", On::kEnforced, Who::kSuspended, kAdmin, kBreakGlass, WayIn::kNone},
  };
  for (const Case& c : kCases) EXPECT_EQ(WayInOfCase(c), c.way_in) << c.user;
}

Enforcement Narrowed(const std::string& by) {
  Enforcement enforcement;
  if (by == "schedule") enforcement.rollout.start_time = absl::FromUnixSeconds(100'000'000'000);
  if (by == "wave") enforcement.rollout.percent = 0;
  if (by == "proof") enforcement.rollout.require_proof = true;
  if (by == "pause") enforcement.pause = Pause{};
  return enforcement;
}

TEST(WayIn, IsNotWhatARolloutLeavesOpenForNow) {
  const UserFacts user = {.claimed = true};
  for (const std::string by : {"schedule", "wave", "proof", "pause"}) {
    const Enforcement enforcement = Narrowed(by);
    const DecisionInputs inputs = {.domain_state = DomainState::kVerified,
                                   .enforcement = &enforcement,
                                   .user = &user,
                                   .rollout = {.bucket = 99}};
    const absl::Time now = absl::FromUnixSeconds(1'700'000'000);
    EXPECT_EQ(Decide(inputs, LoginAction::kSignIn, now).verdict, Verdict::kAllowPassword) << by;
    EXPECT_EQ(WayInOf(inputs, Role::kOwner), WayIn::kNone) << by;
  }
}

TEST(WayIn, FollowsTheUsersOwnRule) {
  const UserFacts user = {.claimed = true};
  const Enforcement enforcement;
  const Exemption break_glass = {.kind = ExemptionKind::kBreakGlass};
  const SsoOverride sso = {.mode = SsoOverrideMode::kRequireSso};
  const SsoOverride off = {.mode = SsoOverrideMode::kExempt};
  DecisionInputs inputs = {.domain_state = DomainState::kVerified, .user = &user};
  inputs.sso_override = &sso;
  EXPECT_EQ(WayInOf(inputs, Role::kAdmin), WayIn::kNone);
  inputs.exemption = &break_glass;
  EXPECT_EQ(WayInOf(inputs, Role::kAdmin), WayIn::kBreakGlass);
  inputs = {.domain_state = DomainState::kVerified, .enforcement = &enforcement, .user = &user};
  inputs.sso_override = &off;
  EXPECT_EQ(WayInOf(inputs, Role::kAdmin), WayIn::kExemptAdmin);
  EXPECT_EQ(WayInOf(inputs, Role::kMember), WayIn::kNone);
}

}  // namespace
}  // namespace gatehouse
