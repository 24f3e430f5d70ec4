#include "server/decision/indexed_decision_source.h"

#include <atomic>
#include <filesystem>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/commit_feed.h"
#include "storage/memory_engine.h"
#include "storage/rocksdb_engine.h"
#include "storage/stores/domain_store.h"
#include "storage/stores/enforcement_store.h"
#include "storage/stores/login_activity_store.h"
#include "storage/stores/sso_override_store.h"
#include "storage/stores/sso_profile_store.h"
#include "storage/stores/user_store.h"
#include "tests/builders/stored_organization.h"
#include "tests/builders/test_caller.h"
#include "tests/fakes/failing_engine.h"

namespace gatehouse {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
// One below another, and a branch.
const char* const kDomains[] = {"a.test", "b.test", "eu.a.test", "x.eu.a.test", "us.a.test"};
constexpr int kDomainCount = 5;

std::vector<EmailAddress> Addresses() {
  std::vector<EmailAddress> addresses;
  for (const char* domain : kDomains) {
    for (int i = 0; i < 6; ++i) {
      addresses.push_back(*EmailAddress::Parse("email", absl::StrCat("u", i, "@", domain)));
    }
  }
  return addresses;
}

std::string DescribeDestination(const SsoDestination& to) {
  return absl::StrCat(to.profile.value(), ":", static_cast<int>(to.protocol), ":", to.sign_in_url,
                      ":", to.issuer);
}

// A decision with all that CheckLogin tells of it, as one comparable text.
std::string Describe(const DecisionFacts& facts) {
  const Decision decision = Decide(facts.Inputs(), LoginAction::kSignIn, kNow);
  std::string text = absl::StrCat(
      Name(decision.verdict), " ", Name(decision.reason), " ",
      absl::FormatTime(decision.valid_until), " ",
      absl::FormatTime(decision.enforced_since.value_or(absl::InfinitePast())), " ",
      absl::FormatTime(decision.enforcement_scheduled_at.value_or(absl::InfinitePast())));
  if (facts.rule == nullptr) return text;
  absl::StrAppend(&text, " ", facts.rule->organization.value(), " ", facts.rule->domain.ascii());
  if (facts.rule->enforcement) {
    absl::StrAppend(&text, " ", DescribeDestination(facts.rule->destination), " ",
                    facts.rule->enforcement->enforce_revision);
  }
  if (facts.override_rule != nullptr) {
    absl::StrAppend(&text, " ", DescribeDestination(facts.override_rule->destination), " ",
                    facts.override_rule->revision);
  }
  return text;
}

std::string DecideBy(const DecisionSource& source, const EmailAddress& email) {
  std::string text;
  const absl::Status status =
      source.Load(email, [&](const DecisionFacts& facts, storage::Revision revision) {
        text = absl::StrCat(Describe(facts), " @", revision);
      });
  return status.ok() ? text : status.ToString();
}

absl::StatusOr<std::unique_ptr<IndexedDecisionSource>> OpenSource(storage::CommitFeed* feed,
                                                                  bool wait = true) {
  auto source = IndexedDecisionSource::Open(feed, std::string(AddressHasher::kKeyBytes, 'k'));
  if (wait && source.ok()) {
    EXPECT_TRUE((*source)->WaitUntilLoaded(absl::Seconds(30)));
  }
  return source;
}

// Both ways of asking, of both sources, give one answer.
void ExpectSame(const storage::Engine& engine, const DecisionSource& indexed) {
  const StoreDecisionSource store(&engine);
  const std::vector<EmailAddress> addresses = Addresses();
  std::vector<std::string> many(addresses.size());
  const auto revision =
      indexed.LoadMany(addresses, [&](size_t i, const absl::StatusOr<DecisionFacts>& facts) {
        many[i] = facts.ok() ? Describe(*facts) : facts.status().ToString();
      });
  ASSERT_TRUE(revision.ok()) << revision.status();
  EXPECT_EQ(*revision, engine.revision());
  for (size_t i = 0; i < addresses.size(); ++i) {
    const std::string expected = DecideBy(store, addresses[i]);
    EXPECT_EQ(DecideBy(indexed, addresses[i]), expected) << addresses[i].Canonical();
    EXPECT_EQ(absl::StrCat(many[i], " @", *revision), expected) << addresses[i].Canonical();
  }
}

// Two organizations that change at random, past every rule of the managers: the
// source must follow whatever commits say.
class RandomChanges {
 public:
  explicit RandomChanges(storage::Engine* engine, unsigned seed) : runner_(engine), random_(seed) {}

