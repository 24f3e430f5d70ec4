#include "server/managers/organization_manager.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "policy/errors.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/sso_profile_store.h"
#include "tests/builders/test_caller.h"
#include "tests/fakes/failing_engine.h"
#include "tests/fakes/interrupting_engine.h"
#include "tests/server/managers/user_test_world.h"

namespace gatehouse {
namespace {

using storage::FailingEngine;
using storage::InterruptingEngine;

OrganizationId Org(const std::string& id) { return OrganizationId::FromTrusted(id); }

// What the builders of UserTestWorld make, and an empty "fresh".
class OrganizationManagerTest : public testing::Test {
 protected:
  OrganizationManagerTest() {
    EXPECT_TRUE(
        organizations.Create(TestCaller(), {.id = Org("fresh"), .display_name = "Fresh"}).ok());
  }

  void ExpectCode(const absl::Status& status, absl::StatusCode code, absl::string_view reason) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_EQ(ReasonOf(status), reason) << status;
  }
  absl::Status CreateStatus(const std::string& id, const std::string& name,
                            const std::string& request_id = "") {
    return organizations
        .Create(TestCaller(), {.id = Org(id), .display_name = name, .request_id = request_id})
        .status();
  }

  InterruptingEngine* engine = new InterruptingEngine(storage::NewMemoryEngine());
  UserTestWorld world{std::unique_ptr<storage::Engine>(engine)};
  OrganizationManager organizations{world.context};
  // Somebody on another server.
  storage::TransactionRunner other_runner{engine};
  ManagerContext other_context{.transactions = &other_runner,
                               .clock = &world.clock,
                               .random = &world.random,
                               .secrets = &TestSecretBox()};
};

TEST_F(OrganizationManagerTest, CreatesWhatItThenShows) {
  const auto created =
      organizations.Create(TestCaller(), {.id = Org("new-one"), .display_name = "New One"});
  ASSERT_TRUE(created.ok()) << created.status();
  const auto found = organizations.Get(Org("new-one"));
  ASSERT_TRUE(found.ok());
  for (const OrganizationView& view : {*created, *found}) {
    EXPECT_EQ(view.organization->id, Org("new-one"));
    EXPECT_EQ(view.organization->display_name, "New One");
    EXPECT_EQ(view.organization->create_time, world.clock.Now());
    EXPECT_EQ(view.organization->update_time, world.clock.Now());
    EXPECT_EQ(view.organization.mod_revision, engine->revision());
    EXPECT_EQ(view.totals.users, 0);
  }
}

TEST_F(OrganizationManagerTest, RefusesAnIdThatExistsAndChangesNothing) {
  const storage::Revision before = engine->revision();
  ExpectCode(CreateStatus("fresh", "Other"), absl::StatusCode::kAlreadyExists,
             reason::kResourceExists);
  EXPECT_EQ(engine->revision(), before);
  EXPECT_EQ(organizations.Get(Org("fresh"))->organization->display_name, "Fresh");
}

TEST_F(OrganizationManagerTest, RefusesADisplayNameOutsideItsLimits) {
  for (const std::string& name : {std::string(), std::string(10'000, 'x'), std::string("a\0b", 3),
                                  std::string("a\nb"), std::string("\xff")}) {
    for (const absl::Status& status :
         {CreateStatus("new-one", name),
          organizations.Update(TestCaller(), {.id = Org("fresh"), .display_name = name})
              .status()}) {
      ExpectCode(status, absl::StatusCode::kInvalidArgument, reason::kInvalidField);
      ASSERT_FALSE(DetailsOf(status)->field_violations.empty());
      EXPECT_EQ(DetailsOf(status)->field_violations[0].first, "organization.display_name");
    }
  }
  ExpectCode(organizations.Get(Org("new-one")).status(), absl::StatusCode::kNotFound,
             reason::kResourceNotFound);
}

TEST_F(OrganizationManagerTest, GivesTheSameAnswerToARepeatedCreate) {
  ASSERT_TRUE(CreateStatus("new-one", "New", "r1").ok());
  const storage::Revision created = engine->revision();
  ASSERT_TRUE(
      organizations.Update(TestCaller(), {.id = Org("new-one"), .display_name = "Renamed"}).ok());
  const storage::Revision renamed = engine->revision();
  const auto again = organizations.Create(
      TestCaller(), {.id = Org("new-one"), .display_name = "New", .request_id = "r1"});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->organization->display_name, "Renamed") << "as it is now, not written again";
  EXPECT_EQ(engine->revision(), renamed);
  EXPECT_GT(renamed, created);
}

TEST_F(OrganizationManagerTest, RefusesARequestIdThatWasUsedForAnotherCreate) {
  ASSERT_TRUE(CreateStatus("new-one", "New", "r1").ok());
  const storage::Revision before = engine->revision();
  // Another id, another name, and the same letters shared out otherwise.
  for (const auto& [id, name] : std::vector<std::pair<std::string, std::string>>{
           {"new-two", "New"}, {"new-one", "Newer"}, {"new-on", "eNew"}}) {
    ExpectCode(CreateStatus(id, name, "r1"), absl::StatusCode::kAlreadyExists,
               reason::kRequestIdReused);
  }
  EXPECT_EQ(engine->revision(), before);
  EXPECT_TRUE(CreateStatus("new-two", "New", "r2").ok());
}

TEST_F(OrganizationManagerTest, RefusesARequestIdThatIsNone) {
  for (const std::string& id :
       {std::string(65, 'r'), std::string("a b"), std::string("a\n"), std::string("\x7f"),
        std::string("\xc3\xbc"), std::string("a\0", 2)}) {
    const absl::Status status = CreateStatus("new-one", "New", id);
    ExpectCode(status, absl::StatusCode::kInvalidArgument, reason::kInvalidField);
    EXPECT_EQ(DetailsOf(status)->field_violations.at(0).first, "request_id");
  }
  EXPECT_TRUE(CreateStatus("new-one", "New", std::string(64, '~')).ok());
}

TEST_F(OrganizationManagerTest, ForgetsARequestIdAfterADay) {
  ASSERT_TRUE(CreateStatus("new-one", "New", "r1").ok());
  world.clock.Advance(absl::Hours(24) + absl::Seconds(1));
  // Whoever adds a request sweeps.
  ASSERT_TRUE(CreateStatus("new-two", "New", "r2").ok());
  EXPECT_TRUE(CreateStatus("new-three", "New", "r1").ok());
}

TEST_F(OrganizationManagerTest, DoesNotBringBackWhatWasDeletedByARepeatedCreate) {
  ASSERT_TRUE(CreateStatus("new-one", "New", "r1").ok());
  ASSERT_TRUE(organizations.Delete(TestCaller(), Org("new-one"), std::nullopt).ok());
  ExpectCode(CreateStatus("new-one", "New", "r1"), absl::StatusCode::kNotFound,
             reason::kResourceNotFound);
  EXPECT_TRUE(CreateStatus("new-one", "New", "r2").ok());
}

TEST_F(OrganizationManagerTest, OfTwoCreatesWithOneRequestIdAtOnceOneCreates) {
  OrganizationManager other(other_context);
  engine->BeforeNextCommit([&] {
    EXPECT_TRUE(
        other
            .Create(TestCaller(), {.id = Org("new-two"), .display_name = "New", .request_id = "r1"})
            .ok());
  });
  ExpectCode(CreateStatus("new-one", "New", "r1"), absl::StatusCode::kAlreadyExists,
             reason::kRequestIdReused);
  EXPECT_FALSE(organizations.Get(Org("new-one")).ok());
}

TEST_F(OrganizationManagerTest, OfTwoCreatesOfOneIdAtOnceOneCreates) {
  OrganizationManager other(other_context);
  engine->BeforeNextCommit([&] {
    EXPECT_TRUE(other.Create(TestCaller(), {.id = Org("new-one"), .display_name = "First"}).ok());
  });
  ExpectCode(CreateStatus("new-one", "Second"), absl::StatusCode::kAlreadyExists,
             reason::kResourceExists);
  EXPECT_EQ(organizations.Get(Org("new-one"))->organization->display_name, "First");
}

TEST_F(OrganizationManagerTest, UpdatesWhatIsGivenAtTheVersionThatIsMeant) {
  const auto before = organizations.Get(Org("fresh"));
  world.clock.Advance(absl::Seconds(1));
  const auto updated =
      organizations.Update(TestCaller(), {.id = Org("fresh"),
                                          .version = before->organization.mod_revision,
                                          .display_name = "Fresher"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->organization->display_name, "Fresher");
  EXPECT_EQ(updated->organization->update_time, world.clock.Now());
  EXPECT_EQ(updated->organization->create_time, before->organization->create_time);
  EXPECT_GT(updated->organization.mod_revision, before->organization.mod_revision);

  ExpectCode(organizations
                 .Update(TestCaller(), {.id = Org("fresh"),
                                        .version = before->organization.mod_revision,
                                        .display_name = "Lost"})
                 .status(),
             absl::StatusCode::kAborted, reason::kEtagMismatch);
  EXPECT_EQ(organizations.Get(Org("fresh"))->organization->display_name, "Fresher");
  ExpectCode(
      organizations.Update(TestCaller(), {.id = Org("nobody"), .display_name = "x"}).status(),
      absl::StatusCode::kNotFound, reason::kResourceNotFound);
}

TEST_F(OrganizationManagerTest, CommitsNothingForAnUpdateThatChangesNothing) {
  const storage::Revision before = engine->revision();
  EXPECT_TRUE(organizations.Update(TestCaller(), {.id = Org("fresh")}).ok());
  EXPECT_TRUE(
      organizations.Update(TestCaller(), {.id = Org("fresh"), .display_name = "Fresh"}).ok());
  EXPECT_EQ(engine->revision(), before);
}

TEST_F(OrganizationManagerTest, ChecksTheVersionAgainstWhatItWouldOverwrite) {
  const storage::Revision seen = organizations.Get(Org("fresh"))->organization.mod_revision;
  OrganizationManager other(other_context);
  engine->BeforeNextCommit([&] {
    EXPECT_TRUE(other.Update(TestCaller(), {.id = Org("fresh"), .display_name = "Theirs"}).ok());
  });
  ExpectCode(
      organizations
          .Update(TestCaller(), {.id = Org("fresh"), .version = seen, .display_name = "Mine"})
          .status(),
      absl::StatusCode::kAborted, reason::kEtagMismatch);
  EXPECT_EQ(organizations.Get(Org("fresh"))->organization->display_name, "Theirs");
}

TEST_F(OrganizationManagerTest, DeletesAnOrganizationThatOwnsNothing) {
  const storage::Revision version = organizations.Get(Org("fresh"))->organization.mod_revision;
  ExpectCode(organizations.Delete(TestCaller(), Org("fresh"), version + 1),
             absl::StatusCode::kAborted, reason::kEtagMismatch);
  EXPECT_TRUE(organizations.Delete(TestCaller(), Org("fresh"), version).ok());
  ExpectCode(organizations.Get(Org("fresh")).status(), absl::StatusCode::kNotFound,
             reason::kResourceNotFound);
  ExpectCode(organizations.Delete(TestCaller(), Org("fresh"), std::nullopt),
             absl::StatusCode::kNotFound, reason::kResourceNotFound);
}

TEST_F(OrganizationManagerTest, DeletesNoOrganizationThatOwnsSomethingAndSaysWhat) {
  // "acme" of the world: a domain and a profile, and now a user.
  world.acme.Add({.email = "jo@acme.test"});
  const absl::Status status = organizations.Delete(TestCaller(), Org("acme"), std::nullopt);
  ExpectCode(status, absl::StatusCode::kFailedPrecondition, reason::kOrganizationNotEmpty);
  std::vector<std::string> owned;
  const auto details = DetailsOf(status);
  ASSERT_TRUE(details.has_value());
  for (const auto& violation : details->precondition_violations) {
    EXPECT_EQ(violation.resource, "organizations/acme");
    owned.push_back(violation.description);
  }
  EXPECT_EQ(owned, (std::vector<std::string>{"has 1 users", "has domains", "has SSO profiles"}));
  EXPECT_TRUE(organizations.Get(Org("acme")).ok());
}

// One thing that an organization may own.
enum class Owned { kMember, kAdmin, kIndependentUser, kPendingDomain, kHeldDomain, kProfile };

class OwnedTest : public OrganizationManagerTest, public testing::WithParamInterface<Owned> {
 protected:
  // Gives it to "fresh".
  void Add(storage::TransactionRunner& runner) {
    const auto committed =
        runner.Run(TestCaller(), Org("fresh"), [](storage::Transaction& tx) -> absl::Status {
          User user{.organization = Org("fresh"),
                    .id = UserId::FromTrusted("u1"),
                    .email = Email("jo@fresh.test"),
                    .claimed = true};
          Domain domain{.organization = Org("fresh"), .name = user.email.domain()};
          switch (GetParam()) {
            case Owned::kAdmin:
              user.role = Role::kAdmin;
              return storage::UserStore::Put(tx, nullptr, user);
            case Owned::kIndependentUser:
              user.claimed = false;
              return storage::UserStore::Put(tx, nullptr, user);
            case Owned::kMember:
              return storage::UserStore::Put(tx, nullptr, user);
            case Owned::kHeldDomain:
              domain.state = DomainState::kVerified;
              return storage::DomainStore::Put(tx, domain);
            case Owned::kPendingDomain:
              return storage::DomainStore::Put(tx, domain);
            case Owned::kProfile:
              return storage::SsoProfileStore::Put(
                  tx, {.organization = Org("fresh"), .id = SsoProfileId::FromTrusted("idp")});
          }
          return absl::InternalError("no such thing");
        });
    EXPECT_TRUE(committed.ok()) << committed.status();
  }
};

TEST_P(OwnedTest, KeepsAnOrganizationFromBeingDeleted) {
  Add(world.runner);
  ExpectCode(organizations.Delete(TestCaller(), Org("fresh"), std::nullopt),
             absl::StatusCode::kFailedPrecondition, reason::kOrganizationNotEmpty);
  EXPECT_TRUE(organizations.Get(Org("fresh")).ok());
}

TEST_P(OwnedTest, KeepsAnOrganizationFromBeingDeletedWhenAddedMeanwhile) {
  engine->BeforeNextCommit([&] { Add(other_runner); });
  ExpectCode(organizations.Delete(TestCaller(), Org("fresh"), std::nullopt),
             absl::StatusCode::kFailedPrecondition, reason::kOrganizationNotEmpty);
  EXPECT_TRUE(organizations.Get(Org("fresh")).ok());
}

INSTANTIATE_TEST_SUITE_P(Things, OwnedTest,
                         testing::Values(Owned::kMember, Owned::kAdmin, Owned::kIndependentUser,
                                         Owned::kPendingDomain, Owned::kHeldDomain,
                                         Owned::kProfile));

TEST_F(OrganizationManagerTest, LetsNoUserIntoAnOrganizationThatIsDeletedMeanwhile) {
  OrganizationManager other(other_context);
  engine->BeforeNextCommit(
      [&] { EXPECT_TRUE(other.Delete(TestCaller(), Org("fresh"), std::nullopt).ok()); });
  ExpectCode(
      world.users.Create(TestCaller(), {.organization = Org("fresh"), .email = Email("jo@x.test")})
          .status(),
      absl::StatusCode::kNotFound, reason::kResourceNotFound);
  // Created anew, it is empty.
  ASSERT_TRUE(CreateStatus("fresh", "Fresh").ok());
  EXPECT_EQ(organizations.Get(Org("fresh"))->totals.users, 0);
  EXPECT_TRUE(organizations.Delete(TestCaller(), Org("fresh"), std::nullopt).ok());
}

TEST_F(OrganizationManagerTest, CanBeEmptiedAndThenDeleted) {
  const auto user =
      world.users.Create(TestCaller(), {.organization = Org("fresh"), .email = Email("jo@x.test")});
  ASSERT_TRUE(user.ok()) << user.status();
  EXPECT_EQ(organizations.Get(Org("fresh"))->totals.users, 1);
  EXPECT_FALSE(organizations.Delete(TestCaller(), Org("fresh"), std::nullopt).ok());
  ASSERT_TRUE(world.users.Delete(TestCaller(), Org("fresh"), user->user->id, std::nullopt).ok());
  EXPECT_TRUE(organizations.Delete(TestCaller(), Org("fresh"), std::nullopt).ok());
}

TEST_F(OrganizationManagerTest, ListsPageByPage) {
  const std::vector<std::string> all = {"acme", "acme-2", "fresh", "zeta"};
  ASSERT_TRUE(CreateStatus("zeta", "Z").ok());
  ASSERT_TRUE(CreateStatus("acme-2", "A").ok());
  world.acme.Add({.email = "jo@acme.test", .role = Role::kOwner});
  for (size_t size = 1; size <= 5; ++size) {
    std::vector<std::string> seen;
    PageRequest request{.size = size};
    do {
      const auto page = organizations.List(TestCaller(), request);
      ASSERT_TRUE(page.ok()) << page.status();
      EXPECT_LE(page->items.size(), size);
      for (const OrganizationView& view : page->items) {
        seen.push_back(view.organization->id.value());
        const bool is_acme = seen.back() == "acme";
        EXPECT_EQ(view.totals.users, is_acme ? 1 : 0);
        EXPECT_EQ(view.totals.admins, is_acme ? 1 : 0);
      }
      request.after = page->next;
    } while (!request.after.empty());
    EXPECT_EQ(seen, all) << size;
  }
}

TEST(OrganizationManagerFailures, AreNeverTakenForAnAnswer) {
  auto* engine = new FailingEngine(storage::NewMemoryEngine());
  UserTestWorld world{std::unique_ptr<storage::Engine>(engine)};
  OrganizationManager organizations(world.context);
  using Method = FailingEngine::Method;
  for (Method method :
       {Method::kNewSnapshot, Method::kSnapshotGet, Method::kSnapshotScan, Method::kCommit}) {
    const absl::Status error = absl::UnavailableError("disk");
    engine->FailAlways(method, error);
    const bool reads = method != Method::kCommit;
    const bool gets = reads && method != Method::kSnapshotScan;
    if (gets) {
      EXPECT_EQ(organizations.Get(Org("acme")).status(), error);
    }
    if (method != Method::kSnapshotScan) {
      EXPECT_EQ(
          organizations.Create(TestCaller(), {.id = Org("new-one"), .display_name = "N"}).status(),
          error);
      EXPECT_EQ(
          organizations.Update(TestCaller(), {.id = Org("acme"), .display_name = "N"}).status(),
          error);
    }
    if (reads) {
      EXPECT_EQ(organizations.List(TestCaller(), {}).status(), error);
      EXPECT_EQ(organizations.Delete(TestCaller(), Org("acme"), std::nullopt), error);
    }
    engine->Heal();
    EXPECT_FALSE(organizations.Get(Org("new-one")).ok());
  }
}

}  // namespace
}  // namespace gatehouse
