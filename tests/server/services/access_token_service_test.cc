// AccessTokenService by its stub, over the real manager and store.
#include "server/services/access_token_service.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "client/grpc_status.h"
#include "policy/errors.h"
#include "server/runtime/random_source.h"
#include "server/runtime/worker_pool.h"
#include "storage/commit_feed.h"
#include "storage/memory_engine.h"
#include "storage/stores/transaction_runner.h"
#include "tests/builders/stored_organization.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/open_access_gate.h"
#include "tests/fakes/recording_logger.h"

namespace gatehouse {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using Stub = v1::AccessTokenService::Stub;

class AccessTokenServiceTest : public ::testing::Test {
 protected:
  AccessTokenServiceTest() {
    tokens_ = *TokenIndex::Open(&feed_);
    manager_ = std::make_unique<AccessTokenManager>(
        ManagerContext{.transactions = &transactions_, .clock = &clock_, .random = &random_},
        tokens_.get(), false);
    service_ = std::make_unique<AccessTokenService>(&calls_, manager_.get());
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = v1::AccessTokenService::NewStub(server_->InProcessChannel({}));
  }
  ~AccessTokenServiceTest() override { server_->Shutdown(); }

  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const Request& request) {
    grpc::ClientContext context;
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    if (!status.ok()) return client::FromGrpcStatus(status);
    return response;
  }

  absl::StatusOr<v1::CreateAccessTokenResponse> Create(const v1::AccessToken& token) {
    v1::CreateAccessTokenRequest request;
    *request.mutable_access_token() = token;
    return Call(&Stub::CreateAccessToken, request);
  }

  static v1::AccessToken TokenFor(v1::AccessRole role) {
    v1::AccessToken token;
    token.set_display_name("a token");
    token.set_role(role);
    return token;
  }

  absl::StatusOr<v1::AccessToken> Get(const std::string& name) {
    v1::GetAccessTokenRequest request;
    request.set_name(name);
    return Call(&Stub::GetAccessToken, request);
  }

  absl::StatusOr<v1::CreateAccessTokenResponse> Rotate(const std::string& name, int64_t seconds,
                                                       int nanos = 0) {
    v1::RotateAccessTokenRequest request;
    request.set_name(name);
    request.mutable_overlap()->set_seconds(seconds);
    request.mutable_overlap()->set_nanos(nanos);
    return Call(&Stub::RotateAccessToken, request);
  }

  // The fields at fault, of an error that must be INVALID_FIELD.
  static std::vector<std::string> FieldsOf(const absl::Status& status) {
    EXPECT_EQ(ReasonOf(status), reason::kInvalidField) << status;
    std::vector<std::string> fields;
    if (const auto details = DetailsOf(status)) {
      for (const auto& [field, expectation] : details->field_violations) fields.push_back(field);
    }
    return fields;
  }

  std::unique_ptr<storage::Engine> engine_ = storage::NewMemoryEngine();
  storage::CommitFeed feed_{engine_.get()};
  storage::TransactionRunner transactions_{engine_.get()};
  FakeClock clock_;
  SystemRandomSource random_;
  RecordingLogger logger_;
  OpenAccessGate gate_;
  WorkerPool pool_{2, {.max_queued = 100}};
  CallRunner calls_{&pool_, &logger_, &gate_};
  StoredOrganization acme_{&transactions_, "acme"};
  StoredOrganization beta_{&transactions_, "beta"};
  const User root_ = acme_.Add({.email = "root@acme.test", .role = Role::kOwner});
  std::unique_ptr<TokenIndex> tokens_;
  std::unique_ptr<AccessTokenManager> manager_;
  std::unique_ptr<AccessTokenService> service_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Stub> stub_;
};

