// A domain that expires and returns: what happens to its enforcement.

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "policy/errors.h"
#include "server/connectors/public_suffix_list.h"
#include "server/connectors/txt_resolver.h"
#include "server/managers/domain_manager.h"
#include "tests/builders/test_caller.h"
#include "tests/fakes/fake_http_fetcher.h"
#include "tests/server/managers/enforcement_test_world.h"

namespace gatehouse {
namespace {

// DNS in which every claim of StoredOrganization is proven.
class ProvingResolver final : public TxtResolver {
 public:
  absl::StatusOr<std::vector<std::string>> LookupTxt(absl::string_view) override {
    return std::vector<std::string>{VerificationRecordValue(std::string(32, 'a'))};
  }
};

class NoPublicSuffixes final : public PublicSuffixList {
 public:
  bool IsPublicSuffix(const DomainName&) const override { return false; }
};

struct ExpiryWorld : EnforcementTestWorld {
  ProvingResolver resolver;
  FakeHttpFetcher web;
  DomainProof proof{&resolver, &web};
  NoPublicSuffixes suffixes;
  DomainManager domains{context, &proof, &suffixes};

  absl::Status Verify() {
    return domains
        .Verify(TestCaller(), acme.id(), ParseDomain("acme.test"), VerificationMethod::kDns)
        .status();
  }
};

TEST(ExpiredDomain, EnforcesNobodyAndReturnsWithItsEnforcement) {
  ExpiryWorld world;
  ASSERT_TRUE(world.enforcements.Enforce(TestCaller(), world.Command(), "").ok());
  world.acme.Hold("acme.test", DomainState::kExpired);
  EXPECT_EQ(world.Check("eve@acme.test").reason, DecisionReason::kDomainExpired);
  ASSERT_TRUE(world.Verify().ok());
  EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kRequireSso);
  EXPECT_EQ(world.Check("boss@acme.test").verdict, Verdict::kAllowPassword);
}

TEST(ExpiredDomain, DoesNotReturnIfThatLocksTheOrganizationOut) {
  ExpiryWorld world;
  ASSERT_TRUE(world.enforcements.Enforce(TestCaller(), world.Command(), "").ok());
  world.acme.Hold("acme.test", DomainState::kExpired);
  // Nobody is blocked, so the exemption may go; then nobody would have a way in.
  ASSERT_TRUE(world.exemptions.Delete(TestCaller(), world.acme.id(), world.boss.id).ok());
  EXPECT_EQ(ReasonOf(world.Verify()), reason::kWouldLockOut);
  EXPECT_EQ(world.Check("eve@acme.test").verdict, Verdict::kAllowPassword);
  world.acme.Exempt(world.eve, ExemptionKind::kBreakGlass);
  EXPECT_TRUE(world.Verify().ok());
  EXPECT_EQ(world.Check("boss@acme.test").verdict, Verdict::kRequireSso);
}

}  // namespace
}  // namespace gatehouse
