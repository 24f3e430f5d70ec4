#include "client/login_connection.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/login_client.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "tests/client/fake_login_service.h"

namespace gatehouse::client {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// Long enough that only a bug reaches it.
constexpr absl::Duration kPatience = absl::Seconds(20);

class LoginConnectionTest : public ::testing::Test {
 protected:
  ~LoginConnectionTest() override { StopServer(); }

  void StartServer() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(target_, grpc::InsecureServerCredentials());
    server_ = builder.RegisterService(&service_).BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }
  void StopServer() {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }

  LoginClient Client(LoginClientOptions options = {}) {
    options.target = target_;
    if (options.timeout == LoginClientOptions().timeout) options.timeout = kPatience;
    return *LoginClient::Connect(options);
  }

  // A socket of this test alone: nobody else listens there, before or after.
  const std::string target_ = absl::StrCat("unix-abstract:gatehouse-test-", Random(), Random());
  FakeLoginService service_;
  std::unique_ptr<grpc::Server> server_;

 private:
  // Neither time nor process ids tell apart tests that run in sandboxes.
  static std::string Random() { return absl::StrCat(absl::Hex(std::random_device()())); }
};

grpc::Status Unavailable() { return grpc::Status(grpc::StatusCode::UNAVAILABLE, "busy"); }

grpc::Status Allow(v1::CheckLoginResponse& response) {
  response.set_verdict(v1::VERDICT_ALLOW_PASSWORD);
  response.set_reason(v1::DECISION_REASON_DOMAIN_NOT_ENFORCED);
  return grpc::Status::OK;
}