TEST_F(AccessTokenServiceTest, RendersWhatWasMade) {
  const std::string admin = "organizations/acme/users/" + root_.id.value();
  v1::AccessToken wanted = TokenFor(v1::ACCESS_ROLE_ORGANIZATION_ADMIN);
  wanted.add_acting_admins(admin);
  wanted.mutable_expire_time()->set_seconds(absl::ToUnixSeconds(clock_.Now()) + 60);
  const auto made = Create(wanted);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(made->secret(), StartsWith("gh_"));
  const v1::AccessToken& token = made->access_token();
  EXPECT_THAT(token.name(), StartsWith("accessTokens/k"));
  EXPECT_EQ(token.display_name(), "a token");
  EXPECT_EQ(token.role(), v1::ACCESS_ROLE_ORGANIZATION_ADMIN);
  EXPECT_THAT(token.acting_admins(), ElementsAre(admin));
  EXPECT_EQ(token.expire_time().seconds(), wanted.expire_time().seconds());
  EXPECT_EQ(token.state(), v1::AccessToken::STATE_ACTIVE);
  EXPECT_EQ(token.creator(), "anonymous");
  EXPECT_EQ(token.create_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
  EXPECT_FALSE(token.has_last_use_time());
  EXPECT_FALSE(token.has_revoke_time());
  const auto got = Get(token.name());
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->SerializeAsString(), token.SerializeAsString());
  EXPECT_THAT(got->SerializeAsString(), Not(HasSubstr(made->secret())));
}

TEST_F(AccessTokenServiceTest, SaysWhyATokenIsNotGoodAnyMore) {
  const auto kept = Create(TokenFor(v1::ACCESS_ROLE_OPERATOR));
  v1::AccessToken wanted = TokenFor(v1::ACCESS_ROLE_GATEWAY);
  wanted.mutable_expire_time()->set_seconds(absl::ToUnixSeconds(clock_.Now()) + 60);
  const auto expiring = Create(wanted), revoked = Create(wanted);
  ASSERT_TRUE(kept.ok() && expiring.ok() && revoked.ok());
  v1::RevokeAccessTokenRequest revoke;
  revoke.set_name(revoked->access_token().name());
  const auto answer = Call(&Stub::RevokeAccessToken, revoke);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->state(), v1::AccessToken::STATE_REVOKED);
  EXPECT_EQ(answer->revoke_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
  clock_.Advance(absl::Seconds(60));
  EXPECT_EQ(Get(expiring->access_token().name())->state(), v1::AccessToken::STATE_EXPIRED);
  EXPECT_EQ(Get(revoked->access_token().name())->state(), v1::AccessToken::STATE_REVOKED)
      << "expired since, too";
  EXPECT_EQ(Get(kept->access_token().name())->state(), v1::AccessToken::STATE_ACTIVE);
  revoke.set_name(kept->access_token().name());
  EXPECT_EQ(ReasonOf(Call(&Stub::RevokeAccessToken, revoke).status()), reason::kWouldLockOut);
}

TEST_F(AccessTokenServiceTest, RefusesATokenThatItsRoleCannotBe) {
  const std::string admin = "organizations/acme/users/" + root_.id.value();
  const struct {
    int role;
    std::vector<std::string> organizations, admins;
    std::string field;
  } kCases[] = {
      {v1::ACCESS_ROLE_UNSPECIFIED, {}, {}, "access_token.role"},
      {99, {}, {}, "access_token.role"},
      {-1, {}, {}, "access_token.role"},
      {v1::ACCESS_ROLE_ORGANIZATION_ADMIN, {}, {}, "access_token.acting_admins"},
      {v1::ACCESS_ROLE_ORGANIZATION_ADMIN, {}, {admin, admin}, "access_token.acting_admins"},
      {v1::ACCESS_ROLE_ORGANIZATION_ADMIN,
       {},
       {"organizations/acme"},
       "access_token.acting_admins"},
      {v1::ACCESS_ROLE_ORGANIZATION_ADMIN,
       {"organizations/acme"},
       {admin},
       "access_token.organizations"},
      {v1::ACCESS_ROLE_AUDITOR, {"organizations/-"}, {}, "access_token.organizations"},
      {v1::ACCESS_ROLE_AUDITOR, {admin}, {}, "access_token.organizations"},
      {v1::ACCESS_ROLE_AUDITOR, {}, {admin}, "access_token.acting_admins"},
      {v1::ACCESS_ROLE_AUDITOR,
       {"organizations/acme", "organizations/acme"},
       {},
       "access_token.organizations"},
      {v1::ACCESS_ROLE_OPERATOR, {"organizations/acme"}, {}, "access_token.organizations"},
      {v1::ACCESS_ROLE_GATEWAY, {}, {admin}, "access_token.acting_admins"},
  };
  for (const auto& test : kCases) {
    v1::AccessToken token = TokenFor(static_cast<v1::AccessRole>(test.role));
    for (const std::string& name : test.organizations) token.add_organizations(name);
    for (const std::string& name : test.admins) token.add_acting_admins(name);
    EXPECT_THAT(FieldsOf(Create(token).status()), ElementsAre(test.field)) << token.DebugString();
  }
}

