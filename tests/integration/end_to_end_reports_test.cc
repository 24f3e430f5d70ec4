// A rollout that stands on what gateways report, over the real server: observe,
// look, enforce by proof, pause when SSO fails, resume.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/substitute.h"
#include "tests/integration/deployment_test_case.h"

namespace gatehouse {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

class EndToEndReports : public DeploymentTestCase {
 protected:
  static absl::StatusOr<v1::ReportLoginResponse> Report(const Tenant& tenant,
                                                        absl::string_view local,
                                                        v1::ReportLoginRequest::Method method,
                                                        v1::ReportLoginRequest::Outcome outcome) {
    v1::ReportLoginRequest request;
    request.set_email(tenant.Email(local));
    request.set_method(method);
    request.set_outcome(outcome);
    if (method == v1::ReportLoginRequest::METHOD_SSO) request.set_sso_profile(tenant.profile());
    if (outcome == v1::ReportLoginRequest::OUTCOME_FAILED) {
      request.set_failure_reason("the IdP answered 503");
    }
    return api().Call(&Logins::ReportLogin, request);
  }
  static absl::StatusOr<v1::ReportLoginResponse> SsoWorked(const Tenant& tenant,
                                                           absl::string_view local) {
    return Report(tenant, local, v1::ReportLoginRequest::METHOD_SSO,
                  v1::ReportLoginRequest::OUTCOME_SUCCEEDED);
  }
  static absl::StatusOr<v1::ReportLoginResponse> SsoFailed(const Tenant& tenant,
                                                           absl::string_view local) {
    return Report(tenant, local, v1::ReportLoginRequest::METHOD_SSO,
                  v1::ReportLoginRequest::OUTCOME_FAILED);
  }
  static absl::StatusOr<v1::ReportLoginResponse> PasswordWorked(const Tenant& tenant,
                                                                absl::string_view local) {
    return Report(tenant, local, v1::ReportLoginRequest::METHOD_PASSWORD,
                  v1::ReportLoginRequest::OUTCOME_SUCCEEDED);
  }

