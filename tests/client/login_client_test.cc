#include "client/login_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/errors.h"

namespace gatehouse::client {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr OnUnavailable kEveryChoice[] = {OnUnavailable::kReturnError, OnUnavailable::kRequireSso,
                                          OnUnavailable::kDeny,
                                          OnUnavailable::kAllowPasswordDangerously};

// Answers everything with one result, and keeps what it was asked.
class FakeConnection : public LoginConnection {
 public:
  absl::StatusOr<LoginDecision> CheckLogin(const CheckLoginCall& call) override {
    checks.push_back(call);
    return result;
  }
  absl::StatusOr<BatchLoginDecisions> BatchCheckLogin(const BatchCheckLoginCall& call) override {
    batches.push_back(call);
    if (!batch_status.ok()) return batch_status;
    return BatchLoginDecisions(call.emails.size(), result);
  }

  absl::StatusOr<LoginDecision> result = LoginDecision{.verdict = Verdict::kDeny, .revision = 7};
  absl::Status batch_status;
  std::vector<CheckLoginCall> checks;
  std::vector<BatchCheckLoginCall> batches;
};

// A client on a fake connection.
struct Fixture {
  explicit Fixture(OnUnavailable on_unavailable = OnUnavailable::kReturnError) {
    auto fake = std::make_unique<FakeConnection>();
    connection = fake.get();
    client.emplace(std::move(fake), on_unavailable);
  }

