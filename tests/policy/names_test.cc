// Names and numbers of the policy's words: both are persisted or part of the API.
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/audit_event.h"
#include "policy/caller.h"
#include "policy/connection_test.h"
#include "policy/decision.h"
#include "policy/domain.h"
#include "policy/enforcement.h"
#include "policy/enforcement_rules.h"
#include "policy/user.h"

namespace gatehouse {
namespace {

using ::testing::ElementsAre;

// The names of `first`, `first` + 1, …; ends before the first number without one.
template <typename Enum>
std::vector<std::string> NamesFrom(int first) {
  std::vector<std::string> names;
  for (int number = first;; ++number) {
    const absl::string_view name = Name(static_cast<Enum>(number));
    if (name == "UNKNOWN") return names;
    names.emplace_back(name);
  }
}

TEST(Names, OfDomainStates) {
  EXPECT_THAT(NamesFrom<DomainState>(1), ElementsAre("PENDING", "VERIFIED", "AT_RISK", "EXPIRED"));
}

TEST(Names, OfRoles) { EXPECT_THAT(NamesFrom<Role>(1), ElementsAre("MEMBER", "ADMIN", "OWNER")); }

TEST(Names, OfEnforcementModes) {
  EXPECT_THAT(NamesFrom<EnforcementMode>(1), ElementsAre("ENFORCE", "OBSERVE"));
}

TEST(Names, OfExemptionKinds) {
  EXPECT_THAT(NamesFrom<ExemptionKind>(1),
              ElementsAre("TRIGGERING_ADMIN", "BREAK_GLASS", "SERVICE_ACCOUNT"));
}

TEST(Names, OfVerdicts) {
  EXPECT_THAT(NamesFrom<Verdict>(1), ElementsAre("ALLOW_PASSWORD", "REQUIRE_SSO", "DENY"));
}

TEST(Names, OfDecisionReasons) {
  EXPECT_THAT(NamesFrom<DecisionReason>(1),
              ElementsAre("DOMAIN_NOT_ENFORCED", "DOMAIN_EXPIRED", "ENFORCED", "INDEPENDENT_USER",
                          "UNMANAGED_ADDRESS", "UNMANAGED_ADDRESS_ENFORCED",
                          "EXEMPT_TRIGGERING_ADMIN", "EXEMPT_BREAK_GLASS", "EXEMPT_SERVICE_ACCOUNT",
                          "USER_SUSPENDED", "EMAIL_CHANGE_TO_ENFORCED_DOMAIN",
                          "ENFORCEMENT_SCHEDULED", "NOT_IN_WAVE", "AWAITING_SSO_SIGN_IN",
                          "ENFORCEMENT_PAUSED", "OVERRIDE_REQUIRE_SSO", "OVERRIDE_EXEMPT"));
}

TEST(Names, OfWarnings) {
  EXPECT_THAT(NamesFrom<WarningKind>(1),
              ElementsAre("DOMAIN_AT_RISK", "CERTIFICATE_EXPIRES_SOON", "CERTIFICATE_EXPIRED"));
}

TEST(Names, OfConnectionTestFailures) {
  EXPECT_THAT(
      NamesFrom<ConnectionTestFailure>(0),
      ElementsAre("NONE", "MALFORMED_RESPONSE", "FORBIDDEN_XML", "IDP_REFUSED", "UNSIGNED",
                  "SIGNATURE_INVALID", "WRONG_CERTIFICATE", "ALGORITHM_FORBIDDEN",
                  "SIGNATURE_STRUCTURE", "WRONG_ISSUER", "WRONG_AUDIENCE", "WRONG_RECIPIENT",
                  "WRONG_DESTINATION", "WRONG_IN_RESPONSE_TO", "EXPIRED", "NOT_YET_VALID",
                  "REPLAYED", "DECRYPTION_FAILED", "ENCRYPTED_WITHOUT_SIGNATURE", "NO_ASSERTION",
                  "NO_EMAIL", "INVALID_EMAIL", "FOREIGN_DOMAIN", "CONFIGURATION_CHANGED",
                  "MISSING_TIME_LIMITS", "WRONG_STATE", "WRONG_NONCE", "CODE_REFUSED",
                  "UNKNOWN_KEY", "EMAIL_NOT_VERIFIED", "DISCOVERY_INVALID"));
}

TEST(Names, OfAccessRoles) {
  EXPECT_THAT(NamesFrom<AccessRole>(1),
              ElementsAre("OPERATOR", "ORGANIZATION_ADMIN", "GATEWAY", "AUDITOR"));
}

TEST(Names, OfAuditEventKinds) {
  EXPECT_THAT(NamesFrom<AuditEventKind>(1),
              ElementsAre("CHANGE", "REFUSAL", "BREAK_GLASS_USE", "DOMAIN_STATE",
                          "CERTIFICATE_EXPIRY", "METADATA_CHANGE", "AUTOMATIC_PAUSE", "RETENTION"));
}

TEST(VerificationRecord, StandsUnderTheDomainAndCarriesTheToken) {
  const DomainName name = *DomainName::Parse("domain", "Bücher.example");
  EXPECT_EQ(VerificationRecordName(name), "_gatehouse.xn--bcher-kva.example");
  EXPECT_EQ(VerificationRecordValue("0123456789abcdef0123456789abcdef"),
            "gatehouse-domain-verification=0123456789abcdef0123456789abcdef");
}

TEST(IsHeld, HoldsForVerifiedAndAtRiskOnly) {
  EXPECT_FALSE(IsHeld(DomainState::kPending));
  EXPECT_TRUE(IsHeld(DomainState::kVerified));
  EXPECT_TRUE(IsHeld(DomainState::kAtRisk));
  EXPECT_FALSE(IsHeld(DomainState::kExpired));
}

TEST(IsAdmin, HoldsForAdminsAndOwners) {
  EXPECT_FALSE(IsAdmin(Role::kMember));
  EXPECT_TRUE(IsAdmin(Role::kAdmin));
  EXPECT_TRUE(IsAdmin(Role::kOwner));
}

}  // namespace
}  // namespace gatehouse