  void Step() {
    StoredOrganization& organization = Pick(2) == 0 ? first_ : second_;
    const std::string domain = kDomains[Pick(kDomainCount)];
    switch (Pick(14)) {
      case 0:
      case 1:
        organization.Hold(domain, static_cast<DomainState>(1 + Pick(4)));
        break;
      case 2:
      case 3:
        Enforce(organization, domain);
        break;
      case 4:
        organization.Release(domain);
        break;
      case 5:
        Remove(organization, domain);
        break;
      case 6:
        if (const User* user = SomeUser(organization)) {
          organization.Exempt(
              *user, static_cast<ExemptionKind>(1 + Pick(3)),
              Pick(2) == 0 ? absl::InfiniteFuture() : kNow + absl::Hours(Pick(3) - 1));
        }
        break;
      case 7:
        if (const User* user = SomeUser(organization)) SetOwnRule(organization, *user);
        break;
      case 8:
        if (const User* user = SomeUser(organization)) SignIn(organization, *user);
        break;
      case 9:
        EditProfile(organization);
        break;
      default:
        PutUser(organization, domain);
        break;
    }
  }

 private:
  int Pick(int below) { return static_cast<int>(random_() % below); }

  absl::Time SomeTime() { return kNow + absl::Hours(Pick(5) - 2); }

  // Anything that a rollout can be.
  void Enforce(StoredOrganization& organization, const std::string& domain) {
    Enforcement enforcement{.organization = organization.id(),
                            .domain = *DomainName::Parse("domain", domain),
                            .profile = StoredOrganization::profile(),
                            .mode = static_cast<EnforcementMode>(1 + Pick(2)),
                            .unmanaged_users = static_cast<UnmanagedUsers>(1 + Pick(2)),
                            .enforce_time = StoredOrganization::create_time(),
                            .match_subdomains = Pick(2) == 0};
    Rollout& rollout = enforcement.rollout;
    if (Pick(3) == 0) rollout.start_time = SomeTime();
    if (Pick(3) == 0) rollout.percent = Pick(101);
    if (Pick(3) == 0) rollout.users = {UserId::FromTrusted("u1"), UserId::FromTrusted("u3")};
    rollout.require_proof = Pick(3) == 0;
    if (Pick(3) == 0) rollout.proof_deadline = SomeTime();
    if (Pick(4) == 0) enforcement.pause = Pause{.time = kNow};
    Write(organization, [&](storage::Transaction& tx) {
      return storage::EnforcementStore::Put(tx, enforcement);
    });
  }

  void SetOwnRule(const StoredOrganization& organization, const User& user) {
    const int mode = Pick(3);
    Write(organization, [&](storage::Transaction& tx) {
      if (mode == 0) return storage::SsoOverrideStore::Delete(tx, organization.id(), user.id);
      SsoOverride own{.organization = organization.id(),
                      .user = user.id,
                      .mode = mode == 1 ? SsoOverrideMode::kRequireSso : SsoOverrideMode::kExempt,
                      .create_time = kNow};
      if (mode == 1) own.profile = StoredOrganization::profile();
      return storage::SsoOverrideStore::Put(tx, own);
    });
  }

  void SignIn(const StoredOrganization& organization, const User& user) {
    LoginActivity activity{.organization = organization.id(), .user = user.id};
    activity
        .proofs[Pick(4) == 0 ? SsoProfileId::FromTrusted("other") : StoredOrganization::profile()] =
        SomeTime();
    Write(organization, [&](storage::Transaction& tx) {
      storage::LoginActivityStore::Put(tx, activity);
      return absl::OkStatus();
    });
  }

  void EditProfile(const StoredOrganization& organization) {
    const std::string at = absl::StrCat("https://idp", Pick(1000), ".test");
    SsoProfile profile{.organization = organization.id(), .id = StoredOrganization::profile()};
    if (Pick(2) == 0) {
      profile.protocol = SsoProtocol::kOidc;
      profile.oidc.issuer = at;
    } else {
      profile.saml.idp_sso_url = at;
    }
    Write(organization,
          [&](storage::Transaction& tx) { return storage::SsoProfileStore::Put(tx, profile); });
  }