  static std::string VerdictFor(const Tenant& tenant, absl::string_view local) {
    const auto answer = tenant.Check(tenant.Email(local));
    if (!answer.ok()) return answer.status().ToString();
    return absl::StrCat(v1::Verdict_Name(answer->verdict()), " ",
                        v1::DecisionReason_Name(answer->reason()));
  }
  static absl::StatusOr<v1::EnforcementReport> GetReport(const Tenant& tenant) {
    return api().Call(&Enforcements::GetEnforcementReport,
                      absl::Substitute(R"(name: "$0")", tenant.enforcement_name()));
  }
  static std::vector<std::string> Refused(const v1::EnforcementReport& report) {
    std::vector<std::string> addresses;
    for (const auto& refused : report.refused_users()) addresses.push_back(refused.user().email());
    return addresses;
  }
};

constexpr char kEnforced[] = "VERDICT_REQUIRE_SSO DECISION_REASON_ENFORCED";
constexpr char kAwaiting[] = "VERDICT_ALLOW_PASSWORD DECISION_REASON_AWAITING_SSO_SIGN_IN";
constexpr char kPaused[] = "VERDICT_ALLOW_PASSWORD DECISION_REASON_ENFORCEMENT_PAUSED";

TEST_F(EndToEndReports, ObserveThenProveThenPauseThenResume) {
  Tenant tenant = NewTenant("reports");
  ASSERT_OK(MakeReady(tenant));
  for (const char* local : {"ann", "bob", "cid", "dan"}) {
    ASSERT_OK(tenant.AddUser(tenant.Email(local)));
  }

  // Observe: nobody is refused, and the report tells who would be.
  v1::EnforceDomainsRequest enforce = tenant.EnforceRequest();
  enforce.set_mode(v1::Enforcement::MODE_OBSERVE);
  ASSERT_OK(api().Call(&Enforcements::EnforceDomains, enforce));
  ASSERT_OK_AND_ASSIGN(const v1::CheckLoginResponse observed, tenant.Check(tenant.Email("ann")));
  EXPECT_EQ(observed.verdict(), v1::VERDICT_ALLOW_PASSWORD);
  EXPECT_EQ(observed.observed_verdict(), v1::VERDICT_REQUIRE_SSO);
  ASSERT_OK(PasswordWorked(tenant, "ann"));
  ASSERT_OK_AND_ASSIGN(v1::EnforcementReport report, GetReport(tenant));
  // The owner among them: who triggers an enforcement is exempted when it begins to block.
  EXPECT_THAT(Refused(report),
              ElementsAre(tenant.Email("ann"), tenant.Email("bob"), tenant.Email("cid"),
                          tenant.Email("dan"), tenant.Email("owner")));
  EXPECT_TRUE(report.refused_users(0).user().login_activity().has_last_sign_in_time());
  EXPECT_FALSE(report.refused_users(0).user().login_activity().has_last_sso_sign_in_time());
  EXPECT_FALSE(report.refused_users(1).user().has_login_activity());
  ASSERT_EQ(report.decision_counts_size(), 1) << report.DebugString();
  EXPECT_EQ(report.decision_counts(0).reason(), v1::DECISION_REASON_ENFORCED);
  EXPECT_EQ(report.decision_counts(0).observed_verdict(), v1::VERDICT_REQUIRE_SSO);
  EXPECT_EQ(report.decision_counts(0).count(), 1);

  // Enforce whoever has proven that SSO works for them.
  enforce.set_mode(v1::Enforcement::MODE_ENFORCE);
  enforce.mutable_rollout()->set_require_proof(true);
  enforce.mutable_rollout()->mutable_automatic_pause()->set_min_failures(2);
  enforce.mutable_rollout()->mutable_automatic_pause()->set_failure_percent(50);
  ASSERT_OK(api().Call(&Enforcements::EnforceDomains, enforce));
  EXPECT_EQ(VerdictFor(tenant, "ann"), kAwaiting);
  ASSERT_OK(SsoWorked(tenant, "ann"));
  EXPECT_EQ(VerdictFor(tenant, "ann"), kEnforced);
  EXPECT_EQ(VerdictFor(tenant, "bob"), kAwaiting);
  ASSERT_OK_AND_ASSIGN(report, GetReport(tenant));
  EXPECT_THAT(Refused(report), ElementsAre(tenant.Email("ann")));
  EXPECT_EQ(report.sso_success_count(), 1);

  // SSO begins to fail.
  ASSERT_OK(SsoFailed(tenant, "bob"));
  ASSERT_OK(SsoFailed(tenant, "cid"));
  ASSERT_OK_AND_ASSIGN(const v1::Enforcement paused,
                       api().Call(&Enforcements::GetEnforcement,
                                  absl::Substitute(R"(name: "$0")", tenant.enforcement_name())));
  ASSERT_TRUE(paused.has_pause());
  EXPECT_TRUE(paused.pause().automatic());
  EXPECT_EQ(paused.pause().actor(), "system/automatic-pause");
  EXPECT_THAT(paused.pause().reason(), HasSubstr("SSO failed in 2 of 3 sign-ins"));
  EXPECT_THAT(paused.pause().reason(), HasSubstr("the IdP answered 503"));
  EXPECT_EQ(VerdictFor(tenant, "ann"), kEnforced) << "proven";
  EXPECT_EQ(VerdictFor(tenant, "bob"), kPaused);
  ASSERT_OK_AND_ASSIGN(report, GetReport(tenant));
  EXPECT_EQ(report.sso_failure_count(), 2);

  // Repaired.
  ASSERT_OK(api().Call(&Enforcements::ResumeEnforcement,
                       absl::Substitute(R"(name: "$0")", tenant.enforcement_name())));
  EXPECT_EQ(VerdictFor(tenant, "bob"), kAwaiting);
  ASSERT_OK(SsoWorked(tenant, "bob"));
  EXPECT_EQ(VerdictFor(tenant, "bob"), kEnforced);
}

TEST_F(EndToEndReports, TheUseOfAnExemptionShowsOnIt) {
  Tenant tenant = NewTenant("uses");
  ASSERT_OK(MakeReady(tenant));
  ASSERT_OK_AND_ASSIGN(const v1::User root, tenant.AddUser(tenant.Email("root")));
  ASSERT_OK(tenant.Enforce());
  ASSERT_OK(
      api().Call(&Enforcements::CreateExemption, absl::Substitute(R"(parent: "$0" exemption {
                           user: "$1" kind: KIND_BREAK_GLASS reason: "the safe" })",
                                                                  tenant.name(), root.name())));
  ASSERT_OK(PasswordWorked(tenant, "root"));
  ASSERT_OK(PasswordWorked(tenant, "root"));
  ASSERT_OK_AND_ASSIGN(const v1::ListExemptionsResponse list,
                       api().Call(&Enforcements::ListExemptions,
                                  absl::Substitute(R"(parent: "$0")", tenant.name())));
  std::map<std::string, v1::Exemption> by_user;
  for (const v1::Exemption& exemption : list.exemptions()) by_user[exemption.user()] = exemption;
  EXPECT_EQ(by_user[root.name()].use_count(), 2);
  EXPECT_TRUE(by_user[root.name()].has_last_use_time());
  EXPECT_NE(by_user[root.name()].approver(), "");
  EXPECT_EQ(by_user[tenant.owner()].use_count(), 0);
}

