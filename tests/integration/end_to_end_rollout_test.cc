// Enforcement step by step, over the real server: a schedule, a wave,
// subdomains, a pause.
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/substitute.h"
#include "tests/integration/deployment_test_case.h"

namespace gatehouse {
namespace {

using Code = absl::StatusCode;

constexpr char kEnforced[] = "REQUIRE_SSO ENFORCED";

class EndToEndRollout : public DeploymentTestCase {
 protected:
  static std::string Answer(const Tenant& tenant, absl::string_view email,
                            v1::LoginAction action = v1::LOGIN_ACTION_SIGN_IN) {
    const auto answer = tenant.Check(email, action);
    if (!answer.ok()) return answer.status().ToString();
    constexpr size_t kVerdict = sizeof("VERDICT_") - 1;
    constexpr size_t kReason = sizeof("DECISION_REASON_") - 1;
    return absl::StrCat(v1::Verdict_Name(answer->verdict()).substr(kVerdict), " ",
                        v1::DecisionReason_Name(answer->reason()).substr(kReason));
  }
  static absl::Status Enforce(const v1::EnforceDomainsRequest& request) {
    return api().Call(&Enforcements::EnforceDomains, request).status();
  }
  static int64_t Now() { return absl::ToUnixSeconds(absl::Now()); }
};

TEST_F(EndToEndRollout, AScheduledEnforcementIsAnnouncedInTheDecisionsBeforeIt) {
  Tenant tenant = NewTenant("schedule");
  ASSERT_OK(MakeReady(tenant));
  const std::string ann = tenant.Email("ann");
  ASSERT_OK(tenant.AddUser(ann));
  v1::EnforceDomainsRequest request = tenant.EnforceRequest();
  const int64_t start = Now() + 3600;
  request.mutable_rollout()->mutable_start_time()->set_seconds(start);
  ASSERT_OK(Enforce(request));
  ASSERT_OK_AND_ASSIGN(const v1::CheckLoginResponse before, tenant.Check(ann));
  EXPECT_EQ(before.verdict(), v1::VERDICT_ALLOW_PASSWORD);
  EXPECT_EQ(before.reason(), v1::DECISION_REASON_ENFORCEMENT_SCHEDULED);
  EXPECT_EQ(before.enforcement_scheduled_at().seconds(), start);
  EXPECT_FALSE(before.has_sso());
  EXPECT_EQ(Answer(tenant, ann, v1::LOGIN_ACTION_EMAIL_CHANGE),
            "ALLOW_PASSWORD ENFORCEMENT_SCHEDULED");

  request.mutable_rollout()->mutable_start_time()->set_seconds(Now() - 1);
  ASSERT_OK(Enforce(request));
  ASSERT_OK_AND_ASSIGN(const v1::CheckLoginResponse after, tenant.Check(ann));
  EXPECT_EQ(after.verdict(), v1::VERDICT_REQUIRE_SSO);
  EXPECT_EQ(after.sso().protocol(), v1::SsoDestination::PROTOCOL_SAML);
  EXPECT_FALSE(after.has_enforcement_scheduled_at());
  EXPECT_EQ(Answer(tenant, ann, v1::LOGIN_ACTION_EMAIL_CHANGE),
            "DENY EMAIL_CHANGE_TO_ENFORCED_DOMAIN");
}

TEST_F(EndToEndRollout, AWaveByNameThenEverybody) {
  Tenant tenant = NewTenant("wave");
  ASSERT_OK(MakeReady(tenant));
  ASSERT_OK_AND_ASSIGN(const v1::User ann, tenant.AddUser(tenant.Email("ann")));
  ASSERT_OK(tenant.AddUser(tenant.Email("bob")));
  v1::EnforceDomainsRequest request = tenant.EnforceRequest();
  request.mutable_rollout()->add_users(ann.name());
  ASSERT_OK(Enforce(request));
  EXPECT_EQ(Answer(tenant, tenant.Email("ann")), kEnforced);
  EXPECT_EQ(Answer(tenant, tenant.Email("bob")), "ALLOW_PASSWORD NOT_IN_WAVE");
  ASSERT_OK_AND_ASSIGN(const v1::Enforcement stored,
                       api().Call(&Enforcements::GetEnforcement,
                                  absl::Substitute(R"(name: "$0")", tenant.enforcement_name())));
  ASSERT_EQ(stored.rollout().users_size(), 1);
  EXPECT_EQ(stored.rollout().users(0), ann.name());
  EXPECT_EQ(stored.rollout().percent(), 0);

  // No rollout, and with a percentage of 0 and no users: everybody.
  request.mutable_rollout()->clear_users();
  ASSERT_OK(Enforce(request));
  EXPECT_EQ(Answer(tenant, tenant.Email("bob")), kEnforced);

  request.mutable_rollout()->add_users(absl::StrCat(tenant.name(), "/users/nobody"));
  EXPECT_THAT(Enforce(request), FailsWith(Code::kInvalidArgument, "INVALID_FIELD"));
}

TEST_F(EndToEndRollout, APlanIsBoundToItsRollout) {
  Tenant tenant = NewTenant("bound");
  ASSERT_OK(MakeReady(tenant));
  const v1::EnforceDomainsRequest whole = tenant.EnforceRequest();
  v1::PlanEnforcementRequest plan_request;
  plan_request.set_parent(whole.parent());
  *plan_request.mutable_domains() = whole.domains();
  plan_request.set_sso_profile(whole.sso_profile());
  plan_request.set_acting_admin(whole.acting_admin());
  plan_request.mutable_rollout()->set_percent(10);
  ASSERT_OK_AND_ASSIGN(const v1::EnforcementPlan plan,
                       api().Call(&Enforcements::PlanEnforcement, plan_request));
  EXPECT_TRUE(plan.ready());
  v1::EnforceDomainsRequest request = whole;
  request.set_plan_token(plan.plan_token());
  EXPECT_THAT(Enforce(request), FailsWith(Code::kAborted, "PLAN_OUTDATED"));
  request.mutable_rollout()->set_percent(10);
  ASSERT_OK(Enforce(request));
}

TEST_F(EndToEndRollout, ASubdomainThatAnotherOrganizationProvesIsTheirs) {
  Tenant tenant = NewTenant("parent");
  ASSERT_OK(MakeReady(tenant));
  const std::string ann = absl::StrCat("ann@eu.", tenant.domain());
  ASSERT_OK_AND_ASSIGN(const v1::User user, tenant.AddUser(ann));
  EXPECT_TRUE(user.has_claim_time()) << "claimed by who holds the closest domain";
  EXPECT_EQ(user.type(), v1::User::TYPE_INDEPENDENT) << "until the enforcement covers subdomains";
  v1::EnforceDomainsRequest request = tenant.EnforceRequest();
  ASSERT_OK(Enforce(request));
  EXPECT_EQ(Answer(tenant, ann), "ALLOW_PASSWORD DOMAIN_NOT_ENFORCED");

  request.set_match_subdomains(true);
  ASSERT_OK(Enforce(request));
  ASSERT_OK_AND_ASSIGN(const v1::CheckLoginResponse covered, tenant.Check(ann));
  EXPECT_EQ(covered.verdict(), v1::VERDICT_REQUIRE_SSO);
  EXPECT_EQ(covered.matched_domain(), tenant.domain());
  EXPECT_EQ(covered.organization(), tenant.name());

  Tenant other(api(), "subsidiary", absl::StrCat("eu.", tenant.domain()));
  ASSERT_OK(other.Create());
  ASSERT_OK(other.HoldDomain(dns()));
  ASSERT_OK_AND_ASSIGN(const v1::CheckLoginResponse theirs, tenant.Check(ann));
  EXPECT_EQ(theirs.verdict(), v1::VERDICT_ALLOW_PASSWORD);
  EXPECT_EQ(theirs.organization(), other.name());
  EXPECT_EQ(Answer(tenant, absl::StrCat("bob@x.eu.", tenant.domain())),
            "ALLOW_PASSWORD DOMAIN_NOT_ENFORCED");
}

TEST_F(EndToEndRollout, APauseLetsPeopleInUntilItIsResumed) {
  Tenant tenant = NewTenant("pause");
  ASSERT_OK(MakeReady(tenant));
  const std::string ann = tenant.Email("ann");
  ASSERT_OK(tenant.AddUser(ann));
  const std::string name = absl::Substitute(R"(name: "$0")", tenant.enforcement_name());
  EXPECT_THAT(api().Call(&Enforcements::PauseEnforcement, absl::StrCat(name, R"( reason: "x")")),
              FailsWith(Code::kNotFound, "RESOURCE_NOT_FOUND"));
  ASSERT_OK(tenant.Enforce());
  EXPECT_THAT(api().Call(&Enforcements::PauseEnforcement, name),
              FailsWith(Code::kInvalidArgument, "INVALID_FIELD"));
  EXPECT_THAT(api().Call(&Enforcements::ResumeEnforcement, name),
              FailsWith(Code::kFailedPrecondition, "NOT_PAUSED"));
  ASSERT_OK_AND_ASSIGN(
      const v1::Enforcement paused,
      api().Call(&Enforcements::PauseEnforcement, absl::StrCat(name, R"( reason: "IdP down")")));
  EXPECT_EQ(paused.pause().reason(), "IdP down");
  EXPECT_FALSE(paused.pause().automatic());
  EXPECT_NE(paused.pause().actor(), "");
  EXPECT_EQ(Answer(tenant, ann), "ALLOW_PASSWORD ENFORCEMENT_PAUSED");
  ASSERT_OK_AND_ASSIGN(const v1::Enforcement resumed,
                       api().Call(&Enforcements::ResumeEnforcement, name));
  EXPECT_FALSE(resumed.has_pause());
  EXPECT_EQ(Answer(tenant, ann), kEnforced);
}

}  // namespace
}  // namespace gatehouse
