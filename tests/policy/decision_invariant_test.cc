// What holds for every answer of Decide(), over the cross product of its inputs.
#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "policy/decision.h"
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
constexpr auto kEnforce = EnforcementMode::kEnforce;
constexpr auto kObserve = EnforcementMode::kObserve;

// Calls check(facts, action, decision) for every combination of inputs.
template <typename Check>
void ForEachCombination(Check check) {
  const std::optional<DomainState> kStates[] = {std::nullopt, DomainState::kPending,
                                                DomainState::kVerified, DomainState::kAtRisk,
                                                DomainState::kExpired};
  std::vector<std::optional<Enforcement>> enforcements = {std::nullopt};
  for (const EnforcementMode mode : {kEnforce, kObserve}) {
    for (const UnmanagedUsers users : {UnmanagedUsers::kPassword, UnmanagedUsers::kRequireSso}) {
      enforcements.push_back(Enforced(mode, users));
    }
  }
  std::vector<std::optional<UserFacts>> users = {std::nullopt};
  for (const bool claimed : {false, true}) {
    for (const bool suspended : {false, true}) {
      for (const absl::Time claim_time : {kClaimedBefore, kClaimedAfter}) {
        users.push_back(UserFacts{claimed, suspended, claim_time});
      }
    }
  }
  std::vector<std::optional<Exemption>> exemptions = {std::nullopt};
  for (const ExemptionKind kind : {ExemptionKind::kTriggeringAdmin, ExemptionKind::kBreakGlass,
                                   ExemptionKind::kServiceAccount}) {
    for (const absl::Time end : {kNow - absl::Hours(1), kNow, kNow + absl::Hours(1), kForever}) {
      exemptions.push_back(Exempt(kind, end));
    }
  }
  for (size_t s = 0; s < std::size(kStates); ++s) {
    for (size_t e = 0; e < enforcements.size(); ++e) {
      for (size_t u = 0; u < users.size(); ++u) {
        for (size_t x = 0; x < exemptions.size(); ++x) {
          for (const LoginAction action : {kSignIn, kReset, kChange}) {
            SCOPED_TRACE(absl::StrCat("state ", s, ", enforcement ", e, ", user ", u,
                                      ", exemption ", x, ", action ", static_cast<int>(action)));
            const Facts facts = {kStates[s], enforcements[e], users[u], exemptions[x]};
            check(facts, action, Decide(facts.Inputs(), action, kNow));
            if (testing::Test::HasFailure()) return;
          }
        }
      }
    }
  }
}

bool IsEnforcedDomain(const Facts& facts) {
  return facts.enforcement.has_value() && facts.state.has_value() && IsHeld(*facts.state);
}

Decision DecideWith(Facts facts, LoginAction action, const std::function<void(Facts&)>& change) {
  change(facts);
  return Decide(facts.Inputs(), action, kNow);
}

void ExpectSame(const Decision& a, const Decision& b) {
  EXPECT_EQ(a.verdict, b.verdict);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.observed_verdict, b.observed_verdict);
  EXPECT_EQ(a.enforced_since, b.enforced_since);
  EXPECT_EQ(a.valid_until, b.valid_until);
}

TEST(DecideInvariant, ObserveIsNeverStricterThanNoEnforcementAndReportsEnforce) {
  ForEachCombination([](const Facts& facts, LoginAction action, const Decision& decision) {
    const bool observed = IsEnforcedDomain(facts) && facts.enforcement->mode == kObserve;
    EXPECT_EQ(decision.observed_verdict.has_value(), observed);
    if (!observed) return;
    EXPECT_EQ(decision.verdict,
              DecideWith(facts, action, [](Facts& f) { f.enforcement.reset(); }).verdict);
    const Decision enforced =
        DecideWith(facts, action, [](Facts& f) { f.enforcement->mode = kEnforce; });
    EXPECT_EQ(*decision.observed_verdict, enforced.verdict);
    EXPECT_EQ(decision.reason, enforced.reason);
    EXPECT_EQ(decision.enforced_since, enforced.enforced_since);
  });
}

TEST(DecideInvariant, OnlyAnEnforcementOnAHeldDomainRequiresSso) {
  ForEachCombination([](const Facts& facts, LoginAction, const Decision& decision) {
    if (IsEnforcedDomain(facts) && facts.enforcement->mode == kEnforce) return;
    EXPECT_NE(decision.verdict, kSso);
    if (facts.user.has_value() && facts.user->suspended) return;
    EXPECT_EQ(decision.verdict, kAllow);
  });
}

TEST(DecideInvariant, OnlySuspensionAndEmailChangeDeny) {
  ForEachCombination([](const Facts& facts, LoginAction action, const Decision& decision) {
    if (decision.verdict != kDeny) return;
    EXPECT_TRUE(action == kChange || (facts.user.has_value() && facts.user->suspended));
  });
}