void RequireSso(v1::CheckLoginResponse& response) {
  response.set_verdict(v1::VERDICT_REQUIRE_SSO);
  response.set_reason(v1::DECISION_REASON_ENFORCED);
  response.set_organization("organizations/acme");
  response.set_matched_domain("acme.example");
  v1::SsoDestination& sso = *response.mutable_sso();
  sso.set_sso_profile("organizations/acme/ssoProfiles/corp");
  sso.set_protocol(v1::SsoDestination::PROTOCOL_SAML);
  sso.set_sign_in_url("https://idp.example/sso");
  sso.set_issuer("https://idp.example");
  sso.set_login_hint("alice@acme.example");
  response.mutable_enforced_since()->set_seconds(1'700'000'000);
  response.mutable_enforced_since()->set_nanos(5'000'000);
  response.set_enforced_since_revision(41);
  response.set_revision(42);
  response.mutable_cache_ttl()->set_seconds(2);
  response.mutable_cache_ttl()->set_nanos(500'000'000);
}

TEST_F(LoginConnectionTest, AsksAndUnderstandsTheWholeAnswer) {
  service_.OnCheck([](int, v1::CheckLoginResponse& response) {
    RequireSso(response);
    return grpc::Status::OK;
  });
  StartServer();
  LoginClient client = Client();
  const absl::StatusOr<LoginDecision> decision = client.CheckLogin(
      "Alice@acme.example", {.action = LoginAction::kPasswordReset, .min_revision = 40});
  ASSERT_TRUE(decision.ok()) << decision.status();
  EXPECT_EQ(decision->verdict, Verdict::kRequireSso);
  EXPECT_EQ(decision->reason, DecisionReason::kEnforced);
  EXPECT_EQ(decision->source, LoginDecision::Source::kServer);
  EXPECT_EQ(decision->organization, "organizations/acme");
  EXPECT_EQ(decision->matched_domain, "acme.example");
  ASSERT_TRUE(decision->sso.has_value());
  EXPECT_EQ(decision->sso->sso_profile, "organizations/acme/ssoProfiles/corp");
  EXPECT_EQ(decision->sso->sign_in_url, "https://idp.example/sso");
  EXPECT_EQ(decision->sso->issuer, "https://idp.example");
  EXPECT_EQ(decision->sso->login_hint, "alice@acme.example");
  EXPECT_EQ(decision->enforced_since, absl::FromUnixMillis(1'700'000'000'005));
  EXPECT_EQ(decision->enforced_since_revision, 41);
  EXPECT_EQ(decision->revision, 42);
  EXPECT_EQ(decision->cache_ttl, absl::Milliseconds(2'500));
  EXPECT_EQ(decision->observed_verdict, std::nullopt);

  ASSERT_THAT(service_.checks(), SizeIs(1));
  const v1::CheckLoginRequest request = service_.checks()[0];
  EXPECT_EQ(request.email(), "Alice@acme.example");
  EXPECT_EQ(request.action(), v1::LOGIN_ACTION_PASSWORD_RESET);
  EXPECT_EQ(request.min_revision(), 40);
}

TEST_F(LoginConnectionTest, UnderstandsOidcAndAnEnforcementToCome) {
  service_.OnCheck([](int, v1::CheckLoginResponse& response) {
    RequireSso(response);
    response.mutable_sso()->set_protocol(v1::SsoDestination::PROTOCOL_OIDC);
    response.mutable_sso()->clear_sign_in_url();
    response.mutable_enforcement_scheduled_at()->set_seconds(1'800'000'000);
    return grpc::Status::OK;
  });
  StartServer();
  const absl::StatusOr<LoginDecision> decision = Client().CheckLogin("alice@acme.example");
  ASSERT_TRUE(decision.ok()) << decision.status();
  ASSERT_TRUE(decision->sso.has_value());
  EXPECT_EQ(decision->sso->protocol, SsoDestination::Protocol::kOidc);
  EXPECT_EQ(decision->sso->sign_in_url, "");
  EXPECT_EQ(decision->sso->issuer, "https://idp.example");
  EXPECT_EQ(decision->enforcement_scheduled_at, absl::FromUnixSeconds(1'800'000'000));
}

TEST_F(LoginConnectionTest, KnowsEveryActionVerdictAndReasonOfTheApi) {
  for (const LoginAction action :
       {LoginAction::kSignIn, LoginAction::kPasswordReset, LoginAction::kEmailChange}) {
    EXPECT_TRUE(v1::LoginAction_IsValid(static_cast<int>(action)));
  }
  EXPECT_EQ(v1::LoginAction_descriptor()->value_count(), 1 + 3);
  for (const Verdict verdict : {Verdict::kAllowPassword, Verdict::kRequireSso, Verdict::kDeny}) {
    EXPECT_EQ(absl::StrCat("VERDICT_", Name(verdict)),
              v1::Verdict_Name(static_cast<v1::Verdict>(verdict)));
  }
  EXPECT_EQ(v1::Verdict_descriptor()->value_count(), 1 + 3);
  for (int i = 1; i < v1::DecisionReason_descriptor()->value_count(); ++i) {
    const auto& value = *v1::DecisionReason_descriptor()->value(i);
    EXPECT_EQ(absl::StrCat("DECISION_REASON_", Name(static_cast<DecisionReason>(value.number()))),
              value.name());
  }
}

TEST_F(LoginConnectionTest, NeverReadsPermissionIntoAnAnswerItDoesNotUnderstand) {
  struct Case {
    const char* what;
    std::function<void(v1::CheckLoginResponse&)> spoil;
  };
  const Case cases[] = {
      {"no verdict", [](auto& r) { r.clear_verdict(); }},
      {"a verdict of the future", [](auto& r) { r.set_verdict(static_cast<v1::Verdict>(9)); }},
      {"nowhere to go", [](auto& r) { r.clear_sso(); }},
      {"a protocol of the future",
       [](auto& r) {
         r.mutable_sso()->set_protocol(static_cast<v1::SsoDestination::Protocol>(9));
       }},
      {"an observed verdict of the future",
       [](auto& r) { r.set_observed_verdict(static_cast<v1::Verdict>(9)); }},
  };
  const Case* current = nullptr;
  service_.OnCheck([&current](int, v1::CheckLoginResponse& response) {
    RequireSso(response);
    current->spoil(response);
    return grpc::Status::OK;
  });
  StartServer();
  LoginClient client = Client({.on_unavailable = OnUnavailable::kAllowPasswordDangerously});
  for (const Case& c : cases) {
    current = &c;
    EXPECT_EQ(client.CheckLogin("a@b.example").status().code(), absl::StatusCode::kInternal)
        << c.what;
  }
}

TEST_F(LoginConnectionTest, TakesAReasonOfTheFutureAsUnknown) {
  service_.OnCheck([](int, v1::CheckLoginResponse& response) {
    Allow(response);
    response.set_reason(static_cast<v1::DecisionReason>(99));
    response.set_observed_verdict(v1::VERDICT_DENY);
    return grpc::Status::OK;
  });
  StartServer();
  LoginClient client = Client();
  const absl::StatusOr<LoginDecision> decision = client.CheckLogin("a@b.example");
  ASSERT_TRUE(decision.ok()) << decision.status();
  EXPECT_EQ(decision->reason, DecisionReason::kUnknown);
  EXPECT_EQ(decision->observed_verdict, Verdict::kDeny);
}

TEST_F(LoginConnectionTest, RetriesWhileTheServerIsUnavailable) {
  service_.OnCheck([](int call, v1::CheckLoginResponse& response) {
    return call < 3 ? Unavailable() : Allow(response);
  });
  StartServer();
  LoginClient client = Client();
  EXPECT_TRUE(client.CheckLogin("a@b.example").ok());
  EXPECT_THAT(service_.checks(), SizeIs(3));
}

TEST_F(LoginConnectionTest, MakesNoMoreAttemptsThanItMay) {
  service_.OnCheck([](int, v1::CheckLoginResponse&) { return Unavailable(); });
  StartServer();
  size_t expected = 0;
  for (const int max_attempts : {1, 2, 5}) {
    LoginClient client = Client({.max_attempts = max_attempts});
    EXPECT_TRUE(absl::IsUnavailable(client.CheckLogin("a@b.example").status()));
    expected += static_cast<size_t>(max_attempts);
    EXPECT_THAT(service_.checks(), SizeIs(expected));
  }
}

TEST_F(LoginConnectionTest, RepeatsNoCallThatFailedOtherwise) {
  grpc::StatusCode code = grpc::StatusCode::OK;
  service_.OnCheck([&code](int, v1::CheckLoginResponse&) { return grpc::Status(code, "no"); });
  StartServer();
  LoginClient client = Client();
  size_t calls = 0;
  for (int i = 1; i <= 16; ++i) {
    code = static_cast<grpc::StatusCode>(i);
    if (code == grpc::StatusCode::UNAVAILABLE) continue;
    EXPECT_EQ(client.CheckLogin("a@b.example").status().code(), static_cast<absl::StatusCode>(i));
    EXPECT_THAT(service_.checks(), SizeIs(++calls)) << i;
  }
}

TEST_F(LoginConnectionTest, GivesUpAtTheDeadline) {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  service_.OnCheck([released](int, v1::CheckLoginResponse& response) {
    released.wait();
    return Allow(response);
  });
  StartServer();
  LoginClient client = Client();
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      client.CheckLogin("a@b.example", {.timeout = absl::Milliseconds(30)}).status()));
  LoginClient strict =
      Client({.timeout = absl::Milliseconds(30), .on_unavailable = OnUnavailable::kRequireSso});
  const absl::StatusOr<LoginDecision> decision = strict.CheckLogin("a@b.example");
  release.set_value();
  ASSERT_TRUE(decision.ok());
  EXPECT_EQ(decision->verdict, Verdict::kRequireSso);
  EXPECT_EQ(decision->source, LoginDecision::Source::kFallback);
}

TEST_F(LoginConnectionTest, StopsRetryingAtTheDeadline) {
  service_.OnCheck([](int, v1::CheckLoginResponse&) { return Unavailable(); });
  StartServer();
  // Five attempts need at least 10 + 20 + 40 + 80 ms of pauses, less 20 % jitter.
  LoginClient client = Client({.timeout = absl::Milliseconds(60), .max_attempts = 5});
  const absl::Status status = client.CheckLogin("a@b.example").status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status) || absl::IsUnavailable(status)) << status;
  EXPECT_LT(service_.checks().size(), 5u);
}

TEST_F(LoginConnectionTest, FailsSoonWithoutAServer) {
  LoginClient client = Client();
  EXPECT_TRUE(absl::IsUnavailable(client.CheckLogin("a@b.example").status()));
}

TEST_F(LoginConnectionTest, WaitsForAServerThatStartsLate) {
  LoginClient client = Client({.wait_for_ready = true});
  std::promise<absl::StatusOr<LoginDecision>> decision;
  client.AsyncCheckLogin("a@b.example", {}, [&decision](absl::StatusOr<LoginDecision> result) {
    decision.set_value(std::move(result));
  });
  // The first attempt to connect has failed by now.
  EXPECT_TRUE(absl::IsUnavailable(Client().CheckLogin("a@b.example").status()));
  StartServer();
  const absl::StatusOr<LoginDecision> result = decision.get_future().get();
  EXPECT_TRUE(result.ok()) << result.status();
}

TEST_F(LoginConnectionTest, ComesBackAfterTheServerHas) {
  StartServer();
  LoginClient client = Client({.wait_for_ready = true});
  EXPECT_TRUE(client.CheckLogin("a@b.example").ok());
  StopServer();
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      client.CheckLogin("a@b.example", {.timeout = absl::Milliseconds(30)}).status()));
  StartServer();
  const absl::StatusOr<LoginDecision> decision = client.CheckLogin("a@b.example");
  EXPECT_TRUE(decision.ok()) << decision.status();
}

