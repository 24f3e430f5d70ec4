// Enforcement over the real server: plan, enforce, decide, edit, release.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/substitute.h"
#include "tests/integration/deployment_test_case.h"

namespace gatehouse {
namespace {

using ::testing::ElementsAre;
using Code = absl::StatusCode;

class EndToEndEnforcement : public DeploymentTestCase {
 protected:
  static std::string VerdictFor(const Tenant& tenant, absl::string_view email,
                                v1::LoginAction action = v1::LOGIN_ACTION_SIGN_IN) {
    const auto answer = tenant.Check(email, action);
    if (!answer.ok()) return answer.status().ToString();
    return absl::StrCat(v1::Verdict_Name(answer->verdict()), " ",
                        v1::DecisionReason_Name(answer->reason()));
  }

  // Sets the profile's list of enforced domains.
  static absl::StatusOr<v1::SsoProfile> SetEnforcedDomains(
      const Tenant& tenant, const std::vector<std::string>& domains) {
    v1::UpdateSsoProfileRequest request;
    request.mutable_sso_profile()->set_name(tenant.profile());
    for (const std::string& domain : domains) {
      request.mutable_sso_profile()->add_enforced_domains(domain);
    }
    request.mutable_update_mask()->add_paths("enforced_domains");
    request.set_acting_admin(tenant.owner());
    return api().Call(&SsoProfiles::UpdateSsoProfile, request);
  }

