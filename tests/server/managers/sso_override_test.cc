// A user's own rule: who may have which, and what it does.
#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "policy/errors.h"
#include "server/managers/sso_profile_manager.h"
#include "server/managers/user_manager.h"
#include "storage/stores/sso_override_store.h"
#include "tests/server/managers/enforcement_test_world.h"

namespace gatehouse {
namespace {

struct OverrideTestWorld : EnforcementTestWorld {
  UserManager users{context};

  absl::StatusOr<UserView> Set(const User& user, const SsoOverrideChange& change,
                               const Caller& caller = TestCaller()) {
    return users.Update(caller, {.organization = acme.id(), .id = user.id, .sso_override = change});
  }
  static SsoOverrideChange Require(const std::string& profile = "idp") {
    return {.mode = SsoOverrideMode::kRequireSso, .profile = SsoProfileId::FromTrusted(profile)};
  }
  static SsoOverrideChange Exempt() {
    return {.mode = SsoOverrideMode::kExempt, .reason = "legacy client"};
  }
  std::optional<SsoOverride> OverrideOf(const User& user) {
    auto view = users.Get(acme.id(), user.id);
    EXPECT_TRUE(view.ok()) << view.status();
    return view.ok() ? view->sso_override : std::nullopt;
  }
  void ExpectRefused(const absl::Status& status, absl::string_view expected) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_EQ(ReasonOf(status), expected);
  }
};

TEST(SsoOverride, RequiresSsoWhetherTheDomainIsEnforcedOrNot) {
  OverrideTestWorld world;
  const auto view = world.Set(world.eve, world.Require());
  ASSERT_TRUE(view.ok()) << view.status();
  ASSERT_TRUE(view->sso_override.has_value());
  EXPECT_EQ(view->sso_override->profile.value(), "idp");
  EXPECT_EQ(view->sso_override->create_time, world.clock.Now());
  EXPECT_EQ(view->sso_status(), SsoStatus::kEnforced);
  EXPECT_EQ(world.Check("eve@acme.test").reason, DecisionReason::kOverrideRequireSso);
  EXPECT_EQ(world.Check("boss@acme.test").verdict, Verdict::kAllowPassword);
}

TEST(SsoOverride, ExemptsFromAnEnforcedDomain) {
  OverrideTestWorld world;
  world.acme.Enforce("acme.test");
  ASSERT_TRUE(world.Set(world.eve, world.Exempt()).ok());
  EXPECT_EQ(world.Check("eve@acme.test").reason, DecisionReason::kOverrideExempt);
  ASSERT_TRUE(world.Set(world.eve, {}).ok());
  EXPECT_FALSE(world.OverrideOf(world.eve).has_value());
  EXPECT_EQ(world.Check("eve@acme.test").reason, DecisionReason::kEnforced);
}

TEST(SsoOverride, NamesTheAdminWhoSetItOrElseThePrincipal) {
  OverrideTestWorld world;
  ASSERT_TRUE(world.Set(world.eve, world.Exempt()).ok());
  EXPECT_EQ(world.OverrideOf(world.eve)->approver, "accessTokens/ktest");

  Caller admin = TestCaller();
  admin.principal.role = AccessRole::kOrganizationAdmin;
  admin.principal.scopes = {{world.acme.id(), world.boss.id}};
  ASSERT_TRUE(world.Set(world.eve, world.Require(), admin).ok());
  EXPECT_EQ(world.OverrideOf(world.eve)->approver,
            "organizations/acme/users/" + world.boss.id.value());
  const auto exemption = world.exemptions.Create(
      admin, {.organization = world.acme.id(), .user = world.boss.id, .reason = "the safe"});
  ASSERT_TRUE(exemption.ok()) << exemption.status();
  EXPECT_EQ(exemption->exemption.approver, "organizations/acme/users/" + world.boss.id.value());
}

TEST(SsoOverride, IsPartOfTheUserAndItsEtag) {
  OverrideTestWorld world;
  const auto before = world.users.Get(world.acme.id(), world.eve.id);
  ASSERT_TRUE(before.ok());
  const auto changed = world.Set(world.eve, world.Exempt());
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_NE(changed->user.mod_revision, before->user.mod_revision);
  const storage::Revision revision = world.engine.revision();
  ASSERT_TRUE(world.Set(world.eve, world.Exempt()).ok());
  EXPECT_EQ(world.engine.revision(), revision) << "as it is already";
  const auto stale = world.users.Update(TestCaller(), {.organization = world.acme.id(),
                                                       .id = world.eve.id,
                                                       .version = before->user.mod_revision,
                                                       .sso_override = SsoOverrideChange()});
  EXPECT_EQ(ReasonOf(stale.status()), reason::kEtagMismatch);
}

TEST(SsoOverride, RequiresSsoOfManagedUsersOnly) {
  OverrideTestWorld world;
  world.ExpectRefused(world.Set(world.contractor, world.Require()).status(),
                      reason::kUserNotManaged);
  EXPECT_TRUE(world.Set(world.contractor, world.Exempt()).ok()) << "no harm in that";
}

TEST(SsoOverride, DoesNotContradictAnExemption) {
  OverrideTestWorld world;
  world.acme.Exempt(world.eve, ExemptionKind::kServiceAccount, world.clock.Now() + absl::Hours(1));
  world.ExpectRefused(world.Set(world.eve, world.Require()).status(), reason::kUserExempt);
  world.clock.Advance(absl::Hours(1));
  EXPECT_TRUE(world.Set(world.eve, world.Require()).ok()) << "the exemption has ended";
}

TEST(SsoOverride, GivesWayToAnExemptionMadeLater) {
  OverrideTestWorld world;
  ASSERT_TRUE(world.Set(world.eve, world.Require()).ok());
  world.acme.Exempt(world.eve, ExemptionKind::kBreakGlass);
  EXPECT_EQ(world.Check("eve@acme.test").reason, DecisionReason::kExemptBreakGlass);
}

TEST(SsoOverride, RequiresAProfileWhoseLatestConfigurationWasTested) {
  OverrideTestWorld world;
  EXPECT_EQ(world.Set(world.eve, world.Require("unknown")).status().code(),
            absl::StatusCode::kNotFound);
  world.EditProfile("new", [](SsoProfile&) {});
  world.ExpectRefused(world.Set(world.eve, world.Require("new")).status(),
                      reason::kConnectionTestRequired);
  world.PassTest("new");
  world.EditProfile("new", [](SsoProfile& profile) { profile.saml.idp_sso_url += "/other"; });
  world.ExpectRefused(world.Set(world.eve, world.Require("new")).status(),
                      reason::kConnectionTestStale);
  EXPECT_FALSE(world.OverrideOf(world.eve).has_value());
}

TEST(SsoOverride, NeverEndsTheLastWayIn) {
  OverrideTestWorld world;
  // The only admin, on a domain that is not enforced.
  world.ExpectRefused(world.Set(world.boss, world.Require()).status(), reason::kWouldLockOut);

  // The only way in past an enforcement is an override.
  ASSERT_TRUE(world.Set(world.boss, world.Exempt()).ok());
  world.acme.Enforce("acme.test");
  world.ExpectRefused(world.Set(world.boss, {}).status(), reason::kWouldLockOut);
  world.ExpectRefused(world.Set(world.boss, world.Require()).status(), reason::kWouldLockOut);
  EXPECT_EQ(world.Check("boss@acme.test").reason, DecisionReason::kOverrideExempt);
  world.acme.Exempt(world.eve, ExemptionKind::kBreakGlass);
  EXPECT_TRUE(world.Set(world.boss, {}).ok()) << "eve has a way in now";
}

struct BadOverride {
  const char* what;
  SsoOverrideChange change;
  const char* field;
};

TEST(SsoOverride, RefusesFieldsThatDoNotBelongToTheMode) {
  OverrideTestWorld world;
  const SsoProfileId idp = SsoProfileId::FromTrusted("idp");
  const std::vector<BadOverride> bad = {
      {"no profile", {.mode = SsoOverrideMode::kRequireSso}, "sso_profile"},
      {"no reason", {.mode = SsoOverrideMode::kExempt}, "reason"},
      {"a profile to be exempt through",
       {.mode = SsoOverrideMode::kExempt, .profile = idp, .reason = "x"},
       "sso_profile"},
      {"a profile to follow the domain through", {.profile = idp}, "sso_profile"},
      {"a reason to follow the domain", {.reason = "x"}, "reason"},
      {"a long reason",
       {.mode = SsoOverrideMode::kExempt, .reason = std::string(1001, 'x')},
       "reason"},
      {"a line break", {.mode = SsoOverrideMode::kExempt, .reason = "a\nb"}, "reason"},
  };
  for (const BadOverride& each : bad) {
    SCOPED_TRACE(each.what);
    const absl::Status status = world.Set(world.eve, each.change).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    const auto details = DetailsOf(status);
    ASSERT_TRUE(details.has_value());
    ASSERT_EQ(details->field_violations.size(), 1u);
    EXPECT_EQ(details->field_violations[0].first, std::string("user.sso_override.") + each.field);
  }
}

TEST(SsoOverride, KeepsItsProfileFromBeingDeleted) {
  OverrideTestWorld world;
  SsoProfileManager profiles(world.context, nullptr, nullptr, "https://sp.test");
  const SsoProfileResource idp{world.acme.id(), SsoProfileId::FromTrusted("idp")};
  ASSERT_TRUE(world.Set(world.eve, world.Require()).ok());
  const absl::Status refused = profiles.Delete(TestCaller(), idp, {});
  world.ExpectRefused(refused, reason::kProfileEnforced);
  EXPECT_EQ(DetailsOf(refused)->precondition_violations.at(0).resource,
            "organizations/acme/users/" + world.eve.id.value());
  ASSERT_TRUE(world.Set(world.eve, {}).ok());
  EXPECT_TRUE(profiles.Delete(TestCaller(), idp, {}).ok());
}

TEST(SsoOverride, GoesWithItsUser) {
  OverrideTestWorld world;
  ASSERT_TRUE(world.Set(world.eve, world.Require()).ok());
  auto reader = *storage::SnapshotReader::Open(world.engine);
  const SsoProfileId idp = SsoProfileId::FromTrusted("idp");
  auto user = storage::SsoOverrideStore::FindUserThrough(reader, world.acme.id(), idp);
  ASSERT_TRUE(user.ok()) << user.status();
  EXPECT_EQ(*user, world.eve.id);

  ASSERT_TRUE(world.users.Delete(TestCaller(), world.acme.id(), world.eve.id, {}).ok());
  reader = *storage::SnapshotReader::Open(world.engine);
  user = storage::SsoOverrideStore::FindUserThrough(reader, world.acme.id(), idp);
  ASSERT_TRUE(user.ok()) << user.status();
  EXPECT_FALSE(user->has_value());
}

}  // namespace
}  // namespace gatehouse
