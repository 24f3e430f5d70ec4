// What is kept of single users: overrides, and sign-ins.
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/records/keys.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/login_activity_store.h"
#include "storage/stores/policy_changes.h"
#include "storage/stores/sso_override_store.h"
#include "storage/stores/user_store.h"
#include "tests/storage/stores/store_test_case.h"

namespace gatehouse::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

class OwnRulesTest : public StoreTestCase {};

TEST_P(OwnRulesTest, AnOverrideIsReadAsItWasWrittenUntilItIsDeleted) {
  Write([](Transaction& tx) {
    return SsoOverrideStore::Put(tx, {.organization = Org("acme"),
                                      .user = Uid("u1"),
                                      .mode = SsoOverrideMode::kRequireSso,
                                      .profile = Pid("idp"),
                                      .reason = "contractor",
                                      .approver = "users/boss",
                                      .create_time = kNow});
  });
  SnapshotReader reader = Reader();
  const auto found = Ok(SsoOverrideStore::Find(reader, Org("acme"), Uid("u1")));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ((*found)->user, Uid("u1"));
  EXPECT_EQ((*found)->mode, SsoOverrideMode::kRequireSso);
  EXPECT_EQ((*found)->profile, Pid("idp"));
  EXPECT_EQ((*found)->reason, "contractor");
  EXPECT_EQ((*found)->approver, "users/boss");
  EXPECT_EQ((*found)->create_time, kNow);
  EXPECT_FALSE(Ok(SsoOverrideStore::Find(reader, Org("other"), Uid("u1"))).has_value());

  Write([](Transaction& tx) { return SsoOverrideStore::Delete(tx, Org("acme"), Uid("u1")); });
  EXPECT_THAT(RawKeys("f/"), IsEmpty());
}

TEST_P(OwnRulesTest, OverridesAreListedPageByPageAndVisitedInEveryOrganization) {
  Write([](Transaction& tx) -> absl::Status {
    for (absl::string_view owner : {"acme", "acme-2"}) {
      for (absl::string_view id : {"u1", "u2", "u3"}) {
        RETURN_IF_ERROR(SsoOverrideStore::Put(tx, {.organization = Org(owner), .user = Uid(id)}));
      }
    }
    return absl::OkStatus();
  });
  SnapshotReader reader = Reader();
  const auto first = Ok(SsoOverrideStore::List(reader, Org("acme"), "", 2));
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[1]->user, Uid("u2"));
  const auto second = Ok(SsoOverrideStore::List(reader, Org("acme"), "u2", 2));
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0]->user, Uid("u3"));
  std::vector<std::string> seen;
  ASSERT_TRUE(SsoOverrideStore::ForEach(reader, [&](Stored<SsoOverride> visited) {
                seen.push_back(
                    absl::StrCat(visited->organization.value(), "/", visited->user.value()));
                return absl::OkStatus();
              }).ok());
  EXPECT_THAT(seen,
              ElementsAre("acme-2/u1", "acme-2/u2", "acme-2/u3", "acme/u1", "acme/u2", "acme/u3"));
}

TEST_P(OwnRulesTest, SignInsAreReadFromASnapshotAndAtOnce) {
  const Revision written = Write([](Transaction& tx) {
    LoginActivity activity{.organization = Org("acme"), .user = Uid("u1")};
    activity.last_sso_sign_in_time = kNow;
    activity.proofs[Pid("idp")] = kNow;
    LoginActivityStore::Put(tx, activity);
    return absl::OkStatus();
  });
  SnapshotReader reader = Reader();
  for (const auto& found : {Ok(LoginActivityStore::Find(reader, Org("acme"), Uid("u1"))),
                            Ok(FindLoginActivityNow(engine(), Org("acme"), Uid("u1")))}) {
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ((*found)->user, Uid("u1"));
    EXPECT_EQ((*found)->last_sso_sign_in_time, kNow);
    EXPECT_THAT((*found)->proofs, ElementsAre(Pair(Pid("idp"), kNow)));
    EXPECT_EQ(found->mod_revision, written);
  }
  EXPECT_FALSE(Ok(FindLoginActivityNow(engine(), Org("acme"), Uid("u2"))).has_value());

  Write([](Transaction& tx) {
    LoginActivityStore::Delete(tx, Org("acme"), Uid("u1"));
    return absl::OkStatus();
  });
  EXPECT_FALSE(Ok(FindLoginActivityNow(engine(), Org("acme"), Uid("u1"))).has_value());
}

