#include "server/managers/user_importer.h"

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "policy/errors.h"
#include "storage/rocksdb_engine.h"
#include "storage/stores/organization_store.h"
#include "tests/builders/test_caller.h"
#include "tests/fakes/failing_engine.h"
#include "tests/server/managers/user_test_world.h"
#include "tests/storage/scoped_directory.h"

namespace gatehouse {
namespace {

constexpr int kMember = static_cast<int>(Role::kMember);
constexpr int kAdmin = static_cast<int>(Role::kAdmin);
constexpr int kOwner = static_cast<int>(Role::kOwner);

// How each row ended: C(reated), U(pdated), (c)L(aimed), =, or F(ailed).
std::string Outcomes(const std::vector<ImportRowResult>& results) {
  std::string outcomes;
  for (const ImportRowResult& result : results) {
    outcomes += "?CUL=F"[static_cast<int>(result.outcome)];
    EXPECT_EQ(result.error.ok(), result.outcome != ImportOutcome::kFailed);
  }
  return outcomes;
}

// The field at fault; "" if there is none.
std::string FieldIn(const absl::Status& error) {
  const auto details = DetailsOf(error);
  return details && !details->field_violations.empty() ? details->field_violations[0].first : "";
}

UserImporter Begin(UserTestWorld& world, bool validate_only = false) {
  auto importer = UserImporter::Begin(TestCaller(), world.context, world.acme.id(), validate_only);
  EXPECT_TRUE(importer.ok()) << importer.status();
  return *std::move(importer);
}

// Imports `rows` at once, in an import of their own.
std::string Import(UserTestWorld& world, const std::vector<ImportRow>& rows,
                   bool validate_only = false) {
  UserImporter importer = Begin(world, validate_only);
  auto results = importer.AddRows(rows);
  EXPECT_TRUE(results.ok()) << results.status();
  return results.ok() ? Outcomes(*results) : "";
}

std::vector<std::string> Addresses(int count, const std::string& domain) {
  std::vector<std::string> addresses;
  for (int i = 0; i < count; ++i) addresses.push_back(absl::StrCat("user", i, "@", domain));
  return addresses;
}

std::vector<ImportRow> RowsOf(const std::vector<std::string>& addresses) {
  std::vector<ImportRow> rows;
  for (const std::string& address : addresses) rows.push_back({.email = address});
  return rows;
}

// How many of `rows` fit each batch, by their bytes.
std::vector<size_t> BatchSizes(const std::vector<ImportRow>& rows) {
  std::vector<size_t> sizes;
  size_t bytes = UserImporter::kMaxBatchBytes;
  for (const ImportRow& row : rows) {
    bytes += UserImporter::BytesOf(row);
    if (bytes > UserImporter::kMaxBatchBytes) {
      sizes.push_back(0);
      bytes = UserImporter::BytesOf(row);
    }
    ++sizes.back();
  }
  return sizes;
}

enum class EngineKind { kMemory, kRocksDb };

class UserImporterTest : public ::testing::TestWithParam<EngineKind> {
 protected:
  static std::unique_ptr<storage::Engine> NewEngine(const storage::ScopedDirectory& directory) {
    if (GetParam() == EngineKind::kMemory) return storage::NewMemoryEngine();
    auto engine = storage::OpenRocksDbEngine({.directory = directory / "store", .sync = false});
    EXPECT_TRUE(engine.ok()) << engine.status();
    return *std::move(engine);
  }

