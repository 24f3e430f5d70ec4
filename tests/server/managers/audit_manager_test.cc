// Reading the audit log, recording refusals, and removing what is old.
#include "server/managers/audit_manager.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "server/managers/organization_manager.h"
#include "storage/memory_engine.h"
#include "tests/builders/test_caller.h"
#include "tests/builders/test_secrets.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_random.h"

namespace gatehouse {
namespace {

OrganizationId Org(absl::string_view id) { return OrganizationId::FromTrusted(id); }

class AuditManagerTest : public ::testing::Test {
 protected:
  void Create(const std::string& id, Caller caller = TestCaller()) {
    caller.time = clock_.Now();
    const auto created = organizations_.Create(caller, {.id = Org(id), .display_name = id});
    ASSERT_TRUE(created.ok()) << created.status();
  }
  void Rename(const std::string& id, const std::string& name, Caller caller = TestCaller()) {
    caller.time = clock_.Now();
    const auto updated = organizations_.Update(caller, {.id = Org(id), .display_name = name});
    ASSERT_TRUE(updated.ok()) << updated.status();
  }

  // The names of all events that a list gives, page by page.
  std::vector<std::string> List(const AuditParent& parent, const AuditFilter& filter = {},
                                size_t page_size = 1000, const Caller& caller = TestCaller()) {
    std::vector<std::string> names;
    PageRequest page{.size = page_size};
    do {
      const auto found = audit_.List(caller, {.parent = parent, .filter = filter, .page = page});
      EXPECT_TRUE(found.ok()) << found.status();
      if (!found.ok()) return names;
      EXPECT_LE(found->items.size(), page_size);
      for (const auto& event : found->items) {
        names.push_back(AuditEventNameOf(event.chain, event.sequence));
      }
      page.after = found->next;
    } while (!page.after.empty());
    return names;
  }

  using Names = std::vector<std::string>;

