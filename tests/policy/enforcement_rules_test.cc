#include "policy/enforcement_rules.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/errors.h"

namespace gatehouse {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kEnforce = EnforcementMode::kEnforce;
constexpr auto kObserve = EnforcementMode::kObserve;
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

std::optional<Domain> DomainIn(DomainState state) {
  Domain domain;
  domain.name = DomainName::FromTrusted("acme.example");
  domain.state = state;
  return domain;
}

SsoProfile TestedProfile() {
  SsoProfile profile;
  profile.id = SsoProfileId::FromTrusted("okta");
  profile.saml.idp_entity_id = "https://idp.example";
  profile.tested_configuration = ConfigurationBytes(profile.saml);
  return profile;
}

Enforcement EnforcedIn(EnforcementMode mode) {
  Enforcement enforcement;
  enforcement.mode = mode;
  return enforcement;
}

std::vector<std::string> ReasonsOf(const std::vector<BlockingReason>& blocking) {
  std::vector<std::string> reasons;
  for (const BlockingReason& reason : blocking) reasons.emplace_back(reason.reason);
  return reasons;
}

TEST(BlockingReasons, LeaveAVerifiedDomainAndATestedProfileAlone) {
  const Enforcement current = EnforcedIn(kEnforce);
  for (const EnforcementMode mode : {kEnforce, kObserve}) {
    EXPECT_THAT(BlockingReasons(DomainIn(DomainState::kVerified), TestedProfile(), nullptr,
                                EnforcedIn(mode), kNow),
                IsEmpty());
    EXPECT_THAT(BlockingReasons(DomainIn(DomainState::kVerified), TestedProfile(), &current,
                                EnforcedIn(mode), kNow),
                IsEmpty());
  }
}

TEST(BlockingReasons, RefuseADomainThatIsNotVerified) {
  for (const std::optional<Domain>& domain :
       {std::optional<Domain>(), DomainIn(DomainState::kPending), DomainIn(DomainState::kAtRisk),
        DomainIn(DomainState::kExpired)}) {
    for (const EnforcementMode mode : {kEnforce, kObserve}) {
      const auto blocking =
          BlockingReasons(domain, TestedProfile(), nullptr, EnforcedIn(mode), kNow);
      EXPECT_THAT(ReasonsOf(blocking), ElementsAre("DOMAIN_NOT_VERIFIED"));
      if (domain.has_value()) {
        EXPECT_THAT(blocking[0].description, HasSubstr("acme.example is"));
        EXPECT_THAT(blocking[0].description, HasSubstr(std::string(Name(domain->state))));
      } else {
        EXPECT_THAT(blocking[0].description, HasSubstr("has not claimed"));
      }
    }
  }
}

TEST(BlockingReasons, KeepWhatIsEnforcedOnADomainAtRiskAndRefuseMore) {
  const std::optional<Domain> at_risk = DomainIn(DomainState::kAtRisk);
  const Enforcement enforced = EnforcedIn(kEnforce), observed = EnforcedIn(kObserve);
  EXPECT_THAT(BlockingReasons(at_risk, TestedProfile(), &enforced, EnforcedIn(kEnforce), kNow),
              IsEmpty());
  EXPECT_THAT(BlockingReasons(at_risk, TestedProfile(), &enforced, EnforcedIn(kObserve), kNow),
              IsEmpty());
  EXPECT_THAT(BlockingReasons(at_risk, TestedProfile(), &observed, EnforcedIn(kObserve), kNow),
              IsEmpty());
  EXPECT_THAT(
      ReasonsOf(BlockingReasons(at_risk, TestedProfile(), &observed, EnforcedIn(kEnforce), kNow)),
      ElementsAre("DOMAIN_NOT_VERIFIED"));
  EXPECT_THAT(ReasonsOf(BlockingReasons(DomainIn(DomainState::kExpired), TestedProfile(), &enforced,
                                        EnforcedIn(kEnforce), kNow)),
              ElementsAre("DOMAIN_NOT_VERIFIED"));
}

TEST(BlockingReasons, LetARolloutOnADomainAtRiskGetNarrowerAndNotWider) {
  const std::optional<Domain> at_risk = DomainIn(DomainState::kAtRisk);
  Enforcement half = EnforcedIn(kEnforce);
  half.rollout.percent = 50;
  EXPECT_THAT(BlockingReasons(at_risk, TestedProfile(), &half, half, kNow), IsEmpty());
  Enforcement fewer = half;
  fewer.rollout.percent = 49;
  EXPECT_THAT(BlockingReasons(at_risk, TestedProfile(), &half, fewer, kNow), IsEmpty());
  EXPECT_THAT(ReasonsOf(BlockingReasons(at_risk, TestedProfile(), &fewer, half, kNow)),
              ElementsAre("DOMAIN_NOT_VERIFIED"));
}

TEST(BlockingReasons, RefuseAProfileWhoseLatestConfigurationHasNotPassed) {
  const std::optional<Domain> verified = DomainIn(DomainState::kVerified);
  const Enforcement current = EnforcedIn(kEnforce);
  SsoProfile untested = TestedProfile();
  untested.tested_configuration.clear();
  SsoProfile stale = TestedProfile();
  stale.saml.idp_certificates = {"another"};
  for (const Enforcement* enforcement : {static_cast<const Enforcement*>(nullptr), &current}) {
    EXPECT_THAT(
        ReasonsOf(BlockingReasons(verified, untested, enforcement, EnforcedIn(kEnforce), kNow)),
        ElementsAre("CONNECTION_TEST_REQUIRED"));
    EXPECT_THAT(
        ReasonsOf(BlockingReasons(verified, stale, enforcement, EnforcedIn(kObserve), kNow)),
        ElementsAre("CONNECTION_TEST_STALE"));
  }
  EXPECT_THAT(BlockingReasons(verified, stale, nullptr, EnforcedIn(kEnforce), kNow)[0].description,
              HasSubstr("okta"));
}

TEST(BlockingReasons, AreToldAllAtOnce) {
  EXPECT_THAT(
      ReasonsOf(BlockingReasons(std::nullopt, SsoProfile(), nullptr, EnforcedIn(kEnforce), kNow)),
      ElementsAre("DOMAIN_NOT_VERIFIED", "CONNECTION_TEST_REQUIRED"));
}

std::vector<std::string> KindsOf(const std::vector<Warning>& warnings) {
  std::vector<std::string> kinds;
  for (const Warning& warning : warnings) kinds.emplace_back(Name(warning.kind));
  return kinds;
}

TEST(Warnings, TellOfEachCertificateThatEndsWithinThirtyDays) {
  const absl::Time now = absl::FromCivil(absl::CivilDay(2024, 6, 1), absl::UTCTimeZone());
  const absl::Duration day = absl::Hours(24);
  const std::optional<Domain> verified = DomainIn(DomainState::kVerified);
  EXPECT_THAT(Warnings(verified, {}, now), IsEmpty());
  EXPECT_THAT(Warnings(verified, {now + 30 * day + absl::Nanoseconds(1)}, now), IsEmpty());
  const auto warnings = Warnings(
      verified, {now + 400 * day, now + 30 * day, now + absl::Seconds(1), now, now - day}, now);
  EXPECT_THAT(KindsOf(warnings), ElementsAre("CERTIFICATE_EXPIRES_SOON", "CERTIFICATE_EXPIRES_SOON",
                                             "CERTIFICATE_EXPIRED", "CERTIFICATE_EXPIRED"));
  EXPECT_THAT(warnings[0].description, HasSubstr("expires on 2024-07-01"));
  EXPECT_THAT(warnings[3].description, HasSubstr("expired on 2024-05-31"));
}

TEST(Warnings, TellOfADomainAtRisk) {
  const auto warnings = Warnings(DomainIn(DomainState::kAtRisk), {}, absl::UnixEpoch());
  EXPECT_THAT(KindsOf(warnings), ElementsAre("DOMAIN_AT_RISK"));
  EXPECT_THAT(warnings[0].description, HasSubstr("acme.example"));
  EXPECT_THAT(Warnings(std::nullopt, {}, absl::UnixEpoch()), IsEmpty());
}

}  // namespace
}  // namespace gatehouse