  storage::ScopedDirectory directory_;
  UserTestWorld world_{NewEngine(directory_)};
};

INSTANTIATE_TEST_SUITE_P(Engines, UserImporterTest,
                         ::testing::Values(EngineKind::kMemory, EngineKind::kRocksDb),
                         [](const auto& kind) {
                           return kind.param == EngineKind::kMemory ? "Memory" : "RocksDb";
                         });

TEST_P(UserImporterTest, CreatesUsersAndClaimsThoseOnHeldDomains) {
  EXPECT_EQ(Import(world_, {{.email = "Ann@ACME.test", .display_name = "Ann", .role = kOwner},
                            {.email = "bob@acme.test"},
                            {.email = "eve@other.test", .role = kAdmin}}),
            "CCC");
  const auto users = world_.AllUsers();
  ASSERT_EQ(users.size(), 3u);
  const User& ann = users.at("ann@acme.test");
  EXPECT_EQ(ann.display_name, "Ann");
  EXPECT_EQ(ann.role, Role::kOwner);
  EXPECT_TRUE(ann.claimed);
  EXPECT_EQ(ann.claim_time, world_.clock.Now());
  EXPECT_EQ(users.at("bob@acme.test").role, Role::kMember);
  EXPECT_FALSE(users.at("eve@other.test").claimed);
  EXPECT_EQ(users.at("eve@other.test").role, Role::kAdmin);
  world_.ExpectCountsRight();
}

TEST_P(UserImporterTest, ChangesOnlyWhatARowNames) {
  world_.acme.Add({.email = "ann@acme.test", .role = Role::kAdmin, .display_name = "Ann"});
  EXPECT_EQ(Import(world_, {{.email = "ann@acme.test"}}), "=");
  EXPECT_EQ(Import(world_, {{.email = "ann@acme.test", .display_name = "Anna"}}), "U");
  EXPECT_EQ(world_.AllUsers().at("ann@acme.test").role, Role::kAdmin);
  EXPECT_EQ(Import(world_, {{.email = "ann@acme.test", .role = kOwner}}), "U");
  const User ann = world_.AllUsers().at("ann@acme.test");
  EXPECT_EQ(ann.display_name, "Anna");
  EXPECT_EQ(ann.role, Role::kOwner);
  EXPECT_EQ(ann.claim_time, StoredOrganization::create_time());
  EXPECT_EQ(ann.update_time, world_.clock.Now());
  world_.ExpectCountsRight();
}

TEST_P(UserImporterTest, ClaimsUsersWhoWereThereBeforeTheDomain) {
  const User before = world_.acme.Add(
      {.email = "ann@new.test", .claimed = false, .suspended = true, .display_name = "Ann"});
  EXPECT_EQ(Import(world_, {{.email = "ann@new.test"}}), "=");
  world_.acme.Hold("new.test");
  EXPECT_EQ(Import(world_, {{.email = "ann@new.test", .display_name = "Anna"}}), "L");
  const User ann = world_.AllUsers().at("ann@new.test");
  EXPECT_TRUE(ann.claimed);
  EXPECT_EQ(ann.claim_time, world_.clock.Now());
  EXPECT_EQ(ann.display_name, "Anna");
  EXPECT_EQ(ann.id, before.id);
  EXPECT_TRUE(ann.suspended);
  EXPECT_EQ(Import(world_, {{.email = "ann@new.test"}}), "=");
  world_.ExpectCountsRight();
}

TEST_P(UserImporterTest, ClaimsOnADomainAtRiskAndNotOnOneThatExpired) {
  world_.acme.Hold("risk.test", DomainState::kAtRisk).Hold("lost.test", DomainState::kExpired);
  EXPECT_EQ(Import(world_, {{.email = "a@risk.test"}, {.email = "a@lost.test"}}), "CC");
  EXPECT_TRUE(world_.AllUsers().at("a@risk.test").claimed);
  EXPECT_FALSE(world_.AllUsers().at("a@lost.test").claimed);
}

TEST_P(UserImporterTest, ChangesNothingTheSecondTime) {
  world_.acme.Add({.email = "user7@acme.test", .claimed = false});
  const std::vector<std::string> addresses = Addresses(1200, "acme.test");
  std::vector<ImportRow> rows = RowsOf(addresses);
  rows[3].role = kAdmin;
  rows[9].display_name = "Nine";
  EXPECT_EQ(Import(world_, rows), "CCCCCCCL" + std::string(1192, 'C'));
  const storage::Revision revision = world_.engine->revision();
  world_.clock.Advance(absl::Hours(1));

  UserImporter again = Begin(world_);
  EXPECT_EQ(Outcomes(*again.AddRows(rows)), std::string(1200, '='));
  EXPECT_EQ(again.totals().unchanged, 1200);
  EXPECT_EQ(again.totals().revision, 0u);
  EXPECT_EQ(world_.engine->revision(), revision);
  EXPECT_EQ(world_.AllUsers().size(), 1200u);
}

TEST_P(UserImporterTest, ReportsBadRowsAndLosesNothingElse) {
  const std::string long_name(201, 'x');
  struct Case {
    ImportRow row;
    std::string field;
  };
  const Case kBad[] = {
      {{.email = ""}, "email"},
      {{.email = "no-at.test"}, "email"},
      {{.email = "a@b@acme.test"}, "email"},
      {{.email = "\"a b\"@acme.test"}, "email"},
      {{.email = "a@[127.0.0.1]"}, "email"},
      {{.email = "a@xn--a.test"}, "email"},
      {{.email = "a@acme_.test"}, "email"},
      {{.email = "\xff@acme.test"}, "email"},
      {{.email = "a@acme.test\n"}, "email"},
      {{.email = "a@acme.test", .display_name = long_name}, "display_name"},
      {{.email = "a@acme.test", .display_name = "a\nb"}, "display_name"},
      {{.email = "a@acme.test", .display_name = "\xc3"}, "display_name"},
      {{.email = "a@acme.test", .role = 4}, "role"},
      {{.email = "a@acme.test", .role = -1}, "role"},
  };
  // Good rows between the bad ones.
  std::vector<ImportRow> rows;
  std::string expected;
  const std::vector<std::string> good = Addresses(std::size(kBad) + 1, "acme.test");
  for (size_t i = 0; i < std::size(kBad); ++i) {
    rows.push_back({.email = good[i]});
    rows.push_back(kBad[i].row);
    expected += "CF";
  }
  rows.push_back({.email = good.back()});
  UserImporter importer = Begin(world_);
  auto results = importer.AddRows(rows);
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ(Outcomes(*results), expected + "C");
  for (size_t i = 0; i < std::size(kBad); ++i) {
    const absl::Status& error = (*results)[2 * i + 1].error;
    EXPECT_EQ(error.code(), absl::StatusCode::kInvalidArgument) << error;
    EXPECT_EQ(FieldIn(error), kBad[i].field) << error;
  }
  EXPECT_EQ(importer.totals().failed, static_cast<int64_t>(std::size(kBad)));
  EXPECT_EQ(importer.totals().created, static_cast<int64_t>(good.size()));
  EXPECT_EQ(importer.totals().rows, static_cast<int64_t>(rows.size()));
  EXPECT_EQ(world_.AllUsers().size(), good.size());
  world_.ExpectCountsRight();
}

TEST_P(UserImporterTest, TakesRepeatedRowsInOrder) {
  EXPECT_EQ(Import(world_, {{.email = "ann@acme.test"},
                            {.email = "ANN@acme.test"},
                            {.email = "ann@acme.test", .role = kAdmin},
                            {.email = "ann@acme.test", .role = kMember},
                            {.email = "ann@acme.test", .role = kMember}}),
            "C=UU=");
  EXPECT_EQ(world_.AllUsers().at("ann@acme.test").role, Role::kMember);
  world_.ExpectCountsRight();
}

TEST_P(UserImporterTest, CommitsInBatchesInTheOrderOfTheRows) {
  const storage::Revision before = world_.engine->revision();
  const std::vector<std::string> addresses = Addresses(12'000, "acme.test");
  ASSERT_EQ(BatchSizes(RowsOf(addresses)).size(), 3u);
  UserImporter importer = Begin(world_);
  ASSERT_TRUE(importer.AddRows(RowsOf(addresses)).ok());
  EXPECT_EQ(world_.engine->revision(), before + 3);
  EXPECT_EQ(importer.totals().revision, before + 3);
  // A batch that changes nothing takes no revision.
  ASSERT_TRUE(importer.AddRows(RowsOf({"user0@acme.test"})).ok());
  EXPECT_EQ(importer.totals().revision, before + 3);
  EXPECT_EQ(importer.totals().rows, 12'001);
  world_.ExpectCountsRight();
}

TEST_P(UserImporterTest, PutsFewerOfLargeRowsIntoABatch) {
  const storage::Revision before = world_.engine->revision();
  const std::vector<std::string> addresses = Addresses(5'000, "acme.test");
  const std::string name(200, 'n');
  std::vector<ImportRow> rows = RowsOf(addresses);
  ASSERT_EQ(BatchSizes(rows).size(), 1u);
  for (ImportRow& row : rows) row.display_name = name;
  ASSERT_EQ(BatchSizes(rows).size(), 3u);
  ASSERT_TRUE(Begin(world_).AddRows(rows).ok());
  EXPECT_EQ(world_.engine->revision(), before + 3);
}

TEST_P(UserImporterTest, OnlyRehearsesWhenItValidates) {
  world_.acme.Add({.email = "old@acme.test"});
  world_.acme.Add({.email = "free@acme.test", .claimed = false});
  const auto users = world_.AllUsers();
  const storage::Revision revision = world_.engine->revision();
  UserImporter rehearsal = Begin(world_, /*validate_only=*/true);
  const std::vector<ImportRow> rows = {{.email = "new@acme.test"},
                                       {.email = "old@acme.test"},
                                       {.email = "old@acme.test", .role = kAdmin},
                                       {.email = "free@acme.test"},
                                       {.email = "bad"}};
  EXPECT_EQ(Outcomes(*rehearsal.AddRows(rows)), "C=ULF");
  // As it would be: every row knows of those before it, in later calls too.
  EXPECT_EQ(Outcomes(*rehearsal.AddRows(rows)), "====F");
  EXPECT_EQ(rehearsal.totals().revision, 0u);
  EXPECT_EQ(rehearsal.totals().created, 1);
  EXPECT_EQ(rehearsal.totals().failed, 2);
  EXPECT_EQ(world_.engine->revision(), revision);
  EXPECT_EQ(world_.AllUsers().size(), users.size());
  // And so it is.
  EXPECT_EQ(Import(world_, rows), "C=ULF");
}

TEST_P(UserImporterTest, RehearsesAtLeastTenThousandRowsAsOne) {
  // Addresses and names as long as they get.
  const std::string domain = absl::StrCat(std::string(60, 'd'), ".", std::string(60, 'e'), ".",
                                          std::string(60, 'f'), ".test");
  world_.acme.Hold(domain);
  const std::string name(200, 'n');
  std::vector<std::string> addresses;
  for (int i = 0; i < 10'000; ++i) {
    addresses.push_back(absl::StrCat(std::string(59, 'x'), 10'000 + i, "@", domain));
  }
  std::vector<ImportRow> rows = RowsOf(addresses);
  for (ImportRow& row : rows) row = {.email = row.email, .display_name = name, .role = kAdmin};
  UserImporter rehearsal = Begin(world_, /*validate_only=*/true);
  for (const char outcome : {'C', '='}) {
    std::string outcomes;
    for (size_t i = 0; i < rows.size(); i += 1000) {
      outcomes += Outcomes(*rehearsal.AddRows(absl::MakeConstSpan(rows).subspan(i, 1000)));
    }
    EXPECT_EQ(outcomes, std::string(10'000, outcome));
  }
}

TEST_P(UserImporterTest, SeesWhatOthersCommitWhileItRehearses) {
  UserImporter rehearsal = Begin(world_, /*validate_only=*/true);
  EXPECT_EQ(Outcomes(*rehearsal.AddRows(RowsOf({"ann@new.test"}))), "C");
  world_.acme.Add({.email = "bob@new.test", .claimed = false});
  world_.acme.Hold("new.test");
  EXPECT_EQ(Outcomes(*rehearsal.AddRows(RowsOf({"bob@new.test", "ann@new.test"}))), "LL");
}

TEST_P(UserImporterTest, KeepsTheLastWayInRowByRow) {
  world_.acme.Enforce("acme.test");
  world_.acme.Add({.email = "a@acme.test", .role = Role::kAdmin, .claimed = false});
  world_.acme.Add({.email = "b@other.test", .role = Role::kOwner, .claimed = false});
  const std::vector<ImportRow> rows = {{.email = "new@acme.test"},
                                       {.email = "a@acme.test"},
                                       {.email = "b@other.test", .role = kMember},
                                       {.email = "c@acme.test"}};
  for (const bool validate_only : {true, false}) {
    UserImporter importer = Begin(world_, validate_only);
    auto results = importer.AddRows(rows);
    ASSERT_TRUE(results.ok()) << results.status();
    // Claiming the first leaves the second, who must stay.
    EXPECT_EQ(Outcomes(*results), "CLFC");
    EXPECT_EQ((*results)[2].error.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(ReasonOf((*results)[2].error), reason::kWouldLockOut);
  }
  EXPECT_EQ(world_.AllUsers().at("b@other.test").role, Role::kOwner);
  EXPECT_EQ(world_.AllUsers().size(), 4u);
  world_.ExpectCountsRight();
}

TEST_P(UserImporterTest, DoesNotTouchAUserWhoseRowIsRefused) {
  world_.acme.Enforce("acme.test");
  const User admin =
      world_.acme.Add({.email = "a@acme.test", .role = Role::kAdmin, .claimed = false});
  const storage::Revision revision = world_.engine->revision();
  EXPECT_EQ(Import(world_, {{.email = "a@acme.test", .display_name = "A"}}), "F");
  EXPECT_EQ(world_.engine->revision(), revision);
  EXPECT_EQ(world_.AllUsers().at("a@acme.test").display_name, "");
}

TEST_P(UserImporterTest, DoesNotClaimOnADomainThatGoesAtTheSameTime) {
  storage::TransactionRunner another_process(world_.engine.get());
  StoredOrganization acme_elsewhere(&another_process, "acme");
  InterruptingRandom random([&] { acme_elsewhere.Hold("acme.test", DomainState::kExpired); });
  world_.context.random = &random;
  EXPECT_EQ(Import(world_, {{.email = "ann@acme.test"}, {.email = "bob@acme.test"}}), "CC");
  for (const auto& [address, user] : world_.AllUsers()) EXPECT_FALSE(user.claimed) << address;
  world_.ExpectCountsRight();
}

TEST_P(UserImporterTest, RefusesAnOrganizationThatDoesNotExist) {
  for (const bool validate_only : {false, true}) {
    auto importer = UserImporter::Begin(TestCaller(), world_.context,
                                        OrganizationId::FromTrusted("nowhere"), validate_only);
    EXPECT_EQ(importer.status().code(), absl::StatusCode::kNotFound);
  }
}

TEST_P(UserImporterTest, EndsWhenTheOrganizationIsDeleted) {
  for (const bool validate_only : {false, true}) {
    StoredOrganization empty(&world_.runner, "empty");
    auto importer = UserImporter::Begin(TestCaller(), world_.context, empty.id(), validate_only);
    ASSERT_TRUE(importer.ok());
    ASSERT_TRUE(world_.runner
                    .Run(TestCaller(), empty.id(),
                         [&](storage::Transaction& tx) {
                           return storage::OrganizationStore::Delete(tx, empty.id());
                         })
                    .ok());
    EXPECT_EQ(importer->AddRows(RowsOf({"a@b.test"})).status().code(), absl::StatusCode::kNotFound);
  }
}

TEST_P(UserImporterTest, TakesNoRows) {
  UserImporter importer = Begin(world_);
  EXPECT_TRUE(importer.AddRows({})->empty());
  EXPECT_EQ(importer.totals().rows, 0);
}

// Whatever is done in whatever order, the counts are those of a recount.
TEST_P(UserImporterTest, CountsAsARecountWould) {
  std::mt19937 chance(20240229);
  const auto pick = [&](int below) { return static_cast<int>(chance() % below); };
  const std::string domains[] = {"acme.test", "b.test", "c.test"};
  const auto any_address = [&] { return absl::StrCat("u", pick(25), "@", domains[pick(3)]); };
  const auto any_user = [&]() -> std::optional<User> {
    const auto users = world_.AllUsers();
    if (users.empty()) return std::nullopt;
    return std::next(users.begin(), pick(static_cast<int>(users.size())))->second;
  };
  world_.acme.Add({.email = "root@else.test", .role = Role::kOwner, .claimed = false});
  for (int step = 0; step < 400; ++step) {
    const std::optional<User> user = any_user();
    switch (pick(6)) {
      case 0:
        (void)world_.users.Create(TestCaller(), {.organization = world_.acme.id(),
                                                 .email = Email(any_address()),
                                                 .role = static_cast<Role>(1 + pick(3)),
                                                 .suspended = pick(4) == 0});
        break;
      case 1:
        if (user) (void)world_.users.Delete(TestCaller(), world_.acme.id(), user->id, std::nullopt);
        break;
      case 2:
        if (user) {
          (void)world_.users.Update(TestCaller(), {.organization = world_.acme.id(),
                                                   .id = user->id,
                                                   .role = static_cast<Role>(1 + pick(3)),
                                                   .suspended = pick(4) == 0});
        }
        break;
      case 3: {
        std::vector<std::string> addresses;
        for (int i = pick(20); i >= 0; --i) addresses.push_back(any_address());
        std::vector<ImportRow> rows = RowsOf(addresses);
        for (ImportRow& row : rows) row.role = pick(5);  // 4 is refused
        Import(world_, rows, /*validate_only=*/pick(4) == 0);
        break;
      }
      case 4:
        world_.acme.Hold(domains[pick(3)],
                         pick(2) == 0 ? DomainState::kVerified : DomainState::kExpired);
        break;
      case 5:
        world_.acme.Enforce(domains[pick(3)]);
        break;
    }
    ASSERT_NO_FATAL_FAILURE(world_.ExpectCountsRight()) << step;
  }
}

// ---- How the store is used, and what its failures do.

using storage::FailingEngine;

struct FailingWorld {
  FailingEngine* engine = new FailingEngine(storage::NewMemoryEngine());
  UserTestWorld world{std::unique_ptr<storage::Engine>(engine)};
};

TEST(UserImporterCost, IsOneReadPerRowAndAFewPerDomain) {
  FailingWorld failing;
  UserImporter importer = Begin(failing.world);
  const int before = failing.engine->calls(FailingEngine::Method::kSnapshotGet);
  ASSERT_TRUE(importer.AddRows(RowsOf(Addresses(500, "acme.test"))).ok());
  EXPECT_LE(failing.engine->calls(FailingEngine::Method::kSnapshotGet) - before, 510);
  EXPECT_EQ(failing.engine->calls(FailingEngine::Method::kSnapshotScan), 0);
}

TEST(UserImporterFailure, LeavesTheBatchesBeforeIt) {
  FailingWorld failing;
  UserTestWorld& world = failing.world;
  UserImporter importer = Begin(world);
  failing.engine->FailAt(FailingEngine::Method::kCommit, 2,
                         Error(absl::StatusCode::kUnavailable, reason::kStoreUnavailable, "disk"));
  const std::vector<std::string> addresses = Addresses(12'000, "acme.test");
  const size_t first = BatchSizes(RowsOf(addresses))[0];
  ASSERT_LT(first, 10'000u);
  const auto results = importer.AddRows(RowsOf(addresses));
  EXPECT_EQ(results.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(world.AllUsers().size(), first);
  world.ExpectCountsRight();
  EXPECT_EQ(Import(world, RowsOf(addresses)),
            std::string(first, '=') + std::string(12'000 - first, 'C'));
}

TEST(UserImporterFailure, IsRepairedByARepeatWhenAnAcknowledgementIsLost) {
  FailingWorld failing;
  UserTestWorld& world = failing.world;
  failing.engine->FailAt(FailingEngine::Method::kCommitAcknowledgement, 1,
                         Error(absl::StatusCode::kUnavailable, reason::kStoreUnavailable, "disk"));
  UserImporter importer = Begin(world);
  const std::vector<std::string> addresses = Addresses(10, "acme.test");
  EXPECT_EQ(importer.AddRows(RowsOf(addresses)).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Import(world, RowsOf(addresses)), std::string(10, '='));
  world.ExpectCountsRight();
}

TEST(UserImporterFailure, IsNoBadRowWhenARecordCannotBeRead) {
  for (const bool validate_only : {false, true}) {
    FailingWorld failing;
    UserImporter importer = Begin(failing.world, validate_only);
    failing.engine->FailAt(FailingEngine::Method::kSnapshotGet, 4,
                           Error(absl::StatusCode::kDataLoss, reason::kStoreCorrupt, "damaged"));
    const auto results = importer.AddRows(RowsOf(Addresses(10, "acme.test")));
    EXPECT_EQ(results.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(failing.world.AllUsers().size(), 0u);
  }
}

TEST(UserImporterFailure, IsNoWayInWhenARecordCannotBeRead) {
  FailingWorld failing;
  UserTestWorld& world = failing.world;
  world.acme.Enforce("acme.test");
  world.acme.Add({.email = "a@acme.test", .role = Role::kAdmin, .claimed = false});
  UserImporter importer = Begin(world);
  failing.engine->FailAt(FailingEngine::Method::kSnapshotScan, 1,
                         Error(absl::StatusCode::kUnavailable, reason::kStoreUnavailable, "disk"));
  const auto results = importer.AddRows(RowsOf({"a@acme.test"}));
  EXPECT_EQ(results.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(world.AllUsers().at("a@acme.test").claimed);
}

}  // namespace
}  // namespace gatehouse