TEST_F(EndToEndReports, AUserMayHaveARuleOfTheirOwn) {
  Tenant tenant = NewTenant("own-rules");
  ASSERT_OK(MakeReady(tenant));
  ASSERT_OK_AND_ASSIGN(const v1::User ann, tenant.AddUser(tenant.Email("ann")));
  const auto set = [&](absl::string_view sso_override) {
    return api().Call(&Users::UpdateUser,
                      absl::Substitute(R"(user { name: "$0" sso_override { $1 } }
                                          update_mask { paths: "sso_override" })",
                                       ann.name(), sso_override));
  };
  ASSERT_OK_AND_ASSIGN(
      v1::User changed,
      set(absl::Substitute(R"(mode: MODE_REQUIRE_SSO sso_profile: "$0")", tenant.profile())));
  EXPECT_EQ(changed.sso_override().mode(), v1::SsoOverride::MODE_REQUIRE_SSO);
  EXPECT_EQ(changed.sso_status(), v1::User::SSO_STATUS_ENFORCED);
  EXPECT_NE(changed.etag(), ann.etag());
  ASSERT_OK_AND_ASSIGN(const v1::CheckLoginResponse check, tenant.Check(tenant.Email("ann")));
  EXPECT_EQ(check.reason(), v1::DECISION_REASON_OVERRIDE_REQUIRE_SSO);
  EXPECT_EQ(check.sso().sso_profile(), tenant.profile());
  EXPECT_THAT(api().Call(&SsoProfiles::DeleteSsoProfile,
                         absl::Substitute(R"(name: "$0")", tenant.profile())),
              FailsWith(Code::kFailedPrecondition, "PROFILE_ENFORCED"));

  ASSERT_OK(tenant.Enforce());
  ASSERT_OK(set(R"(mode: MODE_EXEMPT reason: "a kiosk")"));
  EXPECT_EQ(VerdictFor(tenant, "ann"), "VERDICT_ALLOW_PASSWORD DECISION_REASON_OVERRIDE_EXEMPT");
  // An import leaves it alone.
  ASSERT_OK(tenant.Import(tenant.Email("ann")));
  EXPECT_EQ(VerdictFor(tenant, "ann"), "VERDICT_ALLOW_PASSWORD DECISION_REASON_OVERRIDE_EXEMPT");
  ASSERT_OK_AND_ASSIGN(changed, set("mode: MODE_FOLLOW_DOMAIN"));
  EXPECT_FALSE(changed.has_sso_override());
  EXPECT_EQ(VerdictFor(tenant, "ann"), kEnforced);
}

}  // namespace
}  // namespace gatehouse
