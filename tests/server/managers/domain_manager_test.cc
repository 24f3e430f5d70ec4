#include "server/managers/domain_manager.h"

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "policy/errors.h"
#include "storage/stores/enforcement_store.h"
#include "tests/builders/test_caller.h"
#include "tests/fakes/fake_http_fetcher.h"
#include "tests/fakes/fake_txt_resolver.h"
#include "tests/fakes/interrupting_engine.h"
#include "tests/server/managers/user_test_world.h"

namespace gatehouse {
namespace {

using storage::InterruptingEngine;

class FakePublicSuffixes final : public PublicSuffixList {
 public:
  bool IsPublicSuffix(const DomainName& name) const override {
    return name.ascii() == "co.test" || name.ascii() == "xn--bcher-kva.test";
  }
};

DomainName Name(const std::string& name) {
  auto domain = DomainName::Parse("domain", name);
  EXPECT_TRUE(domain.ok()) << domain.status();
  return domain.value_or(DomainName());
}

// "acme" holds acme.test; "other" is another organization, on another server.
class DomainManagerTest : public testing::Test {
 protected:
  static void ExpectCode(const absl::Status& status, absl::StatusCode code,
                         absl::string_view reason) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_EQ(ReasonOf(status), reason) << status;
  }

  DomainView Add(DomainManager& manager, const OrganizationId& organization,
                 const std::string& name) {
    const auto added =
        manager.Add(TestCaller(), {.organization = organization, .name = Name(name)});
    EXPECT_TRUE(added.ok()) << added.status();
    return added.value_or(DomainView());
  }
  // Publishes the record that proves a claim, besides those that are there.
  void Publish(const DomainView& claim) {
    const std::string name = VerificationRecordName(claim.domain->name);
    std::vector<std::string> records = dns.LookupTxt(name).value();
    records.push_back(VerificationRecordValue(claim.domain->verification_token));
    dns.Set(name, records);
  }
  // Claimed, published and proven.
  DomainView Hold(DomainManager& manager, const OrganizationId& organization,
                  const std::string& name) {
    Publish(Add(manager, organization, name));
    const auto verified =
        manager.Verify(TestCaller(), organization, Name(name), VerificationMethod::kDns);
    EXPECT_TRUE(verified.ok()) << verified.status();
    return verified.value_or(DomainView());
  }
  DomainState StateOf(const OrganizationId& organization, const std::string& name) {
    const auto found = domains.Get(organization, Name(name));
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? found->domain->state : DomainState::kPending;
  }
  std::string HolderOf(const std::string& name) {
    storage::SnapshotReader reader = world.Reader();
    const auto holder = storage::DomainStore::FindHolder(reader, Name(name));
    EXPECT_TRUE(holder.ok()) << holder.status();
    return holder.ok() && *holder ? (**holder)->organization.value() : "";
  }

  InterruptingEngine* engine = new InterruptingEngine(storage::NewMemoryEngine());
  UserTestWorld world{std::unique_ptr<storage::Engine>(engine)};
  FakeTxtResolver dns;
  FakeHttpFetcher web;
  DomainProof proof{&dns, &web};
  FakePublicSuffixes suffixes;
  DomainManager domains{world.context, &proof, &suffixes};
  const OrganizationId acme = world.acme.id();

