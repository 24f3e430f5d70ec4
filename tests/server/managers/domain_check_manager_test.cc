#include "server/managers/domain_check_manager.h"

#include <atomic>
#include <future>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "policy/errors.h"
#include "server/connectors/public_suffix_list.h"
#include "server/managers/domain_manager.h"
#include "storage/stores/audit_trail.h"
#include "storage/stores/domain_check_store.h"
#include "storage/stores/organization_store.h"
#include "tests/fakes/fake_http_fetcher.h"
#include "tests/fakes/fake_txt_resolver.h"
#include "tests/server/managers/enforcement_test_world.h"

namespace gatehouse {
namespace {

class NoPublicSuffixes final : public PublicSuffixList {
 public:
  bool IsPublicSuffix(const DomainName&) const override { return false; }
};

// acme.test is held, proven in DNS, enforced.
class DomainCheckTest : public testing::Test {
 protected:
  DomainCheckTest() {
    Publish();
    Verify(VerificationMethod::kDns);
    const auto enforced = world.enforcements.Enforce(TestCaller(), world.Command(), "");
    EXPECT_TRUE(enforced.ok()) << enforced.status();
  }

  void Publish() { dns.Set("_gatehouse.acme.test", {Proof()}); }
  void Unpublish() { dns.Set("_gatehouse.acme.test", {}); }
  std::string Proof() { return VerificationRecordValue(View().domain->verification_token); }
  DomainView View() {
    auto view = domains.Get(acme, name);
    EXPECT_TRUE(view.ok()) << view.status();
    return view.value_or(DomainView());
  }
  void Verify(VerificationMethod method) {
    const auto verified = domains.Verify(TestCaller(), acme, name, method);
    EXPECT_TRUE(verified.ok()) << verified.status();
  }
  void CheckAfter(absl::Duration time) {
    world.clock.Advance(time);
    const absl::Status checked = checks.CheckDue();
    EXPECT_TRUE(checked.ok()) << checked;
  }
  storage::Revision Guard() {
    auto reader = *storage::SnapshotReader::Open(world.engine);
    return *storage::PolicyGuard::Version(reader, acme);
  }
  std::vector<storage::AuditEvent> StateEvents() {
    auto reader = *storage::SnapshotReader::Open(world.engine);
    std::vector<storage::AuditEvent> events;
    EXPECT_TRUE(storage::AuditTrail::Scan(reader, acme, 1,
                                          [&](storage::AuditEvent event) -> absl::StatusOr<bool> {
                                            if (event.kind == AuditEventKind::kDomainState) {
                                              events.push_back(std::move(event));
                                            }
                                            return true;
                                          })
                    .ok());
    return events;
  }

  EnforcementTestWorld world;
  FakeTxtResolver dns;
  FakeHttpFetcher web;
  DomainProof proof{&dns, &web};
  NoPublicSuffixes suffixes;
  DomainManager domains{world.context, &proof, &suffixes};
  DomainCheckManager checks{world.context, &proof, {}};
  const OrganizationId acme = world.acme.id();
  const DomainName name = ParseDomain("acme.test");
  // Longer than any jitter puts off a daily check.
  static constexpr absl::Duration kDay = absl::Hours(27);
};

TEST_F(DomainCheckTest, ChecksOnceADayAndNotJustAfterAProof) {
  const size_t before = dns.lookups().size();
  CheckAfter(absl::Hours(23));
  EXPECT_EQ(dns.lookups().size(), before);
  CheckAfter(absl::Hours(1));
  EXPECT_EQ(dns.lookups().size(), before + 1);
  EXPECT_EQ(View().check.check_time, world.clock.Now());
  CheckAfter(absl::Hours(21));
  EXPECT_EQ(dns.lookups().size(), before + 1);
  CheckAfter(absl::Hours(6));
  EXPECT_EQ(dns.lookups().size(), before + 2);
  EXPECT_EQ(checks.checks(CheckOutcome::kProven), 2);
}

TEST_F(DomainCheckTest, OutdatesNoPlanIfItFindsTheProof) {
  const storage::Revision guard = Guard();
  const DomainView before = View();
  CheckAfter(kDay);
  EXPECT_EQ(Guard(), guard);
  EXPECT_EQ(View().domain.mod_revision, before.domain.mod_revision);
  EXPECT_TRUE(StateEvents().empty());
}

TEST_F(DomainCheckTest, PutsADomainAtRiskAndKeepsItsEnforcement) {
  Unpublish();
  const storage::Revision guard = Guard();
  CheckAfter(kDay);
  const DomainView view = View();
  EXPECT_EQ(view.domain->state, DomainState::kAtRisk);
  EXPECT_EQ(view.domain->expire_time, world.clock.Now() + kAtRiskPeriod);
  EXPECT_TRUE(absl::StrContains(view.check.failure, "_gatehouse.acme.test")) << view.check.failure;
  EXPECT_GT(Guard(), guard);
  EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kRequireSso);
  const auto events = StateEvents();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].principal, "system/domain-checks");
  EXPECT_EQ(events[0].resource, "organizations/acme/domains/acme.test");
  EXPECT_TRUE(absl::StartsWith(events[0].description, "VERIFIED to AT_RISK: "))
      << events[0].description;
}