TEST_P(OwnRulesTest, ADamagedSignInIsDamageWithoutASnapshotToo) {
  WriteRaw(keys::LoginActivity(Org("acme"), Uid("u1")), "damage");
  EXPECT_EQ(FindLoginActivityNow(engine(), Org("acme"), Uid("u1")).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_P(OwnRulesTest, AnOverrideIsAChangeOfPolicyAndASignInIsNone) {
  const PolicyChanges changes =
      PolicyChangesOf({{.revision = 1,
                        .keys = {keys::SsoOverride(Org("acme"), Uid("u1")),
                                 keys::LoginActivity(Org("acme"), Uid("u2"))}}});
  EXPECT_THAT(changes.overrides, ElementsAre(Pair(Org("acme"), Uid("u1"))));
  EXPECT_TRUE(changes.domains.empty() && changes.profiles.empty() && changes.exemptions.empty());
  EXPECT_FALSE(changes.empty());
}

// Who claims users on a domain.
TEST_P(OwnRulesTest, TheClosestHeldDomainSaysWhoClaims) {
  Write([](Transaction& tx) -> absl::Status {
    const std::vector<std::pair<absl::string_view, Domain>> claims = {
        {"acme", {.name = Dom("acme.test"), .state = DomainState::kVerified}},
        {"other", {.name = Dom("eu.acme.test"), .state = DomainState::kAtRisk}},
        {"acme", {.name = Dom("in.eu.acme.test"), .state = DomainState::kPending}},
        {"gone", {.name = Dom("us.acme.test"), .state = DomainState::kVerified}},
    };
    for (auto [owner, domain] : claims) {
      domain.organization = Org(owner);
      RETURN_IF_ERROR(DomainStore::Put(tx, domain));
    }
    return DomainStore::Put(
        tx,
        {.organization = Org("gone"), .name = Dom("us.acme.test"), .state = DomainState::kExpired});
  });
  SnapshotReader reader = Reader();
  struct {
    const char* domain;
    const char* claimant;
  } const cases[] = {
      {"acme.test", "acme"},       {"hr.acme.test", "acme"},
      {"a.b.c.acme.test", "acme"}, {"eu.acme.test", "other"},
      {"x.eu.acme.test", "other"}, {"in.eu.acme.test", "other"},
      {"us.acme.test", "acme"},    {"x.us.acme.test", "acme"},
      {"notacme.test", ""},        {"acme.test.elsewhere.test", ""},
  };
  for (const auto& c : cases) {
    for (absl::string_view organization : {"acme", "other", "gone"}) {
      EXPECT_EQ(Ok(DomainStore::ClaimsOn(reader, Org(organization), Dom(c.domain))),
                organization == c.claimant)
          << organization << " on " << c.domain;
    }
  }
}

TEST_P(OwnRulesTest, SubdomainsAreCountedEachAndNamesThatOnlyEndAlikeAreNot) {
  Write([](Transaction& tx) -> absl::Status {
    int id = 0;
    for (absl::string_view domain :
         {"acme.test", "eu.acme.test", "eu.acme.test", "a.eu.acme.test", "notacme.test"}) {
      const std::string name = absl::StrCat("u", ++id);
      RETURN_IF_ERROR(UserStore::Put(tx, nullptr,
                                     {.organization = Org("acme"),
                                      .id = Uid(name),
                                      .email = Mail(name, domain),
                                      .claimed = id != 3}));
    }
    return absl::OkStatus();
  });
  SnapshotReader reader = Reader();
  const auto below = Ok(DomainStore::CountsBelow(reader, Org("acme"), Dom("acme.test")));
  ASSERT_EQ(below.size(), 2u);
  EXPECT_EQ(below.at(Dom("eu.acme.test")).users, 2);
  EXPECT_EQ(below.at(Dom("eu.acme.test")).claimed, 1);
  EXPECT_EQ(below.at(Dom("a.eu.acme.test")).users, 1);
  EXPECT_GT(below.at(Dom("a.eu.acme.test")).mod_revision, 0u);
  EXPECT_THAT(Ok(DomainStore::CountsBelow(reader, Org("other"), Dom("acme.test"))), IsEmpty());
}

GATEHOUSE_ON_EACH_ENGINE(OwnRulesTest);

}  // namespace
}  // namespace gatehouse::storage