  storage::TransactionRunner other_runner{engine};
  ManagerContext other_context{.transactions = &other_runner,
                               .clock = &world.clock,
                               .random = &world.random,
                               .secrets = &TestSecretBox()};
  DomainManager other_domains{other_context, &proof, &suffixes};
  StoredOrganization other_organization{&other_runner, "other"};
  const OrganizationId other = other_organization.id();
};

TEST_F(DomainManagerTest, AddsAPendingClaimWithATokenOfItsOwn) {
  const DomainView a = Add(domains, acme, "a.test");
  EXPECT_EQ(a.domain->state, DomainState::kPending);
  EXPECT_EQ(a.domain->create_time, world.clock.Now());
  EXPECT_EQ(a.domain->verify_time, absl::InfinitePast());
  const std::string& token = a.domain->verification_token;
  EXPECT_EQ(token.size(), 32u);
  EXPECT_EQ(token.find_first_not_of("0123456789abcdef"), std::string::npos) << token;
  EXPECT_NE(Add(domains, acme, "b.test").domain->verification_token, token);
  EXPECT_NE(Add(other_domains, other, "a.test").domain->verification_token, token);
  EXPECT_EQ(HolderOf("a.test"), "");
  EXPECT_TRUE(dns.lookups().empty());
}

TEST_F(DomainManagerTest, AddsNothingToAnOrganizationThatDoesNotExist) {
  ExpectCode(domains
                 .Add(TestCaller(), {.organization = OrganizationId::FromTrusted("nobody"),
                                     .name = Name("a.test")})
                 .status(),
             absl::StatusCode::kNotFound, reason::kResourceNotFound);
}

TEST_F(DomainManagerTest, RefusesAPublicSuffixAndNotWhatIsUnderOrOverIt) {
  const storage::Revision before = engine->revision();
  for (const char* name : {"co.test", "CO.TEST", "bücher.test"}) {
    const absl::Status status =
        domains.Add(TestCaller(), {.organization = acme, .name = Name(name)}).status();
    ExpectCode(status, absl::StatusCode::kInvalidArgument, reason::kPublicSuffix);
    EXPECT_EQ(DetailsOf(status)->field_violations.at(0).first, "domain");
  }
  EXPECT_EQ(engine->revision(), before);
  Add(domains, acme, "acme.co.test");
}

TEST_F(DomainManagerTest, TakesAnInternationalNameAndItsAsciiFormForOne) {
  const DomainView claim = Add(domains, acme, "Bücher.example");
  EXPECT_EQ(claim.domain->name.ascii(), "xn--bcher-kva.example");
  for (const char* same :
       {"bücher.example", "BÜCHER.EXAMPLE", "xn--bcher-kva.example", "XN--BCHER-KVA.example",
        "bu\xcc\x88"
        "cher.example"}) {
    ExpectCode(domains.Add(TestCaller(), {.organization = acme, .name = Name(same)}).status(),
               absl::StatusCode::kAlreadyExists, reason::kResourceExists);
    EXPECT_TRUE(domains.Get(acme, Name(same)).ok());
  }
  Publish(claim);
  ASSERT_TRUE(
      domains.Verify(TestCaller(), acme, Name("bücher.example"), VerificationMethod::kDns).ok());
  EXPECT_EQ(dns.lookups().back(), "_gatehouse.xn--bcher-kva.example");
  Publish(Add(other_domains, other, "BÜCHER.example"));
  ExpectCode(
      other_domains
          .Verify(TestCaller(), other, Name("xn--bcher-kva.example"), VerificationMethod::kDns)
          .status(),
      absl::StatusCode::kFailedPrecondition, reason::kDomainHeldElsewhere);
  // Looks alike (a Cyrillic 'с' for the 'c'), and is another domain.
  EXPECT_TRUE(
      other_domains.Add(TestCaller(), {.organization = other, .name = Name("сoop.example")}).ok());
  EXPECT_TRUE(
      other_domains.Add(TestCaller(), {.organization = other, .name = Name("coop.example")}).ok());
}

TEST_F(DomainManagerTest, GivesTheSameAnswerToARepeatedAdd) {
  DomainManager::AddCommand command{
      .organization = acme, .name = Name("a.test"), .request_id = "r1"};
  const auto first = domains.Add(TestCaller(), command);
  ASSERT_TRUE(first.ok()) << first.status();
  const storage::Revision before = engine->revision();
  const auto again = domains.Add(TestCaller(), command);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->domain->verification_token, first->domain->verification_token);
  EXPECT_EQ(engine->revision(), before);
  command.name = Name("b.test");
  ExpectCode(domains.Add(TestCaller(), command).status(), absl::StatusCode::kAlreadyExists,
             reason::kRequestIdReused);
  // Another organization's requests are its own.
  command.organization = other;
  EXPECT_TRUE(other_domains.Add(TestCaller(), command).ok());
}

TEST_F(DomainManagerTest, LetsTwoClaimADomainAndOneHoldIt) {
  Add(domains, acme, "a.test");
  const DomainView theirs = Hold(other_domains, other, "a.test");
  EXPECT_EQ(theirs.domain->state, DomainState::kVerified);
  Publish(*domains.Get(acme, Name("a.test")));  // both records stand in DNS
  const absl::Status status =
      domains.Verify(TestCaller(), acme, Name("a.test"), VerificationMethod::kDns).status();
  ExpectCode(status, absl::StatusCode::kFailedPrecondition, reason::kDomainHeldElsewhere);
  EXPECT_FALSE(absl::StrContains(status.ToString(), "\"other\"")) << "who it is stays unsaid";
  EXPECT_FALSE(absl::StrContains(status.ToString(), "organizations/other"));
  EXPECT_EQ(StateOf(acme, "a.test"), DomainState::kPending);
  EXPECT_EQ(HolderOf("a.test"), "other");
}