TEST_F(DomainCheckTest, TakesADomainBackWhoseProofReturns) {
  Unpublish();
  CheckAfter(kDay);
  Publish();
  CheckAfter(kDay);
  const DomainView view = View();
  EXPECT_EQ(view.domain->state, DomainState::kVerified);
  EXPECT_EQ(view.domain->verify_time, world.clock.Now());
  EXPECT_EQ(view.domain->expire_time, absl::InfiniteFuture());
  EXPECT_EQ(view.check.failure, "");
  EXPECT_EQ(StateEvents().size(), 2u);
}

TEST_F(DomainCheckTest, ExpiresADomainWithoutProofAndRestoresItsEnforcementOnProof) {
  Unpublish();
  CheckAfter(kDay);
  CheckAfter(kAtRiskPeriod - absl::Seconds(1));
  EXPECT_EQ(View().domain->state, DomainState::kAtRisk);
  EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kRequireSso);
  // At its time, not a day later.
  CheckAfter(absl::Seconds(1));
  EXPECT_EQ(View().domain->state, DomainState::kExpired);
  EXPECT_EQ(world.Check("eve@acme.test").reason, DecisionReason::kDomainExpired);
  EXPECT_EQ(StateEvents().size(), 2u);

  // It is not asked for any more: it returns by request.
  Publish();
  const size_t lookups = dns.lookups().size();
  CheckAfter(kDay);
  EXPECT_EQ(dns.lookups().size(), lookups);
  Verify(VerificationMethod::kDns);
  EXPECT_EQ(View().domain->state, DomainState::kVerified);
  EXPECT_EQ(View().check.failure, "");
  EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kRequireSso);
}

// Whether somebody keeps a way in is not asked: nobody is there to be refused.
TEST_F(DomainCheckTest, PutsASubdomainThatExpiresUnderTheEnforcementOfItsParent) {
  world.acme.Hold("eu.acme.test").Enforce("eu.acme.test", EnforcementMode::kObserve);
  world.acme.Add({.email = "ann@eu.acme.test", .role = Role::kAdmin});
  EnforceCommand command = world.Command();
  command.match_subdomains = true;
  ASSERT_TRUE(world.enforcements.Enforce(TestCaller(), command, "").ok());
  CheckAfter(kDay);
  EXPECT_EQ(domains.Get(acme, ParseDomain("eu.acme.test"))->domain->state, DomainState::kAtRisk);
  EXPECT_EQ(world.Check("ann@eu.acme.test").verdict, Verdict::kAllowPassword);
  CheckAfter(kAtRiskPeriod);
  EXPECT_EQ(domains.Get(acme, ParseDomain("eu.acme.test"))->domain->state, DomainState::kExpired);
  EXPECT_EQ(world.Check("ann@eu.acme.test").verdict, Verdict::kRequireSso);
}