  static v1::PlanEnforcementRequest PlanRequest(const v1::EnforceDomainsRequest& enforce) {
    v1::PlanEnforcementRequest request;
    // The fields have the same numbers.
    EXPECT_TRUE(request.ParseFromString(enforce.SerializeAsString()));
    return request;
  }
};

constexpr char kAllowed[] = "VERDICT_ALLOW_PASSWORD DECISION_REASON_DOMAIN_NOT_ENFORCED";
constexpr char kEnforced[] = "VERDICT_REQUIRE_SSO DECISION_REASON_ENFORCED";
constexpr char kExempt[] = "VERDICT_ALLOW_PASSWORD DECISION_REASON_EXEMPT_TRIGGERING_ADMIN";
constexpr char kIndependent[] = "VERDICT_ALLOW_PASSWORD DECISION_REASON_INDEPENDENT_USER";
constexpr char kUnknown[] = "VERDICT_ALLOW_PASSWORD DECISION_REASON_UNMANAGED_ADDRESS";
constexpr char kChange[] = "VERDICT_DENY DECISION_REASON_EMAIL_CHANGE_TO_ENFORCED_DOMAIN";

TEST_F(EndToEndEnforcement, APlanShowsWhatEnforcingThenDoes) {
  Tenant tenant = NewTenant("plan");
  ASSERT_OK(tenant.Create());
  ASSERT_OK(tenant.AddUser(tenant.Email("old")));
  ASSERT_OK(tenant.HoldDomain(dns()));
  ASSERT_OK(tenant.Import(tenant.Email("owner")));
  ASSERT_OK(tenant.AddUser(tenant.Email("carol")));
  ASSERT_OK(tenant.Connect(idp()));
  v1::EnforceDomainsRequest enforce = tenant.EnforceRequest();
  const v1::PlanEnforcementRequest plan_request = PlanRequest(enforce);

  ASSERT_OK_AND_ASSIGN(v1::EnforcementPlan plan,
                       api().Call(&Enforcements::PlanEnforcement, plan_request));
  EXPECT_FALSE(plan.ready());
  ASSERT_EQ(plan.blocking_size(), 1);
  EXPECT_EQ(plan.blocking(0).reason(), "CONNECTION_TEST_REQUIRED");
  ASSERT_OK(tenant.PassConnectionTest(idp()));

  ASSERT_OK_AND_ASSIGN(plan, api().Call(&Enforcements::PlanEnforcement, plan_request));
  EXPECT_TRUE(plan.ready()) << plan.DebugString();
  EXPECT_EQ(plan.covered_count(), 1);
  ASSERT_EQ(plan.covered_users_size(), 1);
  EXPECT_EQ(plan.covered_users(0).email(), tenant.Email("carol"));
  EXPECT_EQ(plan.exempt_count(), 1);
  ASSERT_EQ(plan.exempt_users_size(), 1);
  EXPECT_EQ(plan.exempt_users(0).name(), tenant.owner());
  EXPECT_EQ(plan.left_out_count(), 1);
  ASSERT_EQ(plan.left_out_users_size(), 1);
  EXPECT_EQ(plan.left_out_users(0).email(), tenant.Email("old"));
  EXPECT_EQ(VerdictFor(tenant, tenant.Email("carol")), kAllowed) << "a plan changes nothing";

  // Somebody joins after the plan was shown.
  ASSERT_OK(tenant.AddUser(tenant.Email("dave")));
  enforce.set_plan_token(plan.plan_token());
  EXPECT_THAT(api().Call(&Enforcements::EnforceDomains, enforce),
              FailsWith(Code::kAborted, "PLAN_OUTDATED"));
  EXPECT_EQ(VerdictFor(tenant, tenant.Email("carol")), kAllowed);

  ASSERT_OK_AND_ASSIGN(plan, api().Call(&Enforcements::PlanEnforcement, plan_request));
  enforce.set_plan_token(plan.plan_token());
  ASSERT_OK_AND_ASSIGN(const v1::EnforceDomainsResponse enforced,
                       api().Call(&Enforcements::EnforceDomains, enforce));
  EXPECT_EQ(enforced.covered_count(), 2);
  EXPECT_EQ(enforced.exempt_count(), 1);
  EXPECT_EQ(enforced.left_out_count(), 1);
  EXPECT_EQ(enforced.triggering_admin_exemption().user(), tenant.owner());
  ASSERT_EQ(enforced.enforcements_size(), 1);
  EXPECT_EQ(enforced.enforcements(0).name(), tenant.enforcement_name());
  EXPECT_EQ(enforced.enforcements(0).enforce_revision(), enforced.revision());
}

TEST_F(EndToEndEnforcement, DecidesForEachKindOfAddress) {
  Tenant tenant = NewTenant("decides");
  ASSERT_OK(tenant.Create());
  ASSERT_OK(tenant.AddUser(tenant.Email("old")));
  ASSERT_OK(tenant.HoldDomain(dns()));
  ASSERT_OK(tenant.Import(tenant.Email("owner")));
  ASSERT_OK(tenant.AddUser(tenant.Email("carol")));
  ASSERT_OK(tenant.AddUser("guest@elsewhere.example"));
  ASSERT_OK(tenant.Connect(idp()));
  ASSERT_OK(tenant.PassConnectionTest(idp()));
  for (const char* local : {"owner", "carol", "old", "nobody"}) {
    EXPECT_EQ(VerdictFor(tenant, tenant.Email(local)), kAllowed) << local;
  }
  ASSERT_OK_AND_ASSIGN(const auto enforced, tenant.Enforce());
  // Managed from the first moment, and enforced from that moment.
  ASSERT_OK(tenant.AddUser(tenant.Email("later")));

  const struct {
    std::string email;
    v1::LoginAction action;
    const char* verdict;
  } cases[] = {
      {tenant.Email("carol"), v1::LOGIN_ACTION_SIGN_IN, kEnforced},
      {tenant.Email("CAROL"), v1::LOGIN_ACTION_SIGN_IN, kEnforced},
      {tenant.Email("carol"), v1::LOGIN_ACTION_PASSWORD_RESET, kEnforced},
      {tenant.Email("later"), v1::LOGIN_ACTION_SIGN_IN, kEnforced},
      {tenant.Email("owner"), v1::LOGIN_ACTION_SIGN_IN, kExempt},
      {tenant.Email("owner"), v1::LOGIN_ACTION_PASSWORD_RESET, kExempt},
      {tenant.Email("old"), v1::LOGIN_ACTION_SIGN_IN, kIndependent},
      {tenant.Email("nobody"), v1::LOGIN_ACTION_SIGN_IN, kUnknown},
      {"guest@elsewhere.example", v1::LOGIN_ACTION_SIGN_IN, kAllowed},
      {"carol@sub.decides.example", v1::LOGIN_ACTION_SIGN_IN, kAllowed},
      {tenant.Email("nobody"), v1::LOGIN_ACTION_EMAIL_CHANGE, kChange},
      {tenant.Email("owner"), v1::LOGIN_ACTION_EMAIL_CHANGE, kChange},
      {"anybody@elsewhere.example", v1::LOGIN_ACTION_EMAIL_CHANGE, kAllowed},
  };
  for (const auto& test : cases) {
    EXPECT_EQ(VerdictFor(tenant, test.email, test.action), test.verdict)
        << test.email << " " << v1::LoginAction_Name(test.action);
  }

  ASSERT_OK_AND_ASSIGN(
      const v1::CheckLoginResponse answer,
      tenant.Check(tenant.Email("CAROL"), v1::LOGIN_ACTION_SIGN_IN, enforced.revision()));
  EXPECT_GE(answer.revision(), enforced.revision());
  EXPECT_EQ(answer.organization(), tenant.name());
  EXPECT_EQ(answer.matched_domain(), tenant.domain());
  EXPECT_EQ(answer.enforced_since_revision(), enforced.revision());
  EXPECT_TRUE(answer.has_enforced_since());
  EXPECT_EQ(answer.sso().sso_profile(), tenant.profile());
  EXPECT_EQ(answer.sso().protocol(), v1::SsoDestination::PROTOCOL_SAML);
  EXPECT_EQ(answer.sso().issuer(), idp().metadata_url());
  EXPECT_EQ(answer.sso().login_hint(), tenant.Email("carol"));
  EXPECT_GT(answer.cache_ttl().seconds(), 0);

  // Nothing of an organization shows for an address on a domain that it does not hold.
  ASSERT_OK_AND_ASSIGN(const auto foreign, tenant.Check("guest@elsewhere.example"));
  EXPECT_EQ(foreign.organization(), "");
  EXPECT_EQ(foreign.matched_domain(), "");
}

TEST_F(EndToEndEnforcement, NeverAnswersFromBeforeTheRevisionAskedFor) {
  Tenant tenant = NewTenant("ahead");
  ASSERT_OK(tenant.Create());
  ASSERT_OK_AND_ASSIGN(const auto answer, tenant.Check("anybody@ahead.example"));
  const auto ahead = tenant.Check("anybody@ahead.example", v1::LOGIN_ACTION_SIGN_IN,
                                  answer.revision() + 1'000'000);
  EXPECT_THAT(ahead, FailsWith(Code::kUnavailable, "REVISION_NOT_REACHED"));
  EXPECT_GT(DetailsOf(ahead.status())->retry_after_ms, 0);
}

TEST_F(EndToEndEnforcement, ABatchDecidesForAThousandAddresses) {
  Tenant tenant = NewTenant("batch");
  ASSERT_OK(MakeReady(tenant));
  ASSERT_OK(tenant.AddUser(tenant.Email("carol")));
  ASSERT_OK_AND_ASSIGN(const auto enforced, tenant.Enforce());
  v1::BatchCheckLoginRequest request;
  request.set_min_revision(enforced.revision());
  for (int i = 0; i < 1000; ++i) {
    request.add_emails(i % 10 == 0   ? tenant.Email("carol")
                       : i % 10 == 1 ? "two@at@batch.example"
                                     : tenant.Email(absl::StrCat("nobody", i)));
  }
  ASSERT_OK_AND_ASSIGN(const auto response, api().Call(&Logins::BatchCheckLogin, request));
  EXPECT_GE(response.revision(), enforced.revision());
  ASSERT_EQ(response.results_size(), 1000);
  for (int i = 0; i < 1000; ++i) {
    const auto& result = response.results(i);
    SCOPED_TRACE(i);
    if (i % 10 == 1) {
      EXPECT_EQ(result.error().code(), static_cast<int>(Code::kInvalidArgument));
      ASSERT_EQ(result.error().details().bad_request().field_violations_size(), 1);
      EXPECT_EQ(result.error().details().bad_request().field_violations(0).field(),
                absl::StrCat("emails[", i, "]"));
    } else {
      EXPECT_EQ(result.decision().verdict(),
                i % 10 == 0 ? v1::VERDICT_REQUIRE_SSO : v1::VERDICT_ALLOW_PASSWORD);
    }
  }
  request.add_emails(tenant.Email("one-too-many"));
  EXPECT_THAT(api().Call(&Logins::BatchCheckLogin, request),
              FailsWith(Code::kInvalidArgument, "INVALID_FIELD"));
}

TEST_F(EndToEndEnforcement, AnObservedDomainBlocksNobody) {
  Tenant tenant = NewTenant("observe");
  ASSERT_OK(MakeReady(tenant));
  ASSERT_OK(tenant.AddUser(tenant.Email("carol")));
  v1::EnforceDomainsRequest request = tenant.EnforceRequest();
  request.set_mode(v1::Enforcement::MODE_OBSERVE);
  ASSERT_OK(api().Call(&Enforcements::EnforceDomains, request));
  ASSERT_OK_AND_ASSIGN(const auto answer, tenant.Check(tenant.Email("carol")));
  EXPECT_EQ(answer.verdict(), v1::VERDICT_ALLOW_PASSWORD);
  EXPECT_EQ(answer.observed_verdict(), v1::VERDICT_REQUIRE_SSO);
}

TEST_F(EndToEndEnforcement, EditingAProfilesDomainsIsAllOrNothing) {
  Tenant tenant = NewTenant("edit");
  ASSERT_OK(MakeReady(tenant));
  ASSERT_OK(tenant.HoldDomain(dns(), "edit-two.example"));
  ASSERT_OK(tenant.AddDomain("edit-pending.example"));
  ASSERT_OK(tenant.AddUser("one@edit.example"));
  ASSERT_OK(tenant.AddUser("two@edit-two.example"));

  ASSERT_OK_AND_ASSIGN(v1::SsoProfile profile, SetEnforcedDomains(tenant, {"edit.example"}));
  EXPECT_THAT(profile.enforced_domains(), ElementsAre("edit.example"));
  EXPECT_EQ(VerdictFor(tenant, "one@edit.example"), kEnforced);

  // One of the added is not verified: nothing is added, nothing released.
  EXPECT_THAT(SetEnforcedDomains(tenant, {"edit-two.example", "edit-pending.example"}),
              FailsWith(Code::kFailedPrecondition, "DOMAIN_NOT_VERIFIED"));
  EXPECT_EQ(VerdictFor(tenant, "one@edit.example"), kEnforced);
  EXPECT_EQ(VerdictFor(tenant, "two@edit-two.example"), kAllowed);

  ASSERT_OK_AND_ASSIGN(profile, SetEnforcedDomains(tenant, {"edit-two.example"}));
  EXPECT_EQ(VerdictFor(tenant, "one@edit.example"), kAllowed);
  EXPECT_EQ(VerdictFor(tenant, "two@edit-two.example"), kEnforced);
  ASSERT_OK_AND_ASSIGN(profile, SetEnforcedDomains(tenant, {}));
  EXPECT_EQ(VerdictFor(tenant, "two@edit-two.example"), kAllowed);
}

TEST_F(EndToEndEnforcement, TheLastWayInIsKept) {
  Tenant tenant = NewTenant("way-in");
  ASSERT_OK(MakeReady(tenant));
  ASSERT_OK_AND_ASSIGN(const auto enforced, tenant.Enforce());
  const std::string exemption = enforced.triggering_admin_exemption().name();
  const std::string remove = absl::Substitute(R"(name: "$0")", exemption);
  EXPECT_THAT(api().Call(&Enforcements::DeleteExemption, remove),
              FailsWith(Code::kFailedPrecondition, "WOULD_LOCK_OUT"));
  EXPECT_THAT(api().Call(&Users::DeleteUser, absl::Substitute(R"(name: "$0")", tenant.owner())),
              FailsWith(Code::kFailedPrecondition, "WOULD_LOCK_OUT"));

  ASSERT_OK_AND_ASSIGN(const v1::User rescue,
                       tenant.AddUser(tenant.Email("rescue"), v1::User::ROLE_ADMIN));
  ASSERT_OK(
      api().Call(&Enforcements::CreateExemption, absl::Substitute(R"(parent: "$0"
                                           exemption { user: "$1" kind: KIND_BREAK_GLASS
                                                       reason: "for the day the IdP fails" })",
                                                                  tenant.name(), rescue.name())));
  EXPECT_OK(api().Call(&Enforcements::DeleteExemption, remove));
  EXPECT_EQ(VerdictFor(tenant, tenant.Email("owner")), kEnforced);
  EXPECT_EQ(VerdictFor(tenant, tenant.Email("rescue")),
            "VERDICT_ALLOW_PASSWORD DECISION_REASON_EXEMPT_BREAK_GLASS");
}

TEST_F(EndToEndEnforcement, AnEnforcedDomainIsReleasedBeforeItIsRemoved) {
  Tenant tenant = NewTenant("release");
  ASSERT_OK(MakeReady(tenant));
  ASSERT_OK(tenant.AddUser(tenant.Email("carol")));
  ASSERT_OK(tenant.Enforce());
  const std::string remove = absl::Substitute(R"(name: "$0")", tenant.domain_name());
  EXPECT_THAT(api().Call(&Domains::RemoveDomain, remove),
              FailsWith(Code::kFailedPrecondition, "DOMAIN_ENFORCED"));
  EXPECT_THAT(api().Call(&SsoProfiles::DeleteSsoProfile,
                         absl::Substitute(R"(name: "$0")", tenant.profile())),
              FailsWith(Code::kFailedPrecondition, "PROFILE_ENFORCED"));
  EXPECT_EQ(VerdictFor(tenant, tenant.Email("carol")), kEnforced);

  const std::string release =
      absl::Substitute(R"(parent: "$0" domains: "$1")", tenant.name(), tenant.domain());
  ASSERT_OK_AND_ASSIGN(const auto released, api().Call(&Enforcements::ReleaseDomains, release));
  ASSERT_OK_AND_ASSIGN(
      const auto answer,
      tenant.Check(tenant.Email("carol"), v1::LOGIN_ACTION_SIGN_IN, released.revision()));
  EXPECT_EQ(answer.verdict(), v1::VERDICT_ALLOW_PASSWORD);
  EXPECT_THAT(api().Call(&Enforcements::ReleaseDomains, release),
              FailsWith(Code::kFailedPrecondition, "DOMAIN_NOT_ENFORCED"));
  ASSERT_OK(api().Call(&Domains::RemoveDomain, remove));
  // Its users stay, as independent users.
  ASSERT_OK_AND_ASSIGN(
      const v1::User carol,
      api().Call(&Users::LookupUser, absl::Substitute(R"(parent: "$0" email: "$1")", tenant.name(),
                                                      tenant.Email("carol"))));
  EXPECT_EQ(carol.type(), v1::User::TYPE_INDEPENDENT);
}

}  // namespace
}  // namespace gatehouse