  FakeConnection* connection;
  std::optional<LoginClient> client;
};

TEST(LoginClient, HandsOnTheQuestionAndTheAnswer) {
  Fixture fixture;
  const absl::StatusOr<LoginDecision> decision = fixture.client->CheckLogin(
      "a@b.example", {.action = LoginAction::kEmailChange, .min_revision = 5});
  ASSERT_TRUE(decision.ok());
  EXPECT_EQ(decision->revision, 7);
  EXPECT_EQ(decision->source, LoginDecision::Source::kServer);
  ASSERT_THAT(fixture.connection->checks, SizeIs(1));
  const CheckLoginCall& call = fixture.connection->checks[0];
  EXPECT_EQ(call.email, "a@b.example");
  EXPECT_EQ(call.action, LoginAction::kEmailChange);
  EXPECT_EQ(call.min_revision, 5);
  EXPECT_EQ(call.timeout, absl::Milliseconds(250));
}

TEST(LoginClient, TakesTheTimeoutOfTheCheckUpToAnHour) {
  Fixture fixture;
  (void)fixture.client->CheckLogin("a@b.example", {.timeout = absl::Seconds(2)});
  (void)fixture.client->BatchCheckLogin({"a@b.example"}, {.timeout = absl::InfiniteDuration()});
  EXPECT_EQ(fixture.connection->checks[0].timeout, absl::Seconds(2));
  EXPECT_EQ(fixture.connection->batches[0].timeout, absl::Hours(1));
}

TEST(LoginClient, ReturnsTheErrorUnlessToldOtherwise) {
  EXPECT_EQ(LoginClientOptions().on_unavailable, OnUnavailable::kReturnError);
  Fixture fixture;
  for (const absl::Status& error :
       {absl::UnavailableError("down"), absl::DeadlineExceededError("slow")}) {
    fixture.connection->result = error;
    EXPECT_EQ(fixture.client->CheckLogin("a@b.example").status(), error);
  }
}

TEST(LoginClient, DecidesAsChosenWhenTheServerIsNotReached) {
  struct Case {
    OnUnavailable choice;
    Verdict verdict;
  };
  const Case cases[] = {
      {OnUnavailable::kRequireSso, Verdict::kRequireSso},
      {OnUnavailable::kDeny, Verdict::kDeny},
      {OnUnavailable::kAllowPasswordDangerously, Verdict::kAllowPassword},
  };
  for (const Case& c : cases) {
    Fixture fixture(c.choice);
    for (const absl::Status& error :
         {absl::UnavailableError("down"), absl::DeadlineExceededError("slow")}) {
      fixture.connection->result = error;
      const absl::StatusOr<LoginDecision> decision = fixture.client->CheckLogin("a@b.example");
      ASSERT_TRUE(decision.ok());
      EXPECT_EQ(decision->verdict, c.verdict);
      EXPECT_EQ(decision->reason, DecisionReason::kServiceUnavailable);
      EXPECT_EQ(decision->source, LoginDecision::Source::kFallback);
      EXPECT_EQ(decision->cache_ttl, absl::ZeroDuration());
      EXPECT_EQ(decision->revision, 0);
      EXPECT_FALSE(decision->sso.has_value());
    }
  }
}

TEST(LoginClient, NeverAllowsAResetOrAnAddressChangeUnasked) {
  Fixture fixture(OnUnavailable::kAllowPasswordDangerously);
  fixture.connection->result = absl::UnavailableError("down");
  fixture.connection->batch_status = absl::UnavailableError("down");
  for (LoginAction action : {LoginAction::kPasswordReset, LoginAction::kEmailChange}) {
    EXPECT_TRUE(absl::IsUnavailable(
        fixture.client->CheckLogin("a@b.example", {.action = action}).status()));
    EXPECT_TRUE(absl::IsUnavailable(
        fixture.client->BatchCheckLogin({"a@b.example"}, {.action = action}).status()));
  }
}

TEST(LoginClient, TurnsNoOtherErrorIntoADecision) {
  for (OnUnavailable choice : kEveryChoice) {
    Fixture fixture(choice);
    for (int code = 1; code <= 16; ++code) {
      const absl::Status error(static_cast<absl::StatusCode>(code), "no");
      if (absl::IsUnavailable(error) || absl::IsDeadlineExceeded(error)) continue;
      fixture.connection->result = error;
      EXPECT_EQ(fixture.client->CheckLogin("a@b.example").status(), error);
      fixture.connection->batch_status = error;
      EXPECT_EQ(fixture.client->BatchCheckLogin({"a@b.example"}).status(), error);
    }
  }
}

TEST(LoginClient, FallsBackForEachAddressOfABatch) {
  Fixture fixture(OnUnavailable::kRequireSso);
  fixture.connection->batch_status = absl::UnavailableError("down");
  absl::StatusOr<BatchLoginDecisions> decisions =
      fixture.client->BatchCheckLogin({"a@b.example", "c@d.example"});
  ASSERT_TRUE(decisions.ok());
  ASSERT_THAT(*decisions, SizeIs(2));
  for (const auto& decision : *decisions) {
    ASSERT_TRUE(decision.ok());
    EXPECT_EQ(decision->verdict, Verdict::kRequireSso);
    EXPECT_EQ(decision->source, LoginDecision::Source::kFallback);
  }
}

TEST(LoginClient, FallsBackForTheItemsOfABatchThatAreUnavailable) {
  Fixture fixture(OnUnavailable::kDeny);
  fixture.connection->result = absl::UnavailableError("store");
  absl::StatusOr<BatchLoginDecisions> decisions = fixture.client->BatchCheckLogin({"a@b.example"});
  ASSERT_TRUE(decisions.ok());
  ASSERT_TRUE(decisions->at(0).ok());
  EXPECT_EQ(decisions->at(0)->source, LoginDecision::Source::kFallback);
  fixture.connection->result = absl::InvalidArgumentError("not an address");
  decisions = fixture.client->BatchCheckLogin({"a@b.example"});
  ASSERT_TRUE(decisions.ok());
  EXPECT_TRUE(absl::IsInvalidArgument(decisions->at(0).status()));
}

TEST(LoginClient, FallsBackAsynchronouslyToo) {
  Fixture fixture(OnUnavailable::kDeny);
  fixture.connection->result = absl::UnavailableError("down");
  fixture.connection->batch_status = absl::UnavailableError("down");
  std::vector<LoginDecision> decisions;
  fixture.client->AsyncCheckLogin("a@b.example", {}, [&](absl::StatusOr<LoginDecision> decision) {
    decisions.push_back(decision.value());
  });
  fixture.client->AsyncBatchCheckLogin({"a@b.example", "c@d.example"}, {},
                                       [&](absl::StatusOr<BatchLoginDecisions> batch) {
                                         for (const auto& decision : batch.value())
                                           decisions.push_back(decision.value());
                                       });
  ASSERT_THAT(decisions, SizeIs(3));
  for (const LoginDecision& decision : decisions) {
    EXPECT_EQ(decision.verdict, Verdict::kDeny);
    EXPECT_EQ(decision.source, LoginDecision::Source::kFallback);
  }
}

TEST(LoginClient, RefusesOptionsOutOfBoundsAndNamesThem) {
  struct Case {
    LoginClientOptions options;
    std::string field;
  };
  const Case cases[] = {
      {{}, "target"},
      {{.target = "gatehouse.example:443", .security = {.ca_file = "/no/such/file"}}, "ca_file"},
      {{.target = "localhost:1", .security = {.token = "not a token"}}, "token"},
      {{.target = "localhost:1", .timeout = absl::ZeroDuration()}, "timeout"},
      {{.target = "localhost:1", .timeout = absl::Milliseconds(-5)}, "timeout"},
      {{.target = "localhost:1", .timeout = absl::InfiniteDuration()}, "timeout"},
      {{.target = "localhost:1", .max_attempts = 0}, "max_attempts"},
      {{.target = "localhost:1", .max_attempts = 6}, "max_attempts"},
      {{.target = "localhost:1", .keepalive = absl::Seconds(9)}, "keepalive"},
  };
  for (const Case& c : cases) {
    const absl::Status status = LoginClient::Connect(c.options).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.field;
    EXPECT_EQ(LoginErrorReason(status), reason::kInvalidField);
    EXPECT_EQ(DetailsOf(status)->field_violations.at(0).first, c.field);
  }
}

TEST(LoginClient, ConnectsWithoutWaitingForTheServer) {
  EXPECT_TRUE(LoginClient::Connect({.target = "localhost:1"}).ok());
}

TEST(LoginErrorReason, IsEmptyForWhatTheServerDidNotSay) {
  EXPECT_THAT(LoginErrorReason(absl::UnavailableError("down")), IsEmpty());
  EXPECT_EQ(LoginErrorReason(InvalidField("email", "x", "an address")), "INVALID_FIELD");
}

}  // namespace
}  // namespace gatehouse::client
