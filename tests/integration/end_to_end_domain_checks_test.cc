// What becomes of an enforced domain whose proof goes, day by day: the server put
// together as it is in production, but for its clock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gatehouse/v1/audit_service.grpc.pb.h"
#include "server/assembly/gatehouse_server.h"
#include "server/connectors/cares_txt_resolver.h"
#include "server/connectors/curl_http_fetcher.h"
#include "server/connectors/oidc_http_connector.h"
#include "server/connectors/psl_public_suffix_list.h"
#include "server/connectors/saml_xmlsec_connector.h"
#include "server/runtime/json_logger.h"
#include "server/runtime/random_source.h"
#include "storage/rocksdb_engine.h"
#include "storage/secrets/secret_box.h"
#include "tests/fakes/fake_clock.h"
#include "tests/integration/api.h"
#include "tests/integration/status_assertions.h"
#include "tests/integration/tenant.h"
#include "tests/peers/child_process.h"
#include "tests/peers/knot_server.h"
#include "tests/peers/saml_idp.h"

namespace gatehouse {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Code = absl::StatusCode;

// More than a daily check can be put off by its jitter.
constexpr absl::Duration kDay = absl::Hours(27);
constexpr absl::Duration kMonth = absl::Hours(24 * 30);
constexpr char kEnforced[] = "VERDICT_REQUIRE_SSO DECISION_REASON_ENFORCED";
constexpr char kExpired[] = "VERDICT_ALLOW_PASSWORD DECISION_REASON_DOMAIN_EXPIRED";

// checks.example is held by its DNS record and enforced; eve@ is a member.
class EndToEndDomainChecks : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(dns_, KnotServer::Start());
    ASSERT_OK_AND_ASSIGN(auto idp, SamlIdp::Start());
    ASSERT_OK(StartServer());
    ASSERT_OK(tenant_->Create());
    ASSERT_OK(tenant_->HoldDomain(*dns_));
    ASSERT_OK(tenant_->Import(tenant_->Email("owner")));
    ASSERT_OK(tenant_->Import(tenant_->Email("eve")));
    ASSERT_OK(tenant_->Connect(*idp));
    ASSERT_OK(tenant_->PassConnectionTest(*idp));
    ASSERT_OK(tenant_->Enforce());
    ASSERT_EQ(SignIn(), kEnforced);
  }

  absl::Status StartServer() {
    Implementations made_of;
    const std::string directory = absl::StrCat(data_.path(), "/data");
    ASSIGN_OR_RETURN(made_of.engine, storage::OpenRocksDbEngine({.directory = directory}));
    ASSIGN_OR_RETURN(made_of.resolver, NewCaresTxtResolver({.servers = {dns_->address()}}));
    ASSIGN_OR_RETURN(made_of.web, NewCurlHttpFetcher({}));
    ASSIGN_OR_RETURN(made_of.public_suffixes, NewPslPublicSuffixList(""));
    made_of.saml = NewXmlsecSamlConnector();
    ASSIGN_OR_RETURN(made_of.secrets, storage::SecretBox::FromKeyRing(std::string(64, '7')));
    made_of.clock = std::make_unique<FakeClock>(now_);
    made_of.oidc = NewHttpOidcConnector(made_of.web.get(), made_of.clock.get());
    made_of.random = std::make_unique<SystemRandomSource>();
    made_of.logger = NewJsonLogger(LogLevel::kError);
    ASSIGN_OR_RETURN(
        server_, GatehouseServer::Start({.access = {.authentication = false}}, std::move(made_of)));
    api_.emplace(absl::StrCat("127.0.0.1:", server_->port()));
    tenant_.emplace(*api_, "checks", "checks.example");
    return absl::OkStatus();
  }

  // The server is down for so long. Then it starts again, and checks at once what
  // fell due meanwhile.
  absl::Status RestartAfter(absl::Duration time) {
    server_.reset();
    now_ += time;
    return StartServer();
  }

  absl::Status Publish() {
    const v1::Domain domain = Get();
    return dns_->SetTxt(domain.verification_record_name(), {domain.verification_record_value()});
  }
  absl::Status Unpublish() { return dns_->SetTxt(Get().verification_record_name(), {}); }

  // The change of state number `number` of the domain, as soon as it is committed.
  absl::StatusOr<v1::AuditEvent> StateChange(int number) const {
    v1::WatchAuditEventsRequest request;
    request.set_parent(tenant_->name());
    request.set_after_revision(-1);
    request.mutable_filter()->add_kinds(v1::AuditEvent::KIND_DOMAIN_STATE);
    grpc::ClientContext context;
    SetDeadline(context);
    const auto stream =
        v1::AuditService::NewStub(api_->channel())->WatchAuditEvents(&context, request);
    v1::WatchAuditEventsResponse response;
    while (stream->Read(&response)) {
      for (const v1::AuditEvent& event : response.audit_events()) {
        if (--number == 0) return event;
      }
    }
    return client::FromGrpcStatus(stream->Finish());
  }

  v1::Domain Get() const {
    const auto domain =
        api_->Call(&Domains::GetDomain, absl::Substitute(R"(name: "$0")", tenant_->domain_name()));
    EXPECT_OK(domain);
    return domain.value_or(v1::Domain());
  }

  // What a gateway is told of eve, as of `revision` or later.
  std::string SignIn(int64_t revision = 0) const {
    const auto answer = tenant_->Check(tenant_->Email("eve"), v1::LOGIN_ACTION_SIGN_IN, revision);
    if (!answer.ok()) return answer.status().ToString();
    return absl::StrCat(v1::Verdict_Name(answer->verdict()), " ",
                        v1::DecisionReason_Name(answer->reason()));
  }

  int64_t Now() const { return absl::ToUnixSeconds(now_); }

  ShortTempDir data_;
  std::unique_ptr<KnotServer> dns_;
  absl::Time now_ = absl::Now();
  std::unique_ptr<GatehouseServer> server_;
  std::optional<Api> api_;
  std::optional<Tenant> tenant_;
};

