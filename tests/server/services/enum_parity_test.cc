// Services hand enums of policy/ to the API, and back, by number. So every value
// has the same number and the same name on both sides, and neither side has one
// more.
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gatehouse/v1/connection_test.pb.h"
#include "gatehouse/v1/decision.pb.h"
#include "gatehouse/v1/domain.pb.h"
#include "gatehouse/v1/enforcement.pb.h"
#include "gatehouse/v1/login_service.pb.h"
#include "gatehouse/v1/user.pb.h"
#include "policy/connection_test.h"
#include "policy/decision.h"
#include "policy/domain.h"
#include "policy/enforcement.h"
#include "policy/sso_override.h"
#include "policy/user.h"
#include "server/managers/login_report_manager.h"
#include "server/managers/user_view.h"

namespace gatehouse {
namespace {

using Values = std::map<int, std::string>;

// The values of an enum of the API without their prefix, but the unspecified.
Values OfApi(const google::protobuf::EnumDescriptor* descriptor, const std::string& prefix) {
  Values values;
  for (int i = 0; i < descriptor->value_count(); ++i) {
    const std::string& name = descriptor->value(i)->name();
    EXPECT_TRUE(absl::StartsWith(name, prefix)) << name;
    if (descriptor->value(i)->number() == 0) {
      EXPECT_EQ(name, prefix + "UNSPECIFIED");
    } else {
      values[descriptor->value(i)->number()] = name.substr(prefix.size());
    }
  }
  return values;
}

// The values of `policy`, listed here, by the names that errors and logs show.
template <typename E>
Values Named(const std::vector<E>& policy) {
  Values values;
  for (E value : policy) values[static_cast<int>(value)] = std::string(Name(value));
  return values;
}

TEST(EnumParity, OfDomainStates) {
  EXPECT_EQ(Named<DomainState>({DomainState::kPending, DomainState::kVerified, DomainState::kAtRisk,
                                DomainState::kExpired}),
            OfApi(v1::Domain::State_descriptor(), "STATE_"));
}

TEST(EnumParity, OfRoles) {
  EXPECT_EQ(Named<Role>({Role::kMember, Role::kAdmin, Role::kOwner}),
            OfApi(v1::User::Role_descriptor(), "ROLE_"));
}

TEST(EnumParity, OfVerdicts) {
  EXPECT_EQ(Named<Verdict>({Verdict::kAllowPassword, Verdict::kRequireSso, Verdict::kDeny}),
            OfApi(v1::Verdict_descriptor(), "VERDICT_"));
}

TEST(EnumParity, OfDecisionReasons) {
  using R = DecisionReason;
  EXPECT_EQ(Named<R>({R::kDomainNotEnforced, R::kDomainExpired, R::kEnforced, R::kIndependentUser,
                      R::kUnmanagedAddress, R::kUnmanagedAddressEnforced, R::kExemptTriggeringAdmin,
                      R::kExemptBreakGlass, R::kExemptServiceAccount, R::kUserSuspended,
                      R::kEmailChangeToEnforcedDomain, R::kEnforcementScheduled, R::kNotInWave,
                      R::kAwaitingSsoSignIn, R::kEnforcementPaused, R::kOverrideRequireSso,
                      R::kOverrideExempt}),
            OfApi(v1::DecisionReason_descriptor(), "DECISION_REASON_"));
}

TEST(EnumParity, OfEnforcementModes) {
  EXPECT_EQ(Named<EnforcementMode>({EnforcementMode::kEnforce, EnforcementMode::kObserve}),
            OfApi(v1::Enforcement::Mode_descriptor(), "MODE_"));
}

TEST(EnumParity, OfExemptionKinds) {
  EXPECT_EQ(Named<ExemptionKind>({ExemptionKind::kTriggeringAdmin, ExemptionKind::kBreakGlass,
                                  ExemptionKind::kServiceAccount}),
            OfApi(v1::Exemption::Kind_descriptor(), "KIND_"));
}

TEST(EnumParity, OfConnectionTestFailures) {
  std::vector<ConnectionTestFailure> failures;
  for (int number = 1; number <= static_cast<int>(ConnectionTestFailure::kDiscoveryInvalid);
       ++number) {
    failures.push_back(static_cast<ConnectionTestFailure>(number));
  }
  EXPECT_EQ(Named(failures),
            OfApi(v1::ConnectionTest::FailureReason_descriptor(), "FAILURE_REASON_"));
}

// Those without a Name of their own.

TEST(EnumParity, OfUnmanagedUsers) {
  EXPECT_EQ((Values{{static_cast<int>(UnmanagedUsers::kPassword), "PASSWORD"},
                    {static_cast<int>(UnmanagedUsers::kRequireSso), "REQUIRE_SSO"}}),
            OfApi(v1::Enforcement::UnmanagedUsers_descriptor(), "UNMANAGED_USERS_"));
}

TEST(EnumParity, OfUserTypes) {
  EXPECT_EQ((Values{{static_cast<int>(UserType::kManaged), "MANAGED"},
                    {static_cast<int>(UserType::kIndependent), "INDEPENDENT"}}),
            OfApi(v1::User::Type_descriptor(), "TYPE_"));
}

TEST(EnumParity, OfSsoStatuses) {
  EXPECT_EQ((Values{{static_cast<int>(SsoStatus::kEnforced), "ENFORCED"},
                    {static_cast<int>(SsoStatus::kExempt), "EXEMPT"},
                    {static_cast<int>(SsoStatus::kNotEnforced), "NOT_ENFORCED"},
                    {static_cast<int>(SsoStatus::kDenied), "DENIED"}}),
            OfApi(v1::User::SsoStatus_descriptor(), "SSO_STATUS_"));
}

TEST(EnumParity, OfLoginActions) {
  EXPECT_EQ((Values{{static_cast<int>(LoginAction::kSignIn), "SIGN_IN"},
                    {static_cast<int>(LoginAction::kPasswordReset), "PASSWORD_RESET"},
                    {static_cast<int>(LoginAction::kEmailChange), "EMAIL_CHANGE"}}),
            OfApi(v1::LoginAction_descriptor(), "LOGIN_ACTION_"));
}

TEST(EnumParity, OfConnectionTestStates) {
  // The API's EXPIRED is a PENDING test of the store whose time has passed.
  EXPECT_EQ((Values{{static_cast<int>(ConnectionTestState::kPending), "PENDING"},
                    {static_cast<int>(ConnectionTestState::kPassed), "PASSED"},
                    {static_cast<int>(ConnectionTestState::kFailed), "FAILED"},
                    {4, "EXPIRED"}}),
            OfApi(v1::ConnectionTest::State_descriptor(), "STATE_"));
}

TEST(EnumParity, OfReportedSignIns) {
  EXPECT_EQ((Values{{static_cast<int>(LoginMethod::kSso), "SSO"},
                    {static_cast<int>(LoginMethod::kPassword), "PASSWORD"},
                    {static_cast<int>(LoginMethod::kOther), "OTHER"}}),
            OfApi(v1::ReportLoginRequest::Method_descriptor(), "METHOD_"));
  EXPECT_EQ((Values{{static_cast<int>(LoginOutcome::kSucceeded), "SUCCEEDED"},
                    {static_cast<int>(LoginOutcome::kFailed), "FAILED"}}),
            OfApi(v1::ReportLoginRequest::Outcome_descriptor(), "OUTCOME_"));
}

TEST(EnumParity, OfOverrides) {
  // FOLLOW_DOMAIN is the absence of one.
  EXPECT_EQ((Values{{v1::SsoOverride::MODE_FOLLOW_DOMAIN, "FOLLOW_DOMAIN"},
                    {static_cast<int>(SsoOverrideMode::kRequireSso), "REQUIRE_SSO"},
                    {static_cast<int>(SsoOverrideMode::kExempt), "EXEMPT"}}),
            OfApi(v1::SsoOverride::Mode_descriptor(), "MODE_"));
}

}  // namespace
}  // namespace gatehouse