  const std::unique_ptr<storage::Engine> engine_ = storage::NewMemoryEngine();
  storage::TransactionRunner runner_{engine_.get()};
  FakeClock clock_;
  FakeRandom random_;
  const ManagerContext context_{
      .transactions = &runner_, .clock = &clock_, .random = &random_, .secrets = &TestSecretBox()};
  OrganizationManager organizations_{context_};
  AuditManager audit_{context_, absl::Hours(24 * 30)};
};

TEST_F(AuditManagerTest, ListsAChainOldestFirst) {
  Create("acme");
  Rename("acme", "two");
  Create("beta");
  const Names acme = {"organizations/acme/auditEvents/1", "organizations/acme/auditEvents/2"};
  const Names server = {"auditEvents/1", "auditEvents/2"};
  EXPECT_EQ(List({.chain = Org("acme")}), acme);
  EXPECT_EQ(List({}), server);
  Names all = server;
  all.insert(all.end(), acme.begin(), acme.end());
  all.push_back("organizations/beta/auditEvents/1");
  for (size_t page_size : {1, 2, 3, 4, 5, 1000}) {
    EXPECT_EQ(List({.all = true}, {}, page_size), all) << page_size;
  }
}

TEST_F(AuditManagerTest, ShowsAnAuditorOfOneOrganizationNoOther) {
  Create("acme");
  Create("beta");
  Caller auditor = TestCaller();
  auditor.principal = {.name = "accessTokens/kauditor",
                       .role = AccessRole::kAuditor,
                       .scopes = {{Org("beta"), UserId()}}};
  EXPECT_EQ(List({.all = true}, {}, 1000, auditor), (Names{"organizations/beta/auditEvents/1"}));
}

TEST_F(AuditManagerTest, Filters) {
  Create("acme");
  clock_.Advance(absl::Hours(1));
  Caller other = TestCaller();
  other.principal = {.name = "accessTokens/kportal",
                     .role = AccessRole::kOrganizationAdmin,
                     .scopes = {{Org("acme"), UserId::FromTrusted("u1")}}};
  Rename("acme", "two", other);
  clock_.Advance(absl::Hours(1));
  ASSERT_TRUE(audit_
                  .RecordRefusal(TestCaller(clock_.Now()), "organizations/acme/domains/a.test",
                                 absl::PermissionDeniedError("no"), 0)
                  .ok());
  const absl::Time start = absl::FromUnixSeconds(1'700'000'000);
  struct Case {
    const char* what;
    AuditFilter filter;
    std::vector<int> sequences;
  };
  const Case cases[] = {
      {"everything", {}, {1, 2, 3}},
      {"from a time on", {.start = start + absl::Hours(1)}, {2, 3}},
      {"before a time", {.end = start + absl::Hours(1)}, {1}},
      {"by principal", {.actor = "accessTokens/kportal"}, {2}},
      {"by acting admin", {.actor = "organizations/acme/users/u1"}, {2}},
      {"by part of a principal", {.actor = "accessTokens"}, {}},
      {"by resource", {.resource = "organizations/acme/domains/a.test"}, {3}},
      {"by what is above", {.resource = "organizations/acme"}, {1, 2, 3}},
      {"by the beginning of a name", {.resource = "organizations/acm"}, {}},
      {"by kind", {.kinds = {AuditEventKind::kRefusal, AuditEventKind::kRetention}}, {3}},
      {"by all at once",
       {.start = start, .actor = "accessTokens/kportal", .kinds = {AuditEventKind::kRefusal}},
       {}},
  };
  for (const Case& c : cases) {
    Names expected;
    for (int sequence : c.sequences) {
      expected.push_back(absl::StrCat("organizations/acme/auditEvents/", sequence));
    }
    EXPECT_EQ(List({.chain = Org("acme")}, c.filter, 2), expected) << c.what;
  }
}

TEST_F(AuditManagerTest, LooksAtABoundedNumberOfEvents) {
  Create("acme");
  const Caller caller = TestCaller();
  ASSERT_TRUE(runner_
                  .Run(caller, Org("acme"),
                       [&](storage::Transaction& tx) {
                         for (int i = 0; i < 10'100; ++i) {
                           tx.Describe({AuditEventKind::kDomainState, "organizations/acme", "x"});
                         }
                         return absl::OkStatus();
                       })
                  .ok());
  const auto page = audit_.List(caller, {.parent = {.chain = Org("acme")},
                                         .filter = {.kinds = {AuditEventKind::kRetention}}});
  ASSERT_TRUE(page.ok());
  EXPECT_TRUE(page->items.empty());
  EXPECT_EQ(page->next, "acme/10000");
  EXPECT_EQ(List({.chain = Org("acme")}, {.kinds = {AuditEventKind::kChange}}).size(), 1u);
}

TEST_F(AuditManagerTest, GivesAChainsEnds) {
  EXPECT_EQ(audit_.GetChain(Org("acme")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(audit_.List(TestCaller(), {.parent = {.chain = Org("acme")}}).status().code(),
            absl::StatusCode::kNotFound);
  Create("acme");
  auto chain = audit_.GetChain(Org("acme"));
  ASSERT_TRUE(chain.ok());
  EXPECT_EQ(chain->ends.last_sequence, 1);
  EXPECT_FALSE(chain->retention_signature_valid);
  // It outlives the organization.
  ASSERT_TRUE(organizations_.Delete(TestCaller(), Org("acme"), std::nullopt).ok());
  chain = audit_.GetChain(Org("acme"));
  ASSERT_TRUE(chain.ok()) << chain.status();
  EXPECT_EQ(chain->ends.last_sequence, 2);
  EXPECT_EQ(List({}), (Names{"auditEvents/1", "auditEvents/2"}));
}

TEST_F(AuditManagerTest, PutsARefusalWhereItMayBeSeen) {
  Create("acme");
  Caller operator_caller = TestCaller();
  Caller foreign = TestCaller();
  foreign.principal = {.name = "accessTokens/kforeign",
                       .role = AccessRole::kOrganizationAdmin,
                       .scopes = {{Org("beta"), UserId::FromTrusted("u1")}}};
  Caller nobody = TestCaller();
  nobody.principal = Principal();
  struct Case {
    const char* what;
    Caller caller;
    std::string resource;
    bool in_acme;
  };
  const Case cases[] = {
      {"of an operator", operator_caller, "organizations/acme/users/u1", true},
      {"of the organization itself", operator_caller, "organizations/acme", true},
      {"of somebody else's admin", foreign, "organizations/acme/users/u1", false},
      {"without a credential", nobody, "organizations/acme/users/u1", false},
      {"of no such organization", operator_caller, "organizations/none", false},
      {"of no name", operator_caller, "organizations/\xff\n", false},
      {"of nothing", operator_caller, "", false},
  };
  for (const Case& c : cases) {
    const size_t acme = List({.chain = Org("acme")}).size();
    const size_t server = List({}).size();
    const absl::Status status = audit_.RecordRefusal(
        c.caller, c.resource,
        Error(absl::StatusCode::kPermissionDenied, reason::kPermissionDenied, "not yours").Build(),
        3);
    EXPECT_TRUE(status.ok()) << c.what << status;
    EXPECT_EQ(List({.chain = Org("acme")}).size(), acme + (c.in_acme ? 1 : 0)) << c.what;
    EXPECT_EQ(List({}).size(), server + (c.in_acme ? 0 : 1)) << c.what;
  }
  const auto events = audit_.List(TestCaller(), {.parent = {.chain = Org("acme")}});
  ASSERT_TRUE(events.ok());
  const auto& refusal = events->items.back().refusal;
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->code, 7);
  EXPECT_EQ(refusal->reason, "PERMISSION_DENIED");
  EXPECT_EQ(refusal->message, "not yours");
  EXPECT_EQ(refusal->unwritten_count, 3);
}

TEST_F(AuditManagerTest, RemovesWhatIsOldAndSignsWhereTheChainBegins) {
  Create("acme");
  for (int i = 0; i < 1100; ++i) Rename("acme", absl::StrCat("name ", i));
  clock_.Advance(absl::Hours(24 * 20));
  Rename("acme", "young");
  clock_.Advance(absl::Hours(24 * 15));
  const auto removed = audit_.RemoveExpired();
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_EQ(*removed, 1102);  // and the server's event of the creation
  const auto chain = audit_.GetChain(Org("acme"));
  ASSERT_TRUE(chain.ok());
  EXPECT_EQ(chain->ends.first_sequence, 1102);
  EXPECT_TRUE(chain->retention_signature_valid);
  EXPECT_EQ(chain->ends.retention_time, clock_.Now() - absl::Hours(24 * 30));
  const auto events = audit_.List(TestCaller(), {.parent = {.chain = Org("acme")}});
  ASSERT_TRUE(events.ok());
  ASSERT_EQ(events->items.size(), 4u);
  EXPECT_EQ(events->items[0].previous_hash, chain->ends.first_previous_hash);
  EXPECT_EQ(events->items[3].kind, AuditEventKind::kRetention);
  EXPECT_EQ(events->items[3].principal, "system/audit-retention");
  EXPECT_EQ(events->items[3].resource, "organizations/acme/auditChain");
  EXPECT_TRUE(absl::StrContains(events->items[3].description, "begins with event 1102"))
      << events->items[3].description;
  // Nothing more to do.
  EXPECT_EQ(*audit_.RemoveExpired(), 0);
  EXPECT_EQ(audit_.GetChain(Org("acme"))->ends.last_sequence, chain->ends.last_sequence);
}

TEST_F(AuditManagerTest, KnowsABeginningThatItHasNotSigned) {
  Create("acme");
  Rename("acme", "two");
  clock_.Advance(absl::Hours(24 * 31));
  // By whoever has the store, but not the keys.
  const auto trimmed = runner_.Run(TestCaller(), Org("acme"), [&](storage::Transaction& tx) {
    return storage::AuditTrail::RemoveBefore(tx, Org("acme"), clock_.Now(), 1,
                                             [](const auto&) {
                                               return storage::AuditTrail::RetentionSignature{
                                                   std::string(32, 'f'),
                                                   TestSecretBox().first_key_id()};
                                             })
        .status();
  });
  ASSERT_TRUE(trimmed.ok());
  const auto chain = audit_.GetChain(Org("acme"));
  ASSERT_TRUE(chain.ok());
  EXPECT_EQ(chain->ends.first_sequence, 2);
  EXPECT_FALSE(chain->retention_signature_valid);
}

TEST_F(AuditManagerTest, KeepsEverythingIfToldSo) {
  AuditManager forever(context_, absl::InfiniteDuration());
  Create("acme");
  clock_.Advance(absl::Hours(24 * 36'500));
  EXPECT_EQ(*forever.RemoveExpired(), 0);
  EXPECT_EQ(List({.chain = Org("acme")}).size(), 1u);
}

}  // namespace
}  // namespace gatehouse
