// LoginService.WatchPolicy: its messages as bytes, and its streams over gRPC.
#include "server/services/login_service_watch.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gatehouse/v1/login_service.grpc.pb.h"
#include "server/runtime/logger.h"
#include "server/runtime/worker_pool.h"
#include "server/services/domain_rule_rendering.h"
#include "server/services/login_service.h"
#include "tests/builders/stored_organization.h"
#include "tests/fakes/open_access_gate.h"
#include "tests/server/managers/policy_watch_world.h"

namespace gatehouse {
namespace {

DomainRule EnforcedRule() {
  return {.organization = OrganizationId::FromTrusted("acme"),
          .domain = DomainName::FromTrusted("acme.test"),
          .state = DomainState::kVerified,
          .enforcement = Enforcement{.mode = EnforcementMode::kObserve,
                                     .match_subdomains = true,
                                     .on_unavailable = UnavailablePolicy::kDeny},
          .destination = {.profile = SsoProfileId::FromTrusted("idp"),
                          .protocol = SsoProtocol::kSaml,
                          .sign_in_url = "https://idp.test/sso",
                          .issuer = "https://idp.test/entity"}};
}

TEST(DomainRuleRenderingTest, TellsWhatAGatewayNeedsToKnow) {
  DomainRule rule = EnforcedRule();
  v1::DomainRule rendered = RenderDomainRule(rule);
  EXPECT_EQ(rendered.domain(), "acme.test");
  EXPECT_EQ(rendered.organization(), "organizations/acme");
  EXPECT_EQ(rendered.state(), v1::Domain::STATE_VERIFIED);
  EXPECT_EQ(rendered.enforcement().mode(), v1::Enforcement::MODE_OBSERVE);
  EXPECT_TRUE(rendered.enforcement().match_subdomains());
  EXPECT_EQ(rendered.enforcement().on_unavailable(), v1::Enforcement::UNAVAILABLE_POLICY_DENY);
  EXPECT_EQ(rendered.enforcement().sso().sso_profile(), "organizations/acme/ssoProfiles/idp");
  EXPECT_EQ(rendered.enforcement().sso().protocol(), v1::SsoDestination::PROTOCOL_SAML);
  EXPECT_EQ(rendered.enforcement().sso().sign_in_url(), "https://idp.test/sso");
  EXPECT_EQ(rendered.enforcement().sso().issuer(), "https://idp.test/entity");
  EXPECT_EQ(rendered.enforcement().sso().login_hint(), "");
  EXPECT_FALSE(rendered.enforcement().has_start_time());
  EXPECT_FALSE(rendered.enforcement().paused());

  rule.enforcement->pause.emplace();
  EXPECT_TRUE(RenderDomainRule(rule).enforcement().paused());
  rule.enforcement->rollout.start_time = absl::FromUnixSeconds(1'800'000'000);
  EXPECT_EQ(RenderDomainRule(rule).enforcement().start_time().seconds(), 1'800'000'000);
  rule.state = DomainState::kAtRisk;
  EXPECT_TRUE(RenderDomainRule(rule).has_enforcement());
  rule.state = DomainState::kExpired;
  rendered = RenderDomainRule(rule);
  EXPECT_EQ(rendered.state(), v1::Domain::STATE_EXPIRED);
  EXPECT_FALSE(rendered.has_enforcement()) << "a domain that nobody holds is not enforced";
}

TEST(PolicyUpdateRenderingTest, PiecesPutTogetherAreOneMessage) {
  const WatchPolicyEncoding encoding;
  PolicyUpdate update{
      .reset = true,
      .pieces = std::make_shared<const std::string>(
          encoding.Rule(EnforcedRule()) + encoding.Removal("a.test") + encoding.Removal("b.test")),
      .revision = 42,
      .stream_time = absl::Milliseconds(2500),
      .heartbeat = absl::Seconds(1)};
  v1::WatchPolicyResponse expected;
  expected.set_reset(true);
  *expected.add_rules() = RenderDomainRule(EnforcedRule());
  expected.add_removed_domains("a.test");
  expected.add_removed_domains("b.test");
  expected.set_revision(42);
  expected.mutable_stream_time()->set_seconds(2);
  expected.mutable_stream_time()->set_nanos(500'000'000);
  expected.mutable_heartbeat_interval()->set_seconds(1);
  const auto parsed = [](const PolicyUpdate& from) {
    grpc::ByteBuffer bytes = RenderPolicyUpdate(from);
    v1::WatchPolicyResponse response;
    EXPECT_TRUE(
        grpc::SerializationTraits<v1::WatchPolicyResponse>::Deserialize(&bytes, &response).ok());
    return response;
  };
  EXPECT_EQ(parsed(update).DebugString(), expected.DebugString());

  // A later heartbeat.
  expected.Clear();
  expected.set_revision(43);
  expected.mutable_stream_time()->set_seconds(3);
  PolicyUpdate beat;
  beat.revision = 43;
  beat.stream_time = absl::Seconds(3);
  EXPECT_EQ(parsed(beat).DebugString(), expected.DebugString());
  EXPECT_LT(RenderPolicyUpdate(beat).Length(), 16u) << "there is one per watcher and second";
}

class SilentLogger final : public Logger {
 public:
  void Log(LogLevel, absl::string_view, LogFields) override {}
  bool IsEnabled(LogLevel) const override { return false; }
};

class WatchPolicyStreamTest : public PolicyWatchTest {
 protected:
  ~WatchPolicyStreamTest() override {
    if (watch_ != nullptr) watch_->Shutdown();
    if (server_ != nullptr) server_->Shutdown();
  }

  void Serve(PolicyWatch::Options options) {
    watch_ = std::make_unique<PolicyWatch>(&feed_, &wire_, std::move(options));
    service_ = std::make_unique<LoginService>(&calls_, nullptr, nullptr, watch_.get());
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    // A client that buffers little of what it does not read.
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 64 << 10);
    stub_ = v1::LoginService::NewStub(grpc::CreateCustomChannel(
        absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials(), arguments));
  }
  std::unique_ptr<grpc::ClientReader<v1::WatchPolicyResponse>> Watch(grpc::ClientContext& context,
                                                                     int64_t after = 0) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    v1::WatchPolicyRequest request;
    request.set_after_revision(after);
    return stub_->WatchPolicy(&context, request);
  }

  const WatchPolicyEncoding wire_;
  OpenAccessGate gate_;
  SilentLogger logger_;
  WorkerPool pool_{2};
  CallRunner calls_{&pool_, &logger_, &gate_};
  std::unique_ptr<PolicyWatch> watch_;
  std::unique_ptr<LoginService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::LoginService::Stub> stub_;
};

TEST_F(WatchPolicyStreamTest, CarriesAllRulesAndEndsWithTheServer) {
  StoredOrganization acme(&runner_, "acme");
  for (int i = 0; i < 20; ++i) acme.Hold(absl::StrCat("d", i, ".test"));
  Serve({.message = {.max_pieces = 7}});
  grpc::ClientContext context;
  const auto stream = Watch(context);
  std::set<std::string> domains;
  v1::WatchPolicyResponse response;
  do {
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.reset(), domains.empty());
    EXPECT_EQ(response.heartbeat_interval().seconds(), domains.empty() ? 1 : 0);
    for (const auto& rule : response.rules()) domains.insert(rule.domain());
  } while (response.revision() == 0);
  EXPECT_EQ(domains.size(), 20u);
  EXPECT_EQ(response.revision(), static_cast<int64_t>(now()));
  watch_->Shutdown();
  while (stream->Read(&response)) continue;
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(WatchPolicyStreamTest, TellsAReaderThatDoesNotReadThatItIsTooSlow) {
  StoredOrganization acme(&runner_, "acme");
  ChangeProfile(acme.id(), [](SsoProfile& profile) {
    profile.saml.idp_sso_url = "https://idp.test/" + std::string(3000, 'x');
  });
  // More than flow control lets through to a client that does not read.
  for (int i = 0; i < 1000; ++i) {
    acme.Hold(absl::StrCat("d", i, ".test")).Enforce(absl::StrCat("d", i, ".test"));
  }
  Serve({.heartbeat = absl::Milliseconds(10), .now = clock_.AsFunction()});
  grpc::ClientContext context;
  const auto stream = Watch(context);
  stream->WaitForInitialMetadata();
  while (watch_->counts().rule_updates == 0) std::this_thread::yield();
  while (watch_->counts().ended_too_slow == 0) {
    clock_.Advance(absl::Seconds(31));
    std::this_thread::yield();
  }
  EXPECT_LT(watch_->counts().rule_updates, 4u) << "more was taken than nobody read";
  v1::WatchPolicyResponse response;
  while (stream->Read(&response)) continue;
  const grpc::Status status = stream->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
  EXPECT_EQ(watch_->counts().streams, 0u);
}

TEST_F(WatchPolicyStreamTest, LetsGoOfAStreamThatTheCallerCancels) {
  Serve({});
  grpc::ClientContext context;
  const auto stream = Watch(context);
  v1::WatchPolicyResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(watch_->counts().streams, 1u);
  context.TryCancel();
  while (stream->Read(&response)) continue;
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  while (watch_->counts().streams != 0) std::this_thread::yield();
}

TEST_F(WatchPolicyStreamTest, RefusesWhatCannotBeFollowed) {
  Serve({});
  for (const auto& [after, code] : {std::pair(-1, grpc::StatusCode::INVALID_ARGUMENT),
                                    std::pair(1000, grpc::StatusCode::UNAVAILABLE)}) {
    grpc::ClientContext context;
    const auto stream = Watch(context, after);
    v1::WatchPolicyResponse response;
    EXPECT_FALSE(stream->Read(&response));
    EXPECT_EQ(stream->Finish().error_code(), code) << after;
  }
}

}  // namespace
}  // namespace gatehouse