TEST_F(DomainCheckTest, ChangesNoStateWhileNobodyAnswersAndAsksAgainSoon) {
  Unpublish();
  CheckAfter(kDay);
  dns.Fail(Error(absl::StatusCode::kUnavailable, reason::kDnsUnavailable, "time-out"));
  CheckAfter(kAtRiskPeriod + kDay);
  EXPECT_EQ(View().domain->state, DomainState::kAtRisk);
  EXPECT_EQ(View().check.failure, "time-out");
  EXPECT_EQ(checks.checks(CheckOutcome::kUnknown), 1);
  CheckAfter(absl::Minutes(50));
  EXPECT_EQ(checks.checks(CheckOutcome::kUnknown), 1);
  CheckAfter(absl::Minutes(20));
  EXPECT_EQ(checks.checks(CheckOutcome::kUnknown), 2);
  dns.Fail(absl::OkStatus());
  CheckAfter(absl::Hours(2));
  EXPECT_EQ(View().domain->state, DomainState::kExpired);
}

TEST_F(DomainCheckTest, LooksWhereTheClaimWasLastProven) {
  const std::string url = VerificationFileUrl(name);
  web.Set(url, {.status = 200, .body = Proof() + "\r\n"});
  Verify(VerificationMethod::kHttpsFile);
  Unpublish();
  const size_t lookups = dns.lookups().size();
  CheckAfter(kDay);
  EXPECT_EQ(dns.lookups().size(), lookups);
  EXPECT_EQ(View().domain->state, DomainState::kVerified);
  web.Set(url, {.status = 200, .body = "something else"});
  CheckAfter(kDay);
  EXPECT_EQ(View().domain->state, DomainState::kAtRisk);
  EXPECT_TRUE(absl::StrContains(View().check.failure, url)) << View().check.failure;
}

TEST_F(DomainCheckTest, LeavesAloneWhatChangedWhileItLooked) {
  Unpublish();
  dns.DuringNextLookup([&] {
    Publish();
    Verify(VerificationMethod::kDns);
    Unpublish();
  });
  CheckAfter(kDay);
  EXPECT_EQ(View().domain->state, DomainState::kVerified) << "the proof is newer than the check";
  EXPECT_EQ(View().check.check_time, absl::InfinitePast());
}

TEST_F(DomainCheckTest, ReportsAStoreThatFailsAndChecksAgain) {
  Unpublish();
  world.clock.Advance(kDay);
  world.engine.FailAt(storage::FailingEngine::Method::kCommit, 1, absl::InternalError("disk"));
  EXPECT_FALSE(checks.CheckDue().ok());
  EXPECT_EQ(View().domain->state, DomainState::kVerified);
  EXPECT_TRUE(StateEvents().empty());
  CheckAfter(absl::ZeroDuration());
  EXPECT_EQ(View().domain->state, DomainState::kAtRisk);
  EXPECT_EQ(StateEvents().size(), 1u);
}

TEST_F(DomainCheckTest, ChecksNoMoreThanItsParallelismAtATimeAndStopsWhenAsked) {
  // Counts who asks at once; the first two wait for each other.
  class CountingResolver final : public TxtResolver {
   public:
    absl::StatusOr<std::vector<std::string>> LookupTxt(absl::string_view) override {
      const int now = ++present;
      int seen = most.load();
      while (now > seen && !most.compare_exchange_weak(seen, now)) {
      }
      if (++total == 2) both.set_value();
      if (total <= 2) both_here.wait();
      if (total == 10) stop.request_stop();
      --present;
      return std::vector<std::string>();
    }
    std::atomic<int> present{0}, most{0}, total{0};
    std::promise<void> both;
    std::shared_future<void> both_here = both.get_future().share();
    std::stop_source stop;
  } counting;
  for (int i = 0; i < 30; ++i) world.acme.Hold(absl::StrCat("d", i, ".test"));
  DomainProof counted_proof(&counting, &web);
  DomainCheckManager two(world.context, &counted_proof, {.parallelism = 2});
  world.clock.Advance(kDay);
  ASSERT_TRUE(two.CheckDue(counting.stop.get_token()).ok());
  EXPECT_EQ(counting.most, 2);
  EXPECT_GE(counting.total, 10);
  EXPECT_LE(counting.total, 11) << "what is under way ends, nothing more begins";
}

}  // namespace
}  // namespace gatehouse