TEST_F(DomainManagerTest, TellsOnlyWhoProvesAClaimThatAnotherHoldsTheDomain) {
  for (DomainState state : {DomainState::kVerified, DomainState::kAtRisk}) {
    const std::string name = absl::StrCat("a", static_cast<int>(state), ".test");
    other_organization.Hold(name, state);
    // As if nobody held it, until it is proven.
    const DomainView claim = Add(domains, acme, name);
    ExpectCode(domains.Verify(TestCaller(), acme, Name(name), VerificationMethod::kDns).status(),
               absl::StatusCode::kFailedPrecondition, reason::kDnsRecordMissing);
    Publish(claim);
    ExpectCode(domains.Verify(TestCaller(), acme, Name(name), VerificationMethod::kDns).status(),
               absl::StatusCode::kFailedPrecondition, reason::kDomainHeldElsewhere);
    EXPECT_EQ(HolderOf(name), "other");
    // A subdomain is another domain.
    Hold(domains, acme, absl::StrCat("sub.", name));
  }
}

TEST_F(DomainManagerTest, GivesADomainThatExpiredToWhoeverProvesItNext) {
  other_organization.Hold("a.test", DomainState::kExpired);
  Hold(domains, acme, "a.test");
  EXPECT_EQ(HolderOf("a.test"), "acme");
  // And there is no way back while it is held.
  Publish(*other_domains.Get(other, Name("a.test")));
  ExpectCode(
      other_domains.Verify(TestCaller(), other, Name("a.test"), VerificationMethod::kDns).status(),
      absl::StatusCode::kFailedPrecondition, reason::kDomainHeldElsewhere);
}

TEST_F(DomainManagerTest, OutdatesNoPlanByProvingAHeldDomainAnew) {
  Hold(domains, acme, "a.test");
  const auto guard = [&] {
    storage::SnapshotReader reader = world.Reader();
    return *storage::PolicyGuard::Version(reader, acme);
  };
  const storage::Revision before = guard();
  world.clock.Advance(absl::Hours(1));
  ASSERT_TRUE(domains.Verify(TestCaller(), acme, Name("a.test"), VerificationMethod::kDns).ok());
  EXPECT_EQ(domains.Get(acme, Name("a.test"))->domain->verify_time, world.clock.Now());
  EXPECT_EQ(guard(), before);
  world.acme.Hold("a.test", DomainState::kExpired);
  const storage::Revision expired = guard();
  EXPECT_GT(expired, before);
  Publish(*domains.Get(acme, Name("a.test")));
  ASSERT_TRUE(domains.Verify(TestCaller(), acme, Name("a.test"), VerificationMethod::kDns).ok());
  EXPECT_GT(guard(), expired);
}

TEST_F(DomainManagerTest, SaysWhatToPublishWhenThereIsNoRecord) {
  const DomainView claim = Add(domains, acme, "a.test");
  const absl::Status status =
      domains.Verify(TestCaller(), acme, Name("a.test"), VerificationMethod::kDns).status();
  ExpectCode(status, absl::StatusCode::kFailedPrecondition, reason::kDnsRecordMissing);
  const auto details = DetailsOf(status);
  EXPECT_EQ(details->metadata.at("record_name"), "_gatehouse.a.test");
  EXPECT_EQ(details->metadata.at("record_value"),
            absl::StrCat("gatehouse-domain-verification=", claim.domain->verification_token));
  EXPECT_EQ(details->precondition_violations.at(0).resource, "organizations/acme/domains/a.test");
}