TEST_F(LoginConnectionTest, GivesTheServersReason) {
  service_.OnCheck([](int, v1::CheckLoginResponse&) {
    google::rpc::ErrorInfo info;
    info.set_domain("gatehouse");
    info.set_reason("STORE_CORRUPT");
    google::rpc::Status rich;
    rich.add_details()->PackFrom(info);
    return grpc::Status(grpc::StatusCode::DATA_LOSS, "damaged", rich.SerializeAsString());
  });
  StartServer();
  for (const OnUnavailable choice :
       {OnUnavailable::kReturnError, OnUnavailable::kAllowPasswordDangerously}) {
    LoginClient client = Client({.on_unavailable = choice});
    const absl::Status status = client.CheckLogin("a@b.example").status();
    EXPECT_TRUE(absl::IsDataLoss(status));
    EXPECT_EQ(LoginErrorReason(status), "STORE_CORRUPT");
  }
}

TEST_F(LoginConnectionTest, SendsNoAddressThatCannotBeOne) {
  StartServer();
  LoginClient client = Client();
  for (const std::string& email : {std::string("a\xFF@b.example"), std::string(1 << 20, 'a')}) {
    EXPECT_TRUE(absl::IsInvalidArgument(client.CheckLogin(email).status()));
    std::promise<absl::Status> status;
    client.AsyncCheckLogin(email, {}, [&status](const absl::StatusOr<LoginDecision>& result) {
      status.set_value(result.status());
    });
    EXPECT_TRUE(absl::IsInvalidArgument(status.get_future().get()));
  }
  EXPECT_THAT(service_.checks(), SizeIs(0));
}