TEST(DecideInvariant, ASuspendedUserOfAHeldDomainIsAlwaysDenied) {
  ForEachCombination([](const Facts& facts, LoginAction, const Decision& decision) {
    if (!facts.user.has_value() || !facts.user->suspended) return;
    if (!facts.state.has_value() || !IsHeld(*facts.state)) return;
    EXPECT_EQ(decision.verdict, kDeny);
    EXPECT_EQ(decision.reason, DecisionReason::kUserSuspended);
  });
}

TEST(DecideInvariant, AnIndependentUserIsNeverEnforced) {
  ForEachCombination([](const Facts& facts, LoginAction action, const Decision& decision) {
    if (!facts.user.has_value() || facts.user->claimed || facts.user->suspended) return;
    EXPECT_TRUE(decision.verdict == kAllow || action == kChange);
    EXPECT_NE(decision.verdict, kSso);
    EXPECT_NE(decision.observed_verdict.value_or(kAllow), kSso);
  });
}

TEST(DecideInvariant, AnExpiredExemptionIsNone) {
  ForEachCombination([](const Facts& facts, LoginAction action, const Decision& decision) {
    if (!facts.exemption.has_value() || facts.exemption->IsActiveAt(kNow)) return;
    ExpectSame(decision, DecideWith(facts, action, [](Facts& f) { f.exemption.reset(); }));
  });
}

TEST(DecideInvariant, AnExemptionNeverMakesAnAnswerStricter) {
  ForEachCombination([](const Facts& facts, LoginAction action, const Decision& decision) {
    const Decision without = DecideWith(facts, action, [](Facts& f) { f.exemption.reset(); });
    EXPECT_TRUE(decision.verdict == kAllow || decision.verdict == without.verdict);
  });
}

TEST(DecideInvariant, TheAnswerStandsUntilItsEndAndChangesThere) {
  ForEachCombination([](const Facts& facts, LoginAction action, const Decision& decision) {
    if (decision.valid_until == kForever) {
      // Nothing changes at the end of any exemption either.
      ExpectSame(decision, Decide(facts.Inputs(), action, kNow + absl::Hours(1000)));
      return;
    }
    ASSERT_EQ(decision.valid_until, facts.exemption->expire_time);
    EXPECT_GT(decision.valid_until, kNow);
    const absl::Time last = decision.valid_until - absl::Nanoseconds(1);
    ExpectSame(decision, Decide(facts.Inputs(), action, last));
    EXPECT_NE(decision.reason, Decide(facts.Inputs(), action, decision.valid_until).reason);
  });
}

TEST(DecideInvariant, EnforcedSinceIsSetForTheEnforcedAndIsTheLaterTime) {
  ForEachCombination([](const Facts& facts, LoginAction, const Decision& decision) {
    switch (decision.reason) {
      case DecisionReason::kEnforced:
        EXPECT_EQ(decision.enforced_since,
                  std::max(facts.enforcement->enforce_time, facts.user->claim_time));
        break;
      case DecisionReason::kUnmanagedAddressEnforced:
        EXPECT_EQ(decision.enforced_since, facts.enforcement->enforce_time);
        break;
      default:
        EXPECT_EQ(decision.enforced_since, std::nullopt);
    }
  });
}

TEST(DecideInvariant, AtRiskDecidesAsVerified) {
  ForEachCombination([](const Facts& facts, LoginAction action, const Decision& decision) {
    if (facts.state != DomainState::kAtRisk) return;
    ExpectSame(decision,
               DecideWith(facts, action, [](Facts& f) { f.state = DomainState::kVerified; }));
  });
}

TEST(DecideInvariant, PasswordResetDecidesAsSignIn) {
  ForEachCombination([](const Facts& facts, LoginAction action, const Decision& decision) {
    if (action == kReset) ExpectSame(decision, Decide(facts.Inputs(), kSignIn, kNow));
  });
}

// What RequireSso for unknown addresses is for: the answer does not tell who exists.
TEST(DecideInvariant, EverybodyEnforcedTellsNobodyWhoIsManaged) {
  ForEachCombination([](const Facts& facts, LoginAction action, const Decision& decision) {
    if (!IsEnforcedDomain(facts) || facts.user.has_value()) return;
    if (facts.enforcement->unmanaged_users != UnmanagedUsers::kRequireSso) return;
    const Decision managed = DecideWith(facts, action, [](Facts& f) {
      f.user = Managed();
      f.exemption.reset();
    });
    EXPECT_EQ(decision.verdict, managed.verdict);
    EXPECT_EQ(decision.observed_verdict, managed.observed_verdict);
  });
}

}  // namespace
}  // namespace gatehouse