TEST_F(DomainManagerTest, AcceptsNoRecordButTheExactOne) {
  const DomainView claim = Add(domains, acme, "a.test");
  const std::string& token = claim.domain->verification_token;
  const std::string right = VerificationRecordValue(token);
  const std::string their_token = Add(other_domains, other, "a.test").domain->verification_token;
  for (const std::string& wrong :
       {std::string(), token, std::string("gatehouse-domain-verification="), right + " ",
        " " + right, right + "0", right.substr(0, right.size() - 1), absl::AsciiStrToUpper(right),
        "\"" + right + "\"", VerificationRecordValue(their_token), right + std::string("\0", 1),
        std::string("\xff\n\x1b[31m")}) {
    dns.Set("_gatehouse.a.test", {wrong});
    const absl::Status status =
        domains.Verify(TestCaller(), acme, Name("a.test"), VerificationMethod::kDns).status();
    ExpectCode(status, absl::StatusCode::kFailedPrecondition, reason::kDnsRecordWrong);
    EXPECT_EQ(status.message().find('\x1b'), absl::string_view::npos) << "shown as it came";
    EXPECT_EQ(status.message().find('\n'), absl::string_view::npos);
    EXPECT_EQ(StateOf(acme, "a.test"), DomainState::kPending) << wrong;
  }
  dns.Set("_gatehouse.a.test", {"v=spf1 -all", "another", right, "more"});
  EXPECT_TRUE(domains.Verify(TestCaller(), acme, Name("a.test"), VerificationMethod::kDns).ok());
}

TEST_F(DomainManagerTest, ChangesNothingWhenTheProofFailsWhateverTheState) {
  dns.Set("_gatehouse.wrong.test", {"something else"});
  struct Case {
    const char* domain;
    absl::Status dns_error;
    absl::StatusCode code;
    absl::string_view reason;
  };
  const absl::Status outage =
      Error(absl::StatusCode::kUnavailable, reason::kDnsUnavailable, "127.0.0.1:53: time-out");
  const Case cases[] = {
      {"missing.test", absl::OkStatus(), absl::StatusCode::kFailedPrecondition,
       reason::kDnsRecordMissing},
      {"wrong.test", absl::OkStatus(), absl::StatusCode::kFailedPrecondition,
       reason::kDnsRecordWrong},
      {"outage.test", outage, absl::StatusCode::kUnavailable, reason::kDnsUnavailable},
  };
  Add(domains, acme, "missing.test");
  Add(domains, acme, "wrong.test");
  Add(domains, acme, "outage.test");
  for (const Case& c : cases) {
    dns.Fail(c.dns_error);
    for (DomainState state : {DomainState::kPending, DomainState::kVerified, DomainState::kAtRisk,
                              DomainState::kExpired}) {
      if (state != DomainState::kPending) world.acme.Hold(c.domain, state);
      const storage::Revision before = engine->revision();
      ExpectCode(
          domains.Verify(TestCaller(), acme, Name(c.domain), VerificationMethod::kDns).status(),
          c.code, c.reason);
      EXPECT_EQ(engine->revision(), before);
      EXPECT_EQ(StateOf(acme, c.domain), state) << c.domain;
    }
  }
}

TEST_F(DomainManagerTest, ProvesADomainAgainFromEveryState) {
  for (DomainState state : {DomainState::kVerified, DomainState::kAtRisk, DomainState::kExpired}) {
    world.acme.Hold("a.test", state);
    const DomainView claim = *domains.Get(acme, Name("a.test"));
    Publish(claim);
    world.clock.Advance(absl::Hours(1));
    const auto verified =
        domains.Verify(TestCaller(), acme, Name("a.test"), VerificationMethod::kDns);
    ASSERT_TRUE(verified.ok()) << verified.status();
    EXPECT_EQ(verified->domain->state, DomainState::kVerified);
    EXPECT_EQ(verified->domain->verify_time, world.clock.Now());
    EXPECT_EQ(verified->domain->create_time, claim.domain->create_time);
    EXPECT_EQ(HolderOf("a.test"), "acme");
  }
}

TEST_F(DomainManagerTest, VerifiesNoDomainThatWasNotClaimed) {
  ExpectCode(domains.Verify(TestCaller(), acme, Name("a.test"), VerificationMethod::kDns).status(),
             absl::StatusCode::kNotFound, reason::kResourceNotFound);
  EXPECT_TRUE(dns.lookups().empty());
}

TEST_F(DomainManagerTest, OfTwoThatProveADomainAtOnceOneHoldsIt) {
  Publish(Add(domains, acme, "a.test"));
  Publish(Add(other_domains, other, "a.test"));
  // The other's whole verification falls between our lookup and our commit.
  struct Between {
    const char* what;
    std::function<void(std::function<void()>)> arrange;
  };
  const Between moments[] = {
      {"while DNS is asked", [&](auto act) { dns.DuringNextLookup(std::move(act)); }},
      {"before the commit", [&](auto act) { engine->BeforeNextCommit(std::move(act)); }},
  };
  for (const Between& moment : moments) {
    bool happened = false;
    moment.arrange([&] {
      EXPECT_TRUE(
          other_domains.Verify(TestCaller(), other, Name("a.test"), VerificationMethod::kDns).ok())
          << moment.what;
      happened = true;
    });
    ExpectCode(
        domains.Verify(TestCaller(), acme, Name("a.test"), VerificationMethod::kDns).status(),
        absl::StatusCode::kFailedPrecondition, reason::kDomainHeldElsewhere);
    EXPECT_TRUE(happened) << moment.what;
    EXPECT_EQ(HolderOf("a.test"), "other") << moment.what;
    EXPECT_EQ(StateOf(acme, "a.test"), DomainState::kPending) << moment.what;
    ASSERT_TRUE(other_domains.Remove(TestCaller(), other, Name("a.test"), std::nullopt).ok());
    Publish(Add(other_domains, other, "a.test"));
  }
}

