#include "policy/domain_lifecycle.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace gatehouse {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
const absl::Time kProofTime = kNow - absl::Hours(100);

Domain Claim(DomainState state, absl::Time expire_time = absl::InfiniteFuture()) {
  return {.state = state,
          .verify_time = kProofTime,
          .verify_method = VerificationMethod::kHttpsFile,
          .expire_time = expire_time};
}

TEST(DomainLifecycle, FollowsItsChecks) {
  using S = DomainState;
  using O = CheckOutcome;
  const absl::Time never = absl::InfiniteFuture();
  const absl::Time later = kNow + absl::Nanoseconds(1);
  const absl::Time earlier = kNow - absl::Hours(1);
  const absl::Time in_30_days = kNow + absl::Hours(24 * 30);
  struct Case {
    S state;
    absl::Time expire_time;
    O outcome;
    S next;
    absl::Time next_expire_time;
  };
  const Case cases[] = {
      // Claims begin and return by request alone.
      {S::kPending, never, O::kProven, S::kPending, never},
      {S::kPending, never, O::kNotProven, S::kPending, never},
      {S::kPending, never, O::kUnknown, S::kPending, never},
      {S::kExpired, never, O::kProven, S::kExpired, never},
      {S::kExpired, never, O::kNotProven, S::kExpired, never},
      {S::kExpired, never, O::kUnknown, S::kExpired, never},
      {S::kVerified, never, O::kProven, S::kVerified, never},
      {S::kVerified, never, O::kNotProven, S::kAtRisk, in_30_days},
      {S::kVerified, never, O::kUnknown, S::kVerified, never},
      {S::kAtRisk, later, O::kProven, S::kVerified, never},
      {S::kAtRisk, later, O::kNotProven, S::kAtRisk, later},
      {S::kAtRisk, later, O::kUnknown, S::kAtRisk, later},
      {S::kAtRisk, kNow, O::kProven, S::kVerified, never},
      {S::kAtRisk, kNow, O::kNotProven, S::kExpired, never},
      // An outage ends nobody's claim, however long it lasts.
      {S::kAtRisk, kNow, O::kUnknown, S::kAtRisk, kNow},
      {S::kAtRisk, earlier, O::kUnknown, S::kAtRisk, earlier},
      {S::kAtRisk, earlier, O::kNotProven, S::kExpired, never},
      {S::kAtRisk, earlier, O::kProven, S::kVerified, never},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(absl::StrCat(Name(c.state), " ", static_cast<int>(c.outcome), " ",
                              absl::FormatTime(c.expire_time)));
    const Domain after = AfterCheck(Claim(c.state, c.expire_time), c.outcome, kNow);
    EXPECT_EQ(after.state, c.next);
    EXPECT_EQ(after.expire_time, c.next_expire_time);
    EXPECT_EQ(after.verify_method, VerificationMethod::kHttpsFile);
    // A check is a proof of the claim where it brings the claim back.
    const bool recovered = c.state == S::kAtRisk && c.outcome == O::kProven;
    EXPECT_EQ(after.verify_time, recovered ? kNow : kProofTime);
  }
}

TEST(DomainLifecycle, HoldsWhatIsProvenByRequestFromEveryState) {
  for (const DomainState state : {DomainState::kPending, DomainState::kVerified,
                                  DomainState::kAtRisk, DomainState::kExpired}) {
    const Domain after =
        AfterProof(Claim(state, kNow - absl::Hours(1)), VerificationMethod::kDns, kNow);
    EXPECT_EQ(after.state, DomainState::kVerified);
    EXPECT_EQ(after.verify_method, VerificationMethod::kDns);
    EXPECT_EQ(after.verify_time, kNow);
    EXPECT_EQ(after.expire_time, absl::InfiniteFuture());
  }
}

TEST(DomainLifecycle, TakesAProofByRequestForACheck) {
  const Domain domain = Claim(DomainState::kVerified);
  const absl::Duration day = absl::Hours(24);
  EXPECT_EQ(CheckDueTime(domain, {}, day), kProofTime + day);
  DomainCheck check{.check_time = kProofTime - absl::Hours(1),
                    .next_check_time = kProofTime + absl::Hours(2)};
  EXPECT_EQ(CheckDueTime(domain, check, day), kProofTime + day);
  check.check_time = kProofTime;
  EXPECT_EQ(CheckDueTime(domain, check, day), kProofTime + absl::Hours(2));
}

}  // namespace
}  // namespace gatehouse