TEST_F(EndToEndDomainChecks, ADomainWithoutItsProofIsAtRiskUntilTheProofIsBack) {
  ASSERT_OK(Unpublish());
  ASSERT_OK(RestartAfter(kDay));
  ASSERT_OK_AND_ASSIGN(const v1::AuditEvent lost, StateChange(1));
  EXPECT_EQ(lost.principal(), "system/domain-checks");
  EXPECT_EQ(lost.resource(), tenant_->domain_name());
  EXPECT_THAT(lost.description(), StartsWith("VERIFIED to AT_RISK: "));
  EXPECT_EQ(lost.time().seconds(), Now());
  const v1::Domain at_risk = Get();
  EXPECT_EQ(at_risk.state(), v1::Domain::STATE_AT_RISK);
  EXPECT_EQ(at_risk.check_time().seconds(), Now());
  EXPECT_EQ(at_risk.expire_time().seconds(), Now() + absl::ToInt64Seconds(kMonth));
  EXPECT_THAT(at_risk.check_failure(),
              AllOf(HasSubstr("no TXT record"), HasSubstr(at_risk.verification_record_name())));
  EXPECT_EQ(SignIn(lost.revision()), kEnforced);

  ASSERT_OK(Publish());
  ASSERT_OK(RestartAfter(kDay));
  ASSERT_OK_AND_ASSIGN(const v1::AuditEvent back, StateChange(2));
  EXPECT_THAT(back.description(), StartsWith("AT_RISK to VERIFIED: "));
  const v1::Domain verified = Get();
  EXPECT_EQ(verified.state(), v1::Domain::STATE_VERIFIED);
  EXPECT_EQ(verified.verify_time().seconds(), Now());
  EXPECT_FALSE(verified.has_expire_time());
  EXPECT_EQ(verified.check_failure(), "");
  EXPECT_EQ(SignIn(back.revision()), kEnforced);
}

TEST_F(EndToEndDomainChecks, AMonthWithoutProofEndsTheEnforcementUntilTheDomainIsProvenAnew) {
  ASSERT_OK(Unpublish());
  ASSERT_OK(RestartAfter(kDay));
  ASSERT_OK(StateChange(1));
  ASSERT_OK(RestartAfter(kMonth));
  ASSERT_OK_AND_ASSIGN(const v1::AuditEvent ended, StateChange(2));
  EXPECT_EQ(ended.principal(), "system/domain-checks");
  EXPECT_THAT(ended.description(), StartsWith("AT_RISK to EXPIRED: "));
  EXPECT_EQ(Get().state(), v1::Domain::STATE_EXPIRED);
  EXPECT_EQ(SignIn(ended.revision()), kExpired);

  EXPECT_THAT(tenant_->VerifyDomain(), FailsWith(Code::kFailedPrecondition, "DNS_RECORD_MISSING"));
  EXPECT_EQ(SignIn(), kExpired);
  ASSERT_OK(Publish());
  ASSERT_OK_AND_ASSIGN(const v1::Domain verified, tenant_->VerifyDomain());
  EXPECT_EQ(verified.state(), v1::Domain::STATE_VERIFIED);
  EXPECT_EQ(verified.check_failure(), "");
  EXPECT_EQ(SignIn(), kEnforced);
}

TEST_F(EndToEndDomainChecks, AnOutageOfDnsEndsNothingHoweverLongItLasts) {
  ASSERT_OK(Unpublish());
  ASSERT_OK(RestartAfter(kDay));
  ASSERT_OK_AND_ASSIGN(const v1::AuditEvent lost, StateChange(1));
  dns_->Stop();
  ASSERT_OK(RestartAfter(2 * kMonth));
  // No event tells of a check that changes nothing.
  v1::Domain domain = Get();
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (domain.check_time().seconds() != Now() && absl::Now() < deadline) domain = Get();
  EXPECT_EQ(domain.check_time().seconds(), Now());
  EXPECT_THAT(domain.check_failure(), HasSubstr(dns_->address()));
  EXPECT_EQ(domain.state(), v1::Domain::STATE_AT_RISK);
  EXPECT_EQ(SignIn(lost.revision()), kEnforced);
}

}  // namespace
}  // namespace gatehouse