TEST_F(DomainManagerTest, OfManyThatProveADomainAtOnceOneHoldsIt) {
  constexpr int kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    const std::string name = absl::StrCat("d", round, ".test");
    Publish(Add(domains, acme, name));
    Publish(Add(other_domains, other, name));
    std::atomic<int> won{0};
    const auto verify = [&](DomainManager& manager, const OrganizationId& organization) {
      const auto verified =
          manager.Verify(TestCaller(), organization, Name(name), VerificationMethod::kDns);
      if (verified.ok()) {
        ++won;
      } else {
        EXPECT_EQ(ReasonOf(verified.status()), reason::kDomainHeldElsewhere);
      }
    };
    std::thread theirs([&] { verify(other_domains, other); });
    verify(domains, acme);
    theirs.join();
    EXPECT_EQ(won, 1);
    EXPECT_EQ((StateOf(acme, name) == DomainState::kVerified) +
                  (StateOf(other, name) == DomainState::kVerified),
              1);
  }
}

TEST_F(DomainManagerTest, ForgetsTheProofOfAClaimThatWasRemovedMeanwhile) {
  for (bool claimed_again : {false, true}) {
    Publish(Add(domains, acme, "a.test"));
    dns.DuringNextLookup([&] {
      ASSERT_TRUE(domains.Remove(TestCaller(), acme, Name("a.test"), std::nullopt).ok());
      if (claimed_again) Add(domains, acme, "a.test");
    });
    ExpectCode(
        domains.Verify(TestCaller(), acme, Name("a.test"), VerificationMethod::kDns).status(),
        absl::StatusCode::kNotFound, reason::kResourceNotFound);
    EXPECT_EQ(HolderOf("a.test"), "");
    EXPECT_EQ(domains.Get(acme, Name("a.test")).ok(), claimed_again);
  }
  EXPECT_EQ(StateOf(acme, "a.test"), DomainState::kPending);
  // The record of the claim before proves nothing for the new one.
  ExpectCode(domains.Verify(TestCaller(), acme, Name("a.test"), VerificationMethod::kDns).status(),
             absl::StatusCode::kFailedPrecondition, reason::kDnsRecordWrong);
}

TEST_F(DomainManagerTest, RemovesNoDomainThatIsEnforced) {
  for (EnforcementMode mode : {EnforcementMode::kEnforce, EnforcementMode::kObserve}) {
    world.acme.Enforce("acme.test", mode);
    const absl::Status status = domains.Remove(TestCaller(), acme, Name("acme.test"), std::nullopt);
    ExpectCode(status, absl::StatusCode::kFailedPrecondition, reason::kDomainEnforced);
    EXPECT_EQ(DetailsOf(status)->precondition_violations.at(0).resource,
              "organizations/acme/enforcements/acme.test");
    EXPECT_EQ(StateOf(acme, "acme.test"), DomainState::kVerified);
  }
  world.acme.Release("acme.test");
  EXPECT_TRUE(domains.Remove(TestCaller(), acme, Name("acme.test"), std::nullopt).ok());
  EXPECT_EQ(HolderOf("acme.test"), "");
}

TEST_F(DomainManagerTest, RemovesNoDomainThatIsEnforcedMeanwhile) {
  engine->BeforeNextCommit([&] {
    const auto enforced = other_runner.Run(TestCaller(), acme, [&](storage::Transaction& tx) {
      return storage::EnforcementStore::Put(
          tx, {.organization = acme, .domain = Name("acme.test"), .profile = world.acme.profile()});
    });
    EXPECT_TRUE(enforced.ok()) << enforced.status();
  });
  ExpectCode(domains.Remove(TestCaller(), acme, Name("acme.test"), std::nullopt),
             absl::StatusCode::kFailedPrecondition, reason::kDomainEnforced);
  EXPECT_EQ(HolderOf("acme.test"), "acme");
}