TEST_F(AccessTokenServiceTest, RefusesAnEndOrANameThatIsNone) {
  const int64_t now = absl::ToUnixSeconds(clock_.Now());
  for (const int64_t seconds : {now, now - 1, int64_t{0}, std::numeric_limits<int64_t>::min(),
                                std::numeric_limits<int64_t>::max()}) {
    v1::AccessToken token = TokenFor(v1::ACCESS_ROLE_GATEWAY);
    token.mutable_expire_time()->set_seconds(seconds);
    EXPECT_THAT(FieldsOf(Create(token).status()), ElementsAre("access_token.expire_time"))
        << seconds;
  }
  for (const std::string& text : {std::string(), std::string(201, 'x'), std::string("a\nb")}) {
    v1::AccessToken token = TokenFor(v1::ACCESS_ROLE_GATEWAY);
    token.set_display_name(text);
    EXPECT_THAT(FieldsOf(Create(token).status()), ElementsAre("access_token.display_name")) << text;
  }
  for (const char* name : {"", "accessTokens/", "k1", "accessTokens/k1/x", "organizations/acme"}) {
    EXPECT_THAT(FieldsOf(Get(name).status()), ElementsAre("name")) << name;
  }
  EXPECT_EQ(ReasonOf(Get("accessTokens/k0123456789abcdefghjk").status()),
            reason::kResourceNotFound);
}

TEST_F(AccessTokenServiceTest, RotatesWithinTheOverlapThatItAllows) {
  constexpr int64_t kMonth = 30 * 24 * 3600;
  const auto made = Create(TokenFor(v1::ACCESS_ROLE_GATEWAY));
  ASSERT_TRUE(made.ok());
  const std::string name = made->access_token().name();
  const std::pair<int64_t, int> kRefused[] = {
      {-1, 0},
      {0, -1},
      {kMonth, 1},
      {kMonth + 1, 0},
      {std::numeric_limits<int64_t>::max(), 0},
      {std::numeric_limits<int64_t>::min(), 0},
  };
  for (const auto& [seconds, nanos] : kRefused) {
    EXPECT_THAT(FieldsOf(Rotate(name, seconds, nanos).status()), ElementsAre("overlap"))
        << seconds << " " << nanos;
  }
  const auto successor = Rotate(name, kMonth);
  ASSERT_TRUE(successor.ok()) << successor.status();
  EXPECT_NE(successor->secret(), made->secret());
  EXPECT_NE(successor->access_token().name(), name);
  EXPECT_EQ(successor->access_token().role(), v1::ACCESS_ROLE_GATEWAY);
  EXPECT_EQ(Get(name)->state(), v1::AccessToken::STATE_ACTIVE);
  EXPECT_FALSE(Get(name)->has_revoke_time());
  clock_.Advance(absl::Seconds(kMonth));
  EXPECT_EQ(Get(name)->state(), v1::AccessToken::STATE_REVOKED);
  EXPECT_EQ(ReasonOf(Rotate(name, 0).status()), reason::kAccessTokenEnded);
}

TEST_F(AccessTokenServiceTest, ListsPageByPageWithoutSecrets) {
  std::vector<std::string> secrets;
  for (int i = 0; i < 5; ++i) {
    const auto made = Create(TokenFor(v1::ACCESS_ROLE_GATEWAY));
    ASSERT_TRUE(made.ok());
    secrets.push_back(made->secret());
  }
  v1::ListAccessTokensRequest request;
  request.set_page_size(2);
  std::vector<int> sizes;
  std::set<std::string> names;
  do {
    const auto page = Call(&Stub::ListAccessTokens, request);
    ASSERT_TRUE(page.ok()) << page.status();
    sizes.push_back(page->access_tokens_size());
    for (const v1::AccessToken& token : page->access_tokens()) names.insert(token.name());
    for (const std::string& secret : secrets) {
      EXPECT_THAT(page->SerializeAsString(), Not(HasSubstr(secret)));
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(sizes, ElementsAre(2, 2, 1));
  EXPECT_EQ(names.size(), 5u);
  request.set_page_token("none");
  EXPECT_FALSE(Call(&Stub::ListAccessTokens, request).ok());
}

}  // namespace
}  // namespace gatehouse