  void PutUser(StoredOrganization& organization, const std::string& domain) {
    const std::string address = absl::StrCat("u", Pick(6), "@", domain);
    auto& users = &organization == &first_ ? first_users_ : second_users_;
    for (User& user : users) {
      if (user.email.Canonical() != address) continue;
      User changed = user;
      changed.claimed = Pick(2) == 0;
      changed.suspended = Pick(4) == 0;
      Write(organization,
            [&](storage::Transaction& tx) { return storage::UserStore::Put(tx, &user, changed); });
      user = changed;
      return;
    }
    users.push_back(organization.Add({.email = address, .claimed = Pick(3) != 0}));
  }

  void Remove(StoredOrganization& organization, const std::string& domain) {
    Write(organization, [&](storage::Transaction& tx) {
      return storage::DomainStore::Delete(
          tx, {.organization = organization.id(), .name = *DomainName::Parse("d", domain)});
    });
  }

  const User* SomeUser(const StoredOrganization& organization) {
    const auto& users = &organization == &first_ ? first_users_ : second_users_;
    return users.empty() ? nullptr : &users[Pick(static_cast<int>(users.size()))];
  }

  template <typename Body>
  void Write(const StoredOrganization& organization, Body body) {
    const auto committed = runner_.Run(TestCaller(), organization.id(), body);
    ASSERT_TRUE(committed.ok()) << committed.status();
  }

  storage::TransactionRunner runner_;
  std::mt19937 random_;
  StoredOrganization first_{&runner_, "first"};
  StoredOrganization second_{&runner_, "second"};
  std::vector<User> first_users_;
  std::vector<User> second_users_;
};

TEST(IndexedDecisionSource, DecidesAsTheStoreDoesThroughRandomCommits) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    const auto engine = storage::NewMemoryEngine();
    storage::CommitFeed feed(engine.get());
    auto source = OpenSource(&feed);
    ASSERT_TRUE(source.ok()) << source.status();
    RandomChanges changes(engine.get(), seed);
    for (int step = 0; step < 100; ++step) {
      changes.Step();
      ExpectSame(*engine, **source);
      if (testing::Test::HasFailure()) return;
    }
  }
}

TEST(IndexedDecisionSource, DecidesAsTheStoreDoesAfterRestarts) {
  const std::string directory = testing::TempDir() + "/indexed_restart";
  std::filesystem::remove_all(directory);
  for (unsigned seed = 1; seed <= 5; ++seed) {
    auto engine = storage::OpenRocksDbEngine({.directory = directory, .sync = false});
    ASSERT_TRUE(engine.ok()) << engine.status();
    {
      storage::CommitFeed feed(engine->get());
      auto source = OpenSource(&feed);
      ASSERT_TRUE(source.ok()) << source.status();
      ExpectSame(**engine, **source);
      if (seed > 1) continue;
      RandomChanges changes(engine->get(), seed);
      for (int step = 0; step < 100; ++step) changes.Step();
      ExpectSame(**engine, **source);
    }
  }
}

TEST(IndexedDecisionSource, SeesACommitBeforeItsCallerDoes) {
  const auto engine = storage::NewMemoryEngine();
  storage::TransactionRunner runner(engine.get());
  StoredOrganization acme(&runner, "acme");
  acme.Hold("a.test").Add({.email = "u0@a.test"});
  storage::CommitFeed feed(engine.get());
  auto source = OpenSource(&feed);
  ASSERT_TRUE(source.ok()) << source.status();
  const EmailAddress user = *EmailAddress::Parse("email", "u0@a.test");
  for (int i = 0; i < 200; ++i) {
    acme.Enforce("a.test");
    EXPECT_NE(DecideBy(**source, user).find("REQUIRE_SSO"), std::string::npos);
    acme.Release("a.test");
    EXPECT_NE(DecideBy(**source, user).find("ALLOW_PASSWORD"), std::string::npos);
  }
}