TEST_F(DomainManagerTest, RemovesTheVersionThatIsMeant) {
  const storage::Revision version = domains.Get(acme, Name("acme.test"))->domain.mod_revision;
  ExpectCode(domains.Remove(TestCaller(), acme, Name("acme.test"), version + 1),
             absl::StatusCode::kAborted, reason::kEtagMismatch);
  EXPECT_TRUE(domains.Remove(TestCaller(), acme, Name("acme.test"), version).ok());
  ExpectCode(domains.Remove(TestCaller(), acme, Name("acme.test"), std::nullopt),
             absl::StatusCode::kNotFound, reason::kResourceNotFound);
}

TEST_F(DomainManagerTest, MakesUsersIndependentAndManagedAgainWithoutTouchingThem) {
  const auto create = [&](const std::string& email) {
    const auto created =
        world.users.Create(TestCaller(), {.organization = acme, .email = Email(email)});
    EXPECT_TRUE(created.ok()) << created.status();
    return created->user->id;
  };
  const UserId managed = create("jo@acme.test");
  const UserId foreign = create("jo@elsewhere.test");
  const UserView before = *world.users.Get(acme, managed);
  const auto expect = [&](UserType type, const char* when) {
    const UserView user = *world.users.Get(acme, managed);
    EXPECT_EQ(user.type, type) << when;
    EXPECT_EQ(user.user.mod_revision, before.user.mod_revision) << when;
    EXPECT_TRUE(user.user->claimed) << when;
    EXPECT_EQ(user.user->claim_time, before.user->claim_time) << when;
    EXPECT_EQ(world.users.Get(acme, foreign)->type, UserType::kIndependent) << when;
    world.ExpectCountsRight();
  };
  expect(UserType::kManaged, "while the domain is held");
  EXPECT_EQ(domains.Get(acme, Name("acme.test"))->managed(), 1);

  ASSERT_TRUE(domains.Remove(TestCaller(), acme, Name("acme.test"), std::nullopt).ok());
  expect(UserType::kIndependent, "when it was removed");
  const UserId late = create("late@acme.test");
  EXPECT_FALSE(world.users.Get(acme, late)->user->claimed) << "nobody held the domain";

  const DomainView claim = Add(domains, acme, "acme.test");
  expect(UserType::kIndependent, "when it is claimed and not proven");
  EXPECT_EQ(claim.managed(), 0);
  EXPECT_EQ(claim.independent(), 2);

  Publish(claim);
  const auto verified =
      domains.Verify(TestCaller(), acme, Name("acme.test"), VerificationMethod::kDns);
  ASSERT_TRUE(verified.ok()) << verified.status();
  expect(UserType::kManaged, "when it is proven again");
  EXPECT_EQ(world.users.Get(acme, late)->type, UserType::kIndependent);
  EXPECT_EQ(verified->managed(), 1);
  EXPECT_EQ(verified->independent(), 1);

  world.acme.Hold("acme.test", DomainState::kAtRisk);
  expect(UserType::kManaged, "at risk");
  world.acme.Hold("acme.test", DomainState::kExpired);
  expect(UserType::kIndependent, "expired");
}

TEST_F(DomainManagerTest, ListsPageByPage) {
  const std::vector<std::string> all = {"a.test", "a.test.test", "acme.test", "b.test"};
  for (const char* name : {"b.test", "a.test", "a.test.test"}) Add(domains, acme, name);
  Add(other_domains, other, "a.test");
  for (size_t size = 1; size <= 5; ++size) {
    std::vector<std::string> seen;
    PageRequest request{.size = size};
    do {
      const auto page = domains.List(acme, request);
      ASSERT_TRUE(page.ok()) << page.status();
      EXPECT_LE(page->items.size(), size);
      for (const DomainView& view : page->items) seen.push_back(view.domain->name.ascii());
      request.after = page->next;
    } while (!request.after.empty());
    EXPECT_EQ(seen, all) << size;
  }
  ExpectCode(domains.List(OrganizationId::FromTrusted("nobody"), {}).status(),
             absl::StatusCode::kNotFound, reason::kResourceNotFound);
  ExpectCode(domains.Get(acme, Name("c.test")).status(), absl::StatusCode::kNotFound,
             reason::kResourceNotFound);
}

}  // namespace
}  // namespace gatehouse
