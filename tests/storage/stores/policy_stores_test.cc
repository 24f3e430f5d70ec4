// Organizations, domains, profiles, enforcements, exemptions: what each store
// keeps, and what its commits touch besides.
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "policy/errors.h"
#include "storage/records/keys.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/login_activity_store.h"
#include "storage/stores/organization_store.h"
#include "storage/stores/policy_changes.h"
#include "storage/stores/sso_override_store.h"
#include "storage/stores/sso_profile_store.h"
#include "storage/stores/user_store.h"
#include "tests/builders/test_secrets.h"
#include "tests/storage/stores/store_test_case.h"

namespace gatehouse::storage {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

class PolicyStoresTest : public StoreTestCase {
 protected:
  static Domain Claim(absl::string_view organization, absl::string_view name, DomainState state) {
    return {.organization = Org(organization),
            .name = Dom(name),
            .state = state,
            .verification_token = "token",
            .create_time = kNow};
  }
  void PutDomain(absl::string_view organization, absl::string_view name, DomainState state) {
    Write([&](Transaction& tx) { return DomainStore::Put(tx, Claim(organization, name, state)); });
  }
  // "acme:VERIFIED", or "" if nobody ever proved the domain.
  std::string Holder(absl::string_view name) {
    SnapshotReader reader = Reader();
    const auto holder = Ok(DomainStore::FindHolder(reader, Dom(name)));
    if (!holder) return "";
    EXPECT_EQ((*holder)->name.ascii(), std::string(name));
    return absl::StrCat((*holder)->organization.value(), ":", Name((*holder)->state));
  }
  bool Holds(absl::string_view organization, absl::string_view name) {
    SnapshotReader reader = Reader();
    return Ok(DomainStore::Holds(reader, Org(organization), Dom(name)));
  }
};

// Pages through a list of `store`; the ids seen.
template <typename List, typename IdOf>
std::vector<std::string> Page(List list, IdOf id_of, size_t limit) {
  std::vector<std::string> ids;
  std::string after;
  while (true) {
    const auto page = Ok(list(after, limit));
    EXPECT_LE(page.size(), limit);
    for (const auto& item : page) ids.push_back(id_of(*item));
    if (page.size() < limit || ids.size() > 100) return ids;
    after = ids.back();
  }
}

TEST_P(PolicyStoresTest, ListPageByPageWithoutLossOrRepetition) {
  const std::vector<std::string> ids = {"aa", "aa-b", "aaa", "ab", "b1"};
  const std::vector<std::string> names = {"a.test", "a.test.test", "b-a.test", "b.test", "c.test"};
  Write([&](Transaction& tx) -> absl::Status {
    for (absl::string_view owner : {"acme", "acme-2"}) {
      for (const std::string& id : ids) {
        RETURN_IF_ERROR(SsoProfileStore::Put(tx, {.organization = Org(owner), .id = Pid(id)}));
        RETURN_IF_ERROR(ExemptionStore::Put(tx, {.organization = Org(owner), .user = Uid(id)}));
        OrganizationStore::Put(tx, {.id = Org(id)});
      }
      for (const std::string& name : names) {
        RETURN_IF_ERROR(DomainStore::Put(tx, Claim(owner, name, DomainState::kPending)));
        RETURN_IF_ERROR(
            EnforcementStore::Put(tx, {.organization = Org(owner), .domain = Dom(name)}));
      }
    }
    return absl::OkStatus();
  });
  SnapshotReader reader = Reader();
  const OrganizationId acme = Org("acme");
  for (size_t limit = 1; limit <= 6; ++limit) {
    EXPECT_EQ(Page([&](auto& after, size_t n) { return OrganizationStore::List(reader, after, n); },
                   [](const Organization& o) { return o.id.value(); }, limit),
              ids);
    EXPECT_EQ(
        Page([&](auto& after, size_t n) { return SsoProfileStore::List(reader, acme, after, n); },
             [](const SsoProfile& p) { return p.id.value(); }, limit),
        ids);
    EXPECT_EQ(
        Page([&](auto& after, size_t n) { return ExemptionStore::List(reader, acme, after, n); },
             [](const Exemption& e) { return e.user.value(); }, limit),
        ids);
    EXPECT_EQ(Page([&](auto& after, size_t n) { return DomainStore::List(reader, acme, after, n); },
                   [](const Domain& d) { return d.name.ascii(); }, limit),
              names);
    EXPECT_EQ(
        Page([&](auto& after, size_t n) { return EnforcementStore::List(reader, acme, after, n); },
             [](const Enforcement& e) { return e.domain.ascii(); }, limit),
        names);
  }
}

TEST_P(PolicyStoresTest, ACursorNeedNotExistAnyMore) {
  PutDomain("acme", "a.test", DomainState::kPending);
  PutDomain("acme", "c.test", DomainState::kPending);
  SnapshotReader reader = Reader();
  const auto after_b = Ok(DomainStore::List(reader, Org("acme"), "b.test", 10));
  ASSERT_EQ(after_b.size(), 1u);
  EXPECT_EQ(after_b[0]->name.ascii(), "c.test");
  EXPECT_TRUE(Ok(DomainStore::List(reader, Org("acme"), "c.test", 10)).empty());
}

TEST_P(PolicyStoresTest, TellTheRevisionThatWroteARecord) {
  const Revision revision = Write([&](Transaction& tx) {
    return DomainStore::Put(tx, Claim("acme", "a.test", DomainState::kPending));
  });
  PutDomain("acme", "b.test", DomainState::kPending);
  SnapshotReader reader = Reader();
  EXPECT_EQ(Ok(DomainStore::Find(reader, Org("acme"), Dom("a.test")))->mod_revision, revision);
  EXPECT_EQ(Ok(DomainStore::List(reader, Org("acme"), "", 1))[0].mod_revision, revision);
}

TEST_P(PolicyStoresTest, DeleteAnOrganizationWithItsBooksAndNobodyElses) {
  for (absl::string_view id : {"acme", "acme-2"}) {
    Write([&](Transaction& tx) -> absl::Status {
      OrganizationStore::Put(tx, {.id = Org(id)});
      RETURN_IF_ERROR(PolicyGuard::Touch(tx, Org(id)));
      const User user{.organization = Org(id), .id = Uid("u1"), .email = Mail("jo", "a.test")};
      RETURN_IF_ERROR(UserStore::Put(tx, nullptr, user));
      return UserStore::Delete(tx, user);
    });
  }
  Write([](Transaction& tx) { return OrganizationStore::Delete(tx, Org("acme")); });
  const std::vector<std::string> left = {"c/acme-2/a.test", "g/acme-2", "o/acme-2", "t/acme-2"};
  EXPECT_EQ(RawKeys("c/").size() + RawKeys("g/").size(), 2u);
  std::vector<std::string> all;
  // The audit log outlives what it is about.
  for (const auto& [key, value] : Raw()) {
    if (key[0] != keys::kAuditEntry && key[0] != keys::kAuditChain) all.push_back(key);
  }
  EXPECT_EQ(all, left);
}

TEST_P(PolicyStoresTest, APendingClaimHoldsNothing) {
  PutDomain("acme", "a.test", DomainState::kPending);
  EXPECT_EQ(Holder("a.test"), "");
  EXPECT_FALSE(Holds("acme", "a.test"));
}

TEST_P(PolicyStoresTest, AVerifiedClaimHoldsTheDomainUntilItExpires) {
  PutDomain("acme", "a.test", DomainState::kVerified);
  EXPECT_EQ(Holder("a.test"), "acme:VERIFIED");
  EXPECT_TRUE(Holds("acme", "a.test"));
  EXPECT_FALSE(Holds("acme", "sub.a.test"));
  EXPECT_FALSE(Holds("other", "a.test"));
  PutDomain("acme", "a.test", DomainState::kAtRisk);
  EXPECT_EQ(Holder("a.test"), "acme:AT_RISK");
  EXPECT_TRUE(Holds("acme", "a.test"));
  PutDomain("acme", "a.test", DomainState::kExpired);
  EXPECT_EQ(Holder("a.test"), "acme:EXPIRED");
  EXPECT_FALSE(Holds("acme", "a.test"));
}

TEST_P(PolicyStoresTest, AnotherMayTakeOverWhatHasExpired) {
  PutDomain("acme", "a.test", DomainState::kVerified);
  PutDomain("acme", "a.test", DomainState::kExpired);
  PutDomain("other", "a.test", DomainState::kPending);
  EXPECT_EQ(Holder("a.test"), "acme:EXPIRED");
  PutDomain("other", "a.test", DomainState::kVerified);
  EXPECT_EQ(Holder("a.test"), "other:VERIFIED");
  EXPECT_FALSE(Holds("acme", "a.test"));
  // Whoever held it before takes nothing along.
  Write([](Transaction& tx) {
    return DomainStore::Delete(tx, Claim("acme", "a.test", DomainState::kExpired));
  });
  EXPECT_EQ(Holder("a.test"), "other:VERIFIED");
  Write([](Transaction& tx) {
    return DomainStore::Delete(tx, Claim("other", "a.test", DomainState::kVerified));
  });
  EXPECT_EQ(Holder("a.test"), "");
  EXPECT_TRUE(RawKeys("h/").empty());
}

TEST_P(PolicyStoresTest, OfTwoThatProveADomainAtOnceOneCommits) {
  // As two servers would: each on the snapshot from before.
  Transaction acme(*engine().NewSnapshot()), other(*engine().NewSnapshot());
  for (Transaction* tx : {&acme, &other}) {
    EXPECT_FALSE(Ok(DomainStore::FindHolder(*tx, Dom("a.test"))).has_value());
    ASSERT_TRUE(DomainStore::Put(
                    *tx, Claim(tx == &acme ? "acme" : "other", "a.test", DomainState::kVerified))
                    .ok());
  }
  EXPECT_TRUE(engine().Commit(acme.BuildCommit()).ok());
  EXPECT_EQ(engine().Commit(other.BuildCommit()).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Holder("a.test"), "acme:VERIFIED");
}

TEST_P(PolicyStoresTest, VisitEveryHolderByName) {
  PutDomain("other", "a.test", DomainState::kVerified);
  PutDomain("acme", "c.test", DomainState::kVerified);
  PutDomain("acme", "c.test", DomainState::kExpired);
  PutDomain("acme", "b.test", DomainState::kPending);
  SnapshotReader reader = Reader();
  std::vector<std::string> seen;
  ASSERT_TRUE(DomainStore::ForEachHolder(reader, [&](const OrganizationId& organization,
                                                     const DomainName& name) {
                seen.push_back(absl::StrCat(name.ascii(), " ", organization.value()));
                return absl::OkStatus();
              }).ok());
  EXPECT_EQ(seen, (std::vector<std::string>{"a.test other", "c.test acme"}));
  int visited = 0;
  EXPECT_EQ(DomainStore::ForEachHolder(reader,
                                       [&](const OrganizationId&, const DomainName&) {
                                         ++visited;
                                         return absl::CancelledError("enough");
                                       }),
            absl::CancelledError("enough"));
  EXPECT_EQ(visited, 1);
}

TEST_P(PolicyStoresTest, AnEnforcementKeepsTheRevisionThatBeganIt) {
  Enforcement enforcement{
      .organization = Org("acme"), .domain = Dom("a.test"), .profile = Pid("idp")};
  const Revision began =
      Write([&](Transaction& tx) { return EnforcementStore::Put(tx, enforcement); });
  SnapshotReader reader = Reader();
  enforcement = Ok(EnforcementStore::Find(reader, Org("acme"), Dom("a.test")))->value;
  EXPECT_EQ(enforcement.enforce_revision, began);
  EXPECT_EQ(Ok(EnforcementStore::List(reader, Org("acme"), "", 1))[0]->enforce_revision, began);
  // Moved to another profile.
  enforcement.profile = Pid("idp-2");
  Write([&](Transaction& tx) { return EnforcementStore::Put(tx, enforcement); });
  SnapshotReader later = Reader();
  const auto moved = Ok(EnforcementStore::Find(later, Org("acme"), Dom("a.test")));
  EXPECT_EQ((*moved)->enforce_revision, began);
  EXPECT_GT(moved->mod_revision, began);
  Write([&](Transaction& tx) { return EnforcementStore::Delete(tx, Org("acme"), Dom("a.test")); });
  SnapshotReader last = Reader();
  EXPECT_FALSE(Ok(EnforcementStore::Find(last, Org("acme"), Dom("a.test"))).has_value());
}

TEST_P(PolicyStoresTest, VisitEveryExemptionOfEveryOrganization) {
  Write([&](Transaction& tx) -> absl::Status {
    for (absl::string_view owner : {"acme", "acme-2", "other"}) {
      RETURN_IF_ERROR(ExemptionStore::Put(
          tx, {.organization = Org(owner), .user = Uid("u1"), .reason = std::string(owner)}));
    }
    return absl::OkStatus();
  });
  SnapshotReader reader = Reader();
  std::vector<std::string> seen;
  ASSERT_TRUE(ExemptionStore::ForEach(reader, [&](Stored<Exemption> exemption) {
                EXPECT_EQ(exemption->organization.value(), exemption->reason);
                EXPECT_EQ(exemption->user.value(), "u1");
                seen.push_back(exemption->organization.value());
                return absl::OkStatus();
              }).ok());
  // By bytes: '-' < '/'.
  EXPECT_EQ(seen, (std::vector<std::string>{"acme-2", "acme", "other"}));
}

TEST_P(PolicyStoresTest, AProfileGoesWithItsKeyAndItsTestsAndNobodyElses) {
  for (absl::string_view id : {"idp", "idp-2"}) {
    const SsoProfile profile{.organization = Org("acme"), .id = Pid(id)};
    Write([&](Transaction& tx) -> absl::Status {
      RETURN_IF_ERROR(SsoProfileStore::PutPrivateKey(tx, profile, TestSecretBox(),
                                                     absl::StrCat("key of ", id)));
      for (absl::string_view test : {"t1", "t2"}) {
        ConnectionTestStore::Put(tx, {.organization = Org("acme"),
                                      .profile = Pid(id),
                                      .id = ConnectionTestId::FromTrusted(test),
                                      .create_time = kNow});
      }
      return SsoProfileStore::Put(tx, profile);
    });
    SnapshotReader reader = Reader();
    EXPECT_EQ(Ok(SsoProfileStore::FindPrivateKey(reader, profile, TestSecretBox())),
              absl::StrCat("key of ", id));
    EXPECT_FALSE(absl::StrContains(Raw().at(keys::SsoProfile(Org("acme"), Pid(id))), "key of"))
        << "reading a profile must not read its key";
  }
  Write([](Transaction& tx) {
    return SsoProfileStore::Delete(tx, {.organization = Org("acme"), .id = Pid("idp")});
  });
  EXPECT_EQ(RawKeys("p/"), (std::vector<std::string>{"p/acme/idp-2"}));
  EXPECT_EQ(RawKeys("k/"), (std::vector<std::string>{"k/acme/idp-2"}));
  EXPECT_EQ(RawKeys("s/"), (std::vector<std::string>{"s/acme/idp-2/t1", "s/acme/idp-2/t2"}));
}

TEST_P(PolicyStoresTest, APrivateKeyThatIsMissingIsDamage) {
  SnapshotReader reader = Reader();
  const auto key = SsoProfileStore::FindPrivateKey(
      reader, {.organization = Org("acme"), .id = Pid("idp")}, TestSecretBox());
  EXPECT_EQ(key.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReasonOf(key.status()), reason::kStoreCorrupt);
}

// What a change does to the guard.
struct GuardCase {
  const char* what;
  bool touches;
  std::function<absl::Status(Transaction&)> change;
};

std::vector<GuardCase> GuardCases() {
  const OrganizationId acme = Org("acme");
  const auto user = [&](Role role) {
    return User{.organization = acme, .id = Uid("u1"), .email = Mail("jo", "a.test"), .role = role};
  };
  const User member = user(Role::kMember), admin = user(Role::kAdmin), owner = user(Role::kOwner);
  const Domain domain{.organization = acme, .name = Dom("a.test")};
  const SsoProfile profile{.organization = acme, .id = Pid("idp")};
  const auto test = ConnectionTest{.organization = acme,
                                   .profile = Pid("idp"),
                                   .id = ConnectionTestId::FromTrusted("t1"),
                                   .create_time = kNow};
  using Tx = Transaction;
  return {
      {"an organization written", false,
       [=](Tx& tx) {
         OrganizationStore::Put(tx, {.id = acme});
         return absl::OkStatus();
       }},
      {"a domain written", true, [=](Tx& tx) { return DomainStore::Put(tx, domain); }},
      {"a domain deleted", true, [=](Tx& tx) { return DomainStore::Delete(tx, domain); }},
      {"a profile written", true, [=](Tx& tx) { return SsoProfileStore::Put(tx, profile); }},
      {"a profile deleted", true, [=](Tx& tx) { return SsoProfileStore::Delete(tx, profile); }},
      {"a connection test written", false,
       [=](Tx& tx) {
         ConnectionTestStore::Put(tx, test);
         return absl::OkStatus();
       }},
      {"an enforcement written", true,
       [=](Tx& tx) {
         return EnforcementStore::Put(tx, {.organization = acme, .domain = Dom("a.test")});
       }},
      {"an enforcement deleted", true,
       [=](Tx& tx) { return EnforcementStore::Delete(tx, acme, Dom("a.test")); }},
      {"an exemption written", true,
       [=](Tx& tx) { return ExemptionStore::Put(tx, {.organization = acme, .user = Uid("u1")}); }},
      {"an exemption deleted", true,
       [=](Tx& tx) { return ExemptionStore::Delete(tx, acme, Uid("u1")); }},
      {"an override written", true,
       [=](Tx& tx) {
         return SsoOverrideStore::Put(tx, {.organization = acme, .user = Uid("u1")});
       }},
      {"an override deleted", true,
       [=](Tx& tx) { return SsoOverrideStore::Delete(tx, acme, Uid("u1")); }},
      {"no override deleted", false,
       [=](Tx& tx) { return SsoOverrideStore::Delete(tx, acme, Uid("u1")); }},
      {"a sign-in noted", false,
       [=](Tx& tx) {
         LoginActivityStore::Put(tx, {.organization = acme, .user = Uid("u1")});
         return absl::OkStatus();
       }},
      {"a member created", false, [=](Tx& tx) { return UserStore::Put(tx, nullptr, member); }},
      {"a member edited", false, [=](Tx& tx) { return UserStore::Put(tx, &member, member); }},
      {"a member made admin", true, [=](Tx& tx) { return UserStore::Put(tx, &member, admin); }},
      {"an admin edited", true, [=](Tx& tx) { return UserStore::Put(tx, &admin, admin); }},
      {"an admin made owner", true, [=](Tx& tx) { return UserStore::Put(tx, &admin, owner); }},
      {"an owner made member", true, [=](Tx& tx) { return UserStore::Put(tx, &owner, member); }},
      {"a member deleted", false, [=](Tx& tx) { return UserStore::Delete(tx, member); }},
      {"an admin created", true, [=](Tx& tx) { return UserStore::Put(tx, nullptr, admin); }},
      {"an admin deleted", true, [=](Tx& tx) { return UserStore::Delete(tx, admin); }},
  };
}

TEST_P(PolicyStoresTest, TouchTheGuardWithEachChangeThatEnforcementDependsOn) {
  const auto version = [&](absl::string_view id) {
    SnapshotReader reader = Reader();
    return Ok(PolicyGuard::Version(reader, Org(id)));
  };
  EXPECT_EQ(version("acme"), 0u);
  for (const GuardCase& c : GuardCases()) {  // in order: each finds what the ones before left
    const Revision before = version("acme");
    const Revision revision = Write(c.change);
    EXPECT_EQ(version("acme"), c.touches ? revision : before) << c.what;
    EXPECT_EQ(version("acme-2"), 0u) << c.what;
  }
}

TEST_P(PolicyStoresTest, OfTwoChangesOfOnePolicyFromOneSnapshotOneCommits) {
  for (const GuardCase& c : GuardCases()) {
    if (!c.touches) continue;
    Transaction tx(*engine().NewSnapshot());
    // The users that some cases take for granted need their counts.
    Transaction books(*engine().NewSnapshot());
    for (absl::string_view id : {"u1", "u2", "u3"}) {
      ASSERT_TRUE(UserStore::Put(books, nullptr,
                                 {.organization = Org("acme"),
                                  .id = Uid(id),
                                  .email = Mail(id, "a.test"),
                                  .role = Role::kAdmin})
                      .ok());
    }
    // And the override that one deletes.
    ASSERT_TRUE(
        SsoOverrideStore::Put(books, {.organization = Org("acme"), .user = Uid("u1")}).ok());
    ASSERT_TRUE(engine().Commit(books.BuildCommit()).ok());
    tx.MoveTo(*engine().NewSnapshot());
    ASSERT_TRUE(c.change(tx).ok()) << c.what;
    Write([](Transaction& other) { return PolicyGuard::Touch(other, Org("acme")); });
    EXPECT_EQ(engine().Commit(tx.BuildCommit()).status().code(), absl::StatusCode::kAborted)
        << c.what;
  }
}

GATEHOUSE_ON_EACH_ENGINE(PolicyStoresTest);

TEST(PolicyChanges, NameWhatACommitChangedOfTheRules) {
  const OrganizationId acme = Org("acme");
  struct Case {
    std::string key;
    std::string domain, profile, exemption;  // empty: none
  };
  const Case cases[] = {
      {keys::Domain(acme, Dom("a.test")), "a.test", "", ""},
      {keys::DomainHolder(Dom("b.test")), "b.test", "", ""},
      {keys::Enforcement(acme, Dom("c.test")), "c.test", "", ""},
      {keys::SsoProfile(acme, Pid("idp")), "", "acme/idp", ""},
      {keys::Exemption(acme, Uid("u1")), "", "", "acme/u1"},
      // What decides nothing by itself, or is read at each decision.
      {keys::Organization(acme), "", "", ""},
      {keys::PolicyGuard(acme), "", "", ""},
      {keys::Totals(acme), "", "", ""},
      {keys::DomainCounts(acme, Dom("a.test")), "", "", ""},
      {keys::User(acme, Mail("d", "a.test")), "", "", ""},
      {keys::UserAddress(acme, Uid("u1")), "", "", ""},
      {keys::Admin(acme, Uid("u1")), "", "", ""},
      {keys::ProfileKey(acme, Pid("idp")), "", "", ""},
      {keys::ConnectionTest(acme, Pid("idp"), ConnectionTestId::FromTrusted("t1")), "", "", ""},
      {keys::UsedAssertion(acme, Pid("idp"), "_1"), "", "", ""},
      {keys::Request(acme, "1"), "", "", ""},
      {keys::Expiry(kNow, keys::Exemption(acme, Uid("u1"))), "", "", ""},
      {"", "", "", ""},
      {"x", "", "", ""},
      {"?/acme/u1", "", "", ""},
  };
  std::vector<Change> all;
  for (const Case& c : cases) {
    all.push_back({.revision = all.size() + 1, .keys = {c.key}});
    const PolicyChanges changes = PolicyChangesOf({all.back()});
    std::vector<std::string> domains, profiles, exemptions;
    for (const DomainName& domain : changes.domains) domains.push_back(domain.ascii());
    for (const auto& [organization, id] : changes.profiles) {
      profiles.push_back(organization.value() + "/" + id.value());
    }
    for (const auto& [organization, id] : changes.exemptions) {
      exemptions.push_back(organization.value() + "/" + id.value());
    }
    const auto expected = [](const std::string& one) {
      return one.empty() ? std::vector<std::string>{} : std::vector<std::string>{one};
    };
    EXPECT_EQ(domains, expected(c.domain)) << c.key;
    EXPECT_EQ(profiles, expected(c.profile)) << c.key;
    EXPECT_EQ(exemptions, expected(c.exemption)) << c.key;
    EXPECT_EQ(changes.empty(), c.domain.empty() && c.profile.empty() && c.exemption.empty());
  }
  // Several commits, and one of several keys, in one answer.
  all.push_back(all.front());
  const PolicyChanges together = PolicyChangesOf(all);
  EXPECT_EQ(together.domains.size(), 3u);
  EXPECT_EQ(together.profiles.size(), 1u);
  EXPECT_EQ(together.exemptions.size(), 1u);
  EXPECT_TRUE(PolicyChangesOf({}).empty());
}

}  // namespace
}  // namespace gatehouse::storage