TEST(IndexedDecisionSource, NeverShowsHalfACommitToConcurrentReaders) {
  const auto engine = storage::NewMemoryEngine();
  storage::TransactionRunner runner(engine.get());
  StoredOrganization acme(&runner, "acme");
  acme.Hold("a.test").Hold("b.test");
  acme.Add({.email = "u0@a.test"});
  acme.Add({.email = "u0@b.test"});
  storage::CommitFeed feed(engine.get());
  auto source = OpenSource(&feed);
  ASSERT_TRUE(source.ok()) << source.status();
  const std::vector<EmailAddress> both = {*EmailAddress::Parse("email", "u0@a.test"),
                                          *EmailAddress::Parse("email", "u0@b.test")};
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        // One commit enforces or releases both, so they always agree.
        Verdict verdicts[2] = {Verdict::kDeny, Verdict::kDeny};
        const auto revision = (*source)->LoadMany(
            both, [&](size_t index, const absl::StatusOr<DecisionFacts>& facts) {
              verdicts[index] = Decide(facts->Inputs(), LoginAction::kSignIn, kNow).verdict;
            });
        EXPECT_TRUE(revision.ok());
        EXPECT_EQ(verdicts[0], verdicts[1]);
      }
    });
  }
  for (int i = 0; i < 300; ++i) {
    const auto committed =
        runner.Run(TestCaller(), acme.id(), [&](storage::Transaction& tx) -> absl::Status {
          for (const char* domain : {"a.test", "b.test"}) {
            const DomainName name = *DomainName::Parse("domain", domain);
            const absl::Status written =
                i % 2 == 0 ? storage::EnforcementStore::Put(tx, {.organization = acme.id(),
                                                                 .domain = name,
                                                                 .profile = acme.profile(),
                                                                 .enforce_time = kNow})
                           : storage::EnforcementStore::Delete(tx, acme.id(), name);
            if (!written.ok()) return written;
          }
          return absl::OkStatus();
        });
    ASSERT_TRUE(committed.ok()) << committed.status();
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

TEST(IndexedDecisionSource, AsksTheStoreWhenItCouldNotReadARule) {
  using Method = storage::FailingEngine::Method;
  storage::FailingEngine engine(storage::NewMemoryEngine());
  storage::TransactionRunner runner(&engine);
  StoredOrganization acme(&runner, "acme");
  acme.Hold("a.test").Add({.email = "u0@a.test"});
  storage::CommitFeed feed(&engine);
  auto source = OpenSource(&feed);
  ASSERT_TRUE(source.ok()) << source.status();
  const EmailAddress user = *EmailAddress::Parse("email", "u0@a.test");

  // The commit succeeds; reading it back for the table does not.
  const auto committed =
      runner.Run(TestCaller(), acme.id(), [&](storage::Transaction& tx) -> absl::Status {
        const absl::Status put = storage::EnforcementStore::Put(
            tx, {.organization = acme.id(), .domain = user.domain(), .profile = acme.profile()});
        engine.FailAlways(Method::kNewSnapshot, absl::UnavailableError("disk"));
        return put;
      });
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_NE(DecideBy(**source, user).find("UNAVAILABLE"), std::string::npos);
  engine.Heal();
  EXPECT_NE(DecideBy(**source, user).find("REQUIRE_SSO"), std::string::npos);
  // The next commit finds the store readable, and the table is whole again.
  acme.Hold("b.test");
  ExpectSame(engine, **source);
}

TEST(IndexedDecisionSource, TellsAStoreThatCannotReadAUserFromAnUnknownUser) {
  using Method = storage::FailingEngine::Method;
  storage::FailingEngine engine(storage::NewMemoryEngine());
  storage::TransactionRunner runner(&engine);
  StoredOrganization acme(&runner, "acme");
  const User exempt = acme.Hold("a.test").Enforce("a.test").Add({.email = "u0@a.test"});
  acme.Exempt(exempt, ExemptionKind::kBreakGlass, absl::InfiniteFuture());
  storage::CommitFeed feed(&engine);
  auto source = OpenSource(&feed);
  ASSERT_TRUE(source.ok()) << source.status();
  for (const absl::Status& error :
       {absl::UnavailableError("disk"), absl::DataLossError("checksum")}) {
    engine.FailAlways(Method::kGet, error);
    EXPECT_EQ(DecideBy(**source, exempt.email), error.ToString());
  }
}

// How often a check of `address` reads the store.
int ReadsOf(const storage::FailingEngine& engine, const DecisionSource& source,
            const char* address) {
  using Method = storage::FailingEngine::Method;
  const int before = engine.calls(Method::kGet);
  const int snapshots = engine.calls(Method::kNewSnapshot);
  DecideBy(source, *EmailAddress::Parse("email", address));
  EXPECT_EQ(engine.calls(Method::kNewSnapshot), snapshots);
  return engine.calls(Method::kGet) - before;
}

TEST(IndexedDecisionSource, ReadsTheStoreOnlyForWhomThereIsMoreToKnow) {
  storage::FailingEngine engine(storage::NewMemoryEngine());
  storage::TransactionRunner runner(&engine);
  StoredOrganization acme(&runner, "acme");
  acme.Hold("a.test").Hold("b.test").Enforce("a.test");
  acme.Add({.email = "managed@a.test"});
  acme.Add({.email = "independent@a.test", .claimed = false});
  acme.Add({.email = "suspended@a.test", .suspended = true});
  const User exempt = acme.Add({.email = "exempt@a.test"});
  acme.Exempt(exempt, ExemptionKind::kBreakGlass, absl::InfiniteFuture());
  acme.Add({.email = "managed@b.test"});
  storage::CommitFeed feed(&engine);
  auto source = OpenSource(&feed);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ(ReadsOf(engine, **source, "managed@a.test"), 0);
  EXPECT_EQ(ReadsOf(engine, **source, "independent@a.test"), 0);
  EXPECT_EQ(ReadsOf(engine, **source, "nobody@a.test"), 0);
  EXPECT_EQ(ReadsOf(engine, **source, "managed@b.test"), 0);
  EXPECT_EQ(ReadsOf(engine, **source, "managed@free.test"), 0);
  EXPECT_EQ(ReadsOf(engine, **source, "suspended@a.test"), 1);
  EXPECT_EQ(ReadsOf(engine, **source, "exempt@a.test"), 1);
  ExpectSame(engine, **source);
}

TEST(IndexedDecisionSource, BeginsAnewAfterACommitThatItCouldNotFollow) {
  using Method = storage::FailingEngine::Method;
  storage::FailingEngine engine(storage::NewMemoryEngine());
  storage::TransactionRunner runner(&engine);
  StoredOrganization acme(&runner, "acme");
  const User user = acme.Hold("a.test").Enforce("a.test").Add({.email = "u0@a.test"});
  storage::CommitFeed feed(&engine);
  auto source = OpenSource(&feed);
  ASSERT_TRUE(source.ok()) << source.status();
  const auto committed =
      runner.Run(TestCaller(), acme.id(), [&](storage::Transaction& tx) -> absl::Status {
        const absl::Status deleted = storage::UserStore::Delete(tx, user);
        engine.FailAlways(Method::kNewSnapshot, absl::UnavailableError("disk"));
        return deleted;
      });
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_FALSE((*source)->index().loaded());
  engine.Heal();
  EXPECT_NE(DecideBy(**source, user.email).find("UNMANAGED_ADDRESS"), std::string::npos);
  ASSERT_TRUE((*source)->WaitUntilLoaded(absl::Seconds(30)));
  EXPECT_EQ(ReadsOf(engine, **source, "u0@a.test"), 0);
  ExpectSame(engine, **source);
}

TEST(IndexedDecisionSource, FollowsCommitsWhileItLoads) {
  constexpr int kUsers = 5'000;
  const auto engine = storage::NewMemoryEngine();
  storage::TransactionRunner runner(engine.get());
  StoredOrganization acme(&runner, "acme");
  acme.Hold("a.test").Enforce("a.test");
  std::vector<User> users;
  for (int i = 0; i < kUsers; ++i) {
    const std::string id = absl::StrCat("u", i);
    users.push_back({.organization = acme.id(),
                     .id = UserId::FromTrusted(id),
                     .email = *EmailAddress::Parse("email", absl::StrCat(id, "@a.test")),
                     .claimed = true,
                     .claim_time = kNow});
  }
  auto write = [&](auto body) {
    const auto committed = runner.Run(TestCaller(), acme.id(), body);
    ASSERT_TRUE(committed.ok()) << committed.status();
  };
  for (int begin = 0; begin < kUsers; begin += 1'000) {
    write([&](storage::Transaction& tx) -> absl::Status {
      for (int i = begin; i < begin + 1'000; ++i) {
        // One in ten comes later.
        if (i % 10 == 0) continue;
        if (absl::Status put = storage::UserStore::Put(tx, nullptr, users[i]); !put.ok())
          return put;
      }
      return absl::OkStatus();
    });
  }
  storage::CommitFeed feed(engine.get());
  auto source = OpenSource(&feed, /*wait=*/false);
  ASSERT_TRUE(source.ok()) << source.status();
  const StoreDecisionSource store(engine.get());
  for (int i = 0; i < kUsers; i += 10) {
    const User& other = users[i + 1 + i / 10 % 9];
    write([&](storage::Transaction& tx) -> absl::Status {
      if (absl::Status put = storage::UserStore::Put(tx, nullptr, users[i]); !put.ok()) return put;
      return storage::UserStore::Delete(tx, other);
    });
    for (const User* user : std::initializer_list<const User*>{&users[i], &other}) {
      ASSERT_EQ(DecideBy(**source, user->email), DecideBy(store, user->email));
    }
  }
  ASSERT_TRUE((*source)->WaitUntilLoaded(absl::Seconds(30)));
  EXPECT_EQ((*source)->index().address_count(), kUsers - kUsers / 10);
  for (const User& user : users) {
    ASSERT_EQ(DecideBy(**source, user.email), DecideBy(store, user.email));
  }
}

TEST(IndexedDecisionSource, TellsWhenAUserWasClaimedToTheMicrosecond) {
  const auto engine = storage::NewMemoryEngine();
  storage::TransactionRunner runner(engine.get());
  StoredOrganization acme(&runner, "acme");
  User user = acme.Hold("a.test").Enforce("a.test").Add({.email = "u0@a.test"});
  storage::CommitFeed feed(engine.get());
  auto source = OpenSource(&feed);
  ASSERT_TRUE(source.ok()) << source.status();
  for (const absl::Duration after :
       {absl::Microseconds(-1), absl::ZeroDuration(), absl::Microseconds(1),
        absl::Microseconds(999), absl::Milliseconds(1), absl::Microseconds(1001)}) {
    const User before = user;
    user.claim_time = StoredOrganization::create_time() + after;
    ASSERT_TRUE(runner
                    .Run(TestCaller(), acme.id(),
                         [&](storage::Transaction& tx) {
                           return storage::UserStore::Put(tx, &before, user);
                         })
                    .ok());
    ExpectSame(*engine, **source);
  }
}

TEST(IndexedDecisionSource, ReadsASignInOnlyWhereTheEnforcementAsksForOne) {
  using Method = storage::FailingEngine::Method;
  storage::FailingEngine engine(storage::NewMemoryEngine());
  storage::TransactionRunner runner(&engine);
  StoredOrganization acme(&runner, "acme");
  const User user = acme.Hold("a.test").Add({.email = "u0@a.test"});
  storage::CommitFeed feed(&engine);
  auto source = OpenSource(&feed);
  ASSERT_TRUE(source.ok()) << source.status();
  Enforcement gated{.organization = acme.id(),
                    .domain = user.email.domain(),
                    .profile = StoredOrganization::profile()};
  gated.rollout.require_proof = true;
  ASSERT_TRUE(
      runner
          .Run(TestCaller(), acme.id(),
               [&](storage::Transaction& tx) { return storage::EnforcementStore::Put(tx, gated); })
          .ok());
  const int before = engine.calls(Method::kGet);
  EXPECT_NE(DecideBy(**source, user.email).find("AWAITING_SSO_SIGN_IN"), std::string::npos);
  EXPECT_EQ(engine.calls(Method::kGet) - before, 2);

  LoginActivity activity{.organization = acme.id(), .user = user.id};
  activity.proofs[StoredOrganization::profile()] = kNow;
  ASSERT_TRUE(runner
                  .Run(TestCaller(), acme.id(),
                       [&](storage::Transaction& tx) {
                         storage::LoginActivityStore::Put(tx, activity);
                         return absl::OkStatus();
                       })
                  .ok());
  EXPECT_NE(DecideBy(**source, user.email).find("REQUIRE_SSO"), std::string::npos);
  // A sign-in that cannot be read is no reason to let anybody in.
  engine.FailAt(Method::kGet, 2, absl::UnavailableError("disk"));
  EXPECT_NE(DecideBy(**source, user.email).find("UNAVAILABLE"), std::string::npos);
}

}  // namespace
}  // namespace gatehouse