TEST_F(LoginConnectionTest, DecidesForABatchAtOneRevision) {
  service_.OnBatch([](int, v1::BatchCheckLoginResponse& response) {
    RequireSso(*response.add_results()->mutable_decision());
    v1::ItemError& error = *response.add_results()->mutable_error();
    error.set_code(3);
    error.set_message("not an address");
    error.mutable_details()->mutable_info()->set_domain("gatehouse");
    error.mutable_details()->mutable_info()->set_reason("INVALID_FIELD");
    response.add_results()->mutable_error()->set_code(3);
    response.add_results();
    response.set_revision(50);
    return grpc::Status::OK;
  });
  StartServer();
  LoginClient client = Client();
  const std::vector<std::string> emails = {"a@b.example", "nobody", "\xFF@b.example",
                                           "c@d.example"};
  const absl::StatusOr<BatchLoginDecisions> decisions =
      client.BatchCheckLogin(emails, {.action = LoginAction::kEmailChange, .min_revision = 49});
  ASSERT_TRUE(decisions.ok()) << decisions.status();
  ASSERT_THAT(*decisions, SizeIs(4));
  EXPECT_EQ(decisions->at(0)->verdict, Verdict::kRequireSso);
  EXPECT_EQ(decisions->at(0)->revision, 50);
  EXPECT_TRUE(absl::IsInvalidArgument(decisions->at(1).status()));
  EXPECT_EQ(LoginErrorReason(decisions->at(1).status()), "INVALID_FIELD");
  EXPECT_THAT(std::string(decisions->at(2).status().message()), HasSubstr("expected UTF-8"));
  EXPECT_EQ(decisions->at(3).status().code(), absl::StatusCode::kInternal);

  ASSERT_THAT(service_.batches(), SizeIs(1));
  const v1::BatchCheckLoginRequest request = service_.batches()[0];
  EXPECT_THAT(request.emails(), testing::ElementsAre("a@b.example", "nobody", "", "c@d.example"));
  EXPECT_EQ(request.action(), v1::LOGIN_ACTION_EMAIL_CHANGE);
  EXPECT_EQ(request.min_revision(), 49);
}

TEST_F(LoginConnectionTest, RefusesABatchWithAnswersMissing) {
  service_.OnBatch([](int, v1::BatchCheckLoginResponse& response) {
    response.add_results()->mutable_decision()->set_verdict(v1::VERDICT_ALLOW_PASSWORD);
    return grpc::Status::OK;
  });
  StartServer();
  LoginClient client = Client();
  const absl::Status status = client.BatchCheckLogin({"a@b.example", "c@d.example"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr("1 results for 2 addresses"));
}

TEST_F(LoginConnectionTest, RetriesAsynchronousChecksAndBatches) {
  service_.OnCheck([](int call, v1::CheckLoginResponse& response) {
    return call < 3 ? Unavailable() : Allow(response);
  });
  service_.OnBatch([](int call, v1::BatchCheckLoginResponse& response) {
    if (call < 3) return Unavailable();
    Allow(*response.add_results()->mutable_decision());
    return grpc::Status::OK;
  });
  StartServer();
  LoginClient client = Client();
  std::promise<absl::Status> check;
  std::promise<absl::Status> batch;
  client.AsyncCheckLogin("a@b.example", {}, [&check](const absl::StatusOr<LoginDecision>& result) {
    check.set_value(result.status());
  });
  client.AsyncBatchCheckLogin({"a@b.example"}, {},
                              [&batch](const absl::StatusOr<BatchLoginDecisions>& result) {
                                batch.set_value(result.status());
                              });
  EXPECT_TRUE(check.get_future().get().ok());
  EXPECT_TRUE(batch.get_future().get().ok());
}

TEST_F(LoginConnectionTest, WaitsForItsCallbacksWhenItGoes) {
  std::promise<void> arrived;
  std::promise<void> release;
  service_.OnCheck([&](int, v1::CheckLoginResponse& response) {
    arrived.set_value();
    release.get_future().wait();
    return Allow(response);
  });
  StartServer();
  std::atomic<bool> called{false};
  auto client = std::make_unique<LoginClient>(Client());
  client->AsyncCheckLogin("a@b.example", {},
                          [&called](const absl::StatusOr<LoginDecision>& result) {
                            EXPECT_TRUE(result.ok());
                            called = true;
                          });
  arrived.get_future().wait();
  std::thread releaser([&release] { release.set_value(); });
  client.reset();
  EXPECT_TRUE(called);
  releaser.join();
}

TEST_F(LoginConnectionTest, ServesManyThreads) {
  StartServer();
  LoginClient client = Client();
  std::atomic<int> allowed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        if (client.CheckLogin("a@b.example").ok()) ++allowed;
        client.AsyncCheckLogin("a@b.example", {}, [&](const absl::StatusOr<LoginDecision>& result) {
          if (result.ok()) ++allowed;
        });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  { LoginClient last = std::move(client); }
  EXPECT_EQ(allowed, 400);
}

}  // namespace
}  // namespace gatehouse::client
